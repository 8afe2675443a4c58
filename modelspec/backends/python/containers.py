"""Containers that are one expression: `nn.Sequential(nn.Linear(2, 3), nn.ReLU())`.

Comes in: a container of the Program. Goes out: a nested expression that makes its
children in the same order, or the answer that it needs statements. Python evaluates
arguments from left to right, so nesting keeps the order of random draws.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from modelspec.backends.python.nodes import (
    call,
    dotted,
    list_of,
    method_call,
    name,
    path_of,
    starred,
    target_names,
    tuple_of,
)
from modelspec.backends.python.uses import Uses
from modelspec.diagnostics.diagnostic import InternalError
from modelspec.program import ir

Entries = list[tuple[ast.expr | None, ast.expr]]


def kind_of(container: ir.Container) -> str:
    """`nn.Sequential` and so on; empty for a block that takes its children."""
    path = path_of(container.callee)
    return ".".join(path) if path and container.into is None else ""


class Inline:
    """Decides what can be one expression, and writes it."""

    def __init__(self, uses: Uses, block: ir.Block, outliving: set[str]) -> None:
        self.uses = uses
        self.block = block
        self.outliving = outliving

    # What can be nested ------------------------------------------------------------

    def fits(self, value: ir.ModuleValue) -> bool:
        if isinstance(value, ir.Value):
            return True
        alone = len(value.children) == 1
        return all(self._fits(one, alone) for one in value.children)

    def _fits(self, one: ir.Statement, alone: bool) -> bool:
        match one:
            case ir.Child():
                return self.fits(one.value)
            case ir.Splice():
                return alone or self.form(one.value) != "either"
            case ir.For():
                child = self._only_child(one)
                if child is None or not self.fits(child.value):
                    return False
                return child.name is None or alone
            case ir.If():
                return self._alternatives(one) is not None
        return False

    def _only_child(self, one: ir.For) -> ir.Child | None:
        """The child a loop makes, if it does nothing else that anybody could see."""
        if any(name in self.outliving for name in target_names(one.target)):
            return None
        if len(one.body) != 1:
            return None
        inner = one.body[0]
        if isinstance(inner, ir.If) and not inner.orelse and len(inner.body) == 1:
            inner = inner.body[0]
        elif isinstance(inner, ir.For):
            return self._only_child(inner)
        return inner if isinstance(inner, ir.Child) else None

    def _alternatives(self, one: ir.If) -> tuple[ir.Value, ir.Value] | None:
        """Both sides of a condition that chooses between two plain children."""
        if len(one.body) != 1 or len(one.orelse) != 1:
            return None
        first, second = one.body[0], one.orelse[0]
        if not isinstance(first, ir.Child) or not isinstance(second, ir.Child):
            return None
        if first.name is not None or second.name is not None:
            return None
        if isinstance(first.value, ir.Value) and isinstance(second.value, ir.Value):
            return first.value, second.value
        return None

    def form(self, value: ast.expr) -> str:
        """Whether a value that is spliced is a `list` or a `dict`."""
        match value:
            case ast.Dict() | ast.DictComp():
                return "dict"
            case ast.Call(func=ast.Name(id="dict")):
                return "dict"
            case ast.Name():
                return self._form_of_name(value.id)
            case ast.IfExp():
                forms = {self.form(value.body), self.form(value.orelse)}
                return forms.pop() if len(forms) == 1 else "either"
            case ast.Call(func=ast.Name(id=function)):
                return self._form_of_result(function)
        return "list"

    def _form_of_result(self, function: str) -> str:
        """What a helper of the spec returns."""
        for one in self.uses.program.functions:
            if one.name == function:
                forms = {
                    self.form(node.value)
                    for node in ast.walk(one.definition)
                    if isinstance(node, ast.Return) and node.value is not None
                }
                return forms.pop() if len(forms) == 1 else "list"
        return "list"

    def _form_of_name(self, identifier: str) -> str:
        for param in self.block.params:
            if param.name == identifier and param.type.name == "children":
                forms = self.uses.children_forms(self.block, identifier)
                if len(forms) == 1:
                    return "dict" if True in forms else "list"
                return "either"
            if param.name == identifier:
                return _form_of_type(param.type)
        for one in self.block.construct:
            if isinstance(one, ir.Let) and identifier in target_names(one.target):
                made = one.value
                return (
                    self.form(made.expression) if isinstance(made, ir.Value) else "list"
                )
        return "list"

    # Writing it --------------------------------------------------------------------

    def expression(self, value: ir.ModuleValue) -> ast.expr:
        if isinstance(value, ir.Value):
            return value.expression
        if value.named:
            return self.finish(value, self._mapping(value), mapping=True)
        splice = value.children[0] if len(value.children) == 1 else None
        if isinstance(splice, ir.Splice) and self.form(splice.value) != "list":
            return self._spliced(value, splice.value)
        return self.finish(value, self.sequence(value.children), mapping=False)

    def _spliced(self, container: ir.Container, value: ast.expr) -> ast.expr:
        if isinstance(value, ast.IfExp) and self.form(value) == "either":
            first = self._spliced(container, value.body)
            return ast.IfExp(value.test, first, self._spliced(container, value.orelse))
        as_dict = self.finish(container, value, mapping=True)
        if self.form(value) == "list":
            return self.finish(container, list_of([starred(value)]), mapping=False)
        if self.form(value) == "dict":
            return as_dict
        as_list = self.finish(container, list_of([starred(value)]), mapping=False)
        return ast.IfExp(call("isinstance", value, name("dict")), as_dict, as_list)

    def finish(
        self, container: ir.Container, children: ast.expr, *, mapping: bool
    ) -> ast.expr:
        """The container around a list or dict that is at hand."""
        if container.into is not None:
            return self._block_call(container, children)
        callee = container.callee
        if kind_of(container) != "nn.Sequential":
            if isinstance(children, ast.List) and _is_one_splice(children):
                only = children.elts[0]
                children = only.value if isinstance(only, ast.Starred) else children
            empty = isinstance(children, ast.List | ast.Dict) and is_empty(children)
            return call(callee) if empty else call(callee, children)
        if mapping:
            return _sequential_of_mapping(callee, children)
        if isinstance(children, ast.List):
            return call(callee, *children.elts)
        return call(callee, starred(children))

    def _block_call(self, container: ir.Container, children: ast.expr) -> ast.Call:
        made = container.callee
        if not isinstance(made, ast.Call) or container.into is None:
            raise InternalError("children are given to what is no call")
        path = path_of(made.func)
        block = self.uses.program.block(path[-1]) if path else None
        first = block.params[0].name if block and block.params else None
        if isinstance(children, ast.List) and _is_one_splice(children):
            inner = children.elts[0]
            if isinstance(inner, ast.Starred) and isinstance(inner.value, ast.ListComp):
                children = inner.value
        if first == container.into and not made.args:
            return ast.Call(made.func, [children], made.keywords)
        given = ast.keyword(container.into, children)
        return ast.Call(made.func, made.args, [*made.keywords, given])

    def sequence(self, children: Sequence[ir.Statement]) -> ast.expr:
        """Children without names, as a list."""
        return list_of([self._item(one) for one in children])

    def _item(self, one: ir.Statement) -> ast.expr:
        match one:
            case ir.Child():
                return self.expression(one.value)
            case ir.Splice():
                return starred(one.value)
            case ir.For():
                child, generators = self._comprehension(one)
                return starred(ast.ListComp(self.expression(child.value), generators))
            case ir.If():
                sides = self._alternatives(one)
                if sides is not None:
                    first, second = sides
                    return ast.IfExp(one.test, first.expression, second.expression)
        raise InternalError("this child needs statements")

    def _mapping(self, container: ir.Container) -> ast.expr:
        """Named children, as a dict."""
        if len(container.children) == 1:
            only = container.children[0]
            if isinstance(only, ir.For):
                child, generators = self._comprehension(only)
                return ast.DictComp(
                    _key(child), self.expression(child.value), generators
                )
            if isinstance(only, ir.Splice):
                return only.value
        keys: list[ast.expr | None] = []
        values: list[ast.expr] = []
        for one in container.children:
            if isinstance(one, ir.Child):
                keys.append(_key(one))
                values.append(self.expression(one.value))
            elif isinstance(one, ir.Splice):
                keys.append(None)
                values.append(one.value)
            else:
                raise InternalError("this child needs statements")
        return ast.Dict(keys, values)

    def _comprehension(self, one: ir.For) -> tuple[ir.Child, list[ast.comprehension]]:
        generator = ast.comprehension(one.target, one.iterable, [], 0)
        inner = one.body[0]
        if isinstance(inner, ir.For):
            child, generators = self._comprehension(inner)
            return child, [generator, *generators]
        if isinstance(inner, ir.If):
            generator.ifs.append(inner.test)
            inner = inner.body[0]
        if not isinstance(inner, ir.Child):
            raise InternalError("this loop needs statements")
        return inner, [generator]


def _form_of_type(kind: ir.TypeExpression) -> str:
    if kind.name == "union":
        forms = {_form_of_type(one) for one in kind.arguments if one.name != "None"}
        return forms.pop() if len(forms) == 1 else "either"
    if kind.name == "any":
        return "either"
    return "dict" if kind.name == "dict" else "list"


def _key(child: ir.Child) -> ast.expr:
    if child.name is None:
        raise InternalError("a child of a mapping has no name")
    return child.name


def _is_one_splice(children: ast.List) -> bool:
    return len(children.elts) == 1 and isinstance(children.elts[0], ast.Starred)


def is_empty(children: ast.List | ast.Dict) -> bool:
    return not (children.elts if isinstance(children, ast.List) else children.values)


def _sequential_of_mapping(callee: ast.expr, children: ast.expr) -> ast.expr:
    """`nn.Sequential` takes names only from an `OrderedDict`."""
    ordered = dotted("OrderedDict")
    if isinstance(children, ast.DictComp):
        pair = tuple_of([children.key, children.value])
        pairs = ast.GeneratorExp(pair, children.generators)
        return call(callee, call(ordered, pairs))
    if not isinstance(children, ast.Dict):
        return call(callee, call(ordered, children))
    if is_empty(children):
        return call(callee)
    listed = [
        starred(method_call(value, "items")) if key is None else tuple_of([key, value])
        for key, value in zip(children.keys, children.values, strict=True)
    ]
    return call(callee, call(ordered, list_of(listed)))
