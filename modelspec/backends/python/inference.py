"""Light inference over a method: what it returns, and where a checker loses its way.

Comes in: a Method. Goes out: the kind of what it returns, and the error codes by which
`mypy --strict` would refuse what torch's own types cannot express: the result of a
module is `Any`, an attribute that no class declares is `Tensor | Module`. What cannot
be told is `Any`. Never raises for what it does not know.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from modelspec.backends.python.attributes import CONTAINERS, Attributes
from modelspec.backends.python.kinds import (
    ANY,
    BOOL,
    FLOAT,
    INT,
    MODULE,
    NONE,
    SIZE,
    STR,
    TENSOR,
    UNION,
    Kind,
    annotated,
    dict_kind,
    joined,
    list_kind,
    tuple_kind,
    without_none,
)
from modelspec.backends.python.nodes import path_of
from modelspec.backends.python.torch_kinds import (
    BUILTINS,
    NUMBERS,
    OF_MODULE,
    RECURRENT,
    TENSOR_VALUES,
    UNTYPED,
    WITHOUT_TYPE,
    constant_kind,
    fits,
    layer_member,
    of_tensor,
    of_torch,
)
from modelspec.program import ir


class Inference:
    """Infers methods of a Program, each once."""

    def __init__(self, attributes: Attributes) -> None:
        self.attributes = attributes
        self.codes: dict[str, set[str]] = {}
        self._results: dict[tuple[str, str], Kind] = {}

    def enter(
        self, block: ir.Block, method: ir.Method, declared: dict[str, Kind]
    ) -> Kind:
        """The kind a method returns, given the kinds of its arguments."""
        place = (block.name, method.name)
        self._results[place] = ANY
        body = _Body(self, block, declared, self.codes.setdefault(block.name, set()))
        body.run(method.statements)
        result = joined(body.returned) if body.returned else NONE
        if body.returned and not _always_returns(method.statements):
            result = joined([result, NONE])
        if method.returns is not None:
            result = annotated(method.returns)
        self._results[place] = result
        if result.text != "Any":
            if any(one.seen == "any" and not one.items for one in body.returned):
                body.codes.add("no-any-return")
            if any(one.seen == "union" for one in body.returned):
                body.codes.add("return-value")
        return result

    def result_of(self, block: ir.Block, method: str) -> Kind:
        """What a method of a block returns, found in what it inherits if need be."""
        found = self._results.get((block.name, method))
        if found is not None:
            return found
        if block.base.call is not None:
            kind = ".".join(path_of(block.base.call.func) or ())
            return self.result_of_module(Kind(kind), method)
        return TENSOR

    def result_of_module(self, module: Kind, method: str = "forward") -> Kind:
        block = self.attributes.block_of(module.text)
        if block is not None:
            return self.result_of(block, method)
        return RECURRENT.get(module.text, TENSOR) if method == "forward" else ANY


class _Body:
    """One body: names so far, what it returned, codes it needs."""

    def __init__(
        self,
        inference: Inference,
        block: ir.Block,
        names: dict[str, Kind],
        codes: set[str],
    ) -> None:
        self.inference = inference
        self.attributes = inference.attributes
        self.block = block
        self.declared = dict(names)
        self.names = dict(names)
        self.codes = codes
        self.returned: list[Kind] = []

    # Statements --------------------------------------------------------------------

    def run(self, body: Sequence[ast.stmt]) -> None:
        for one in body:
            self._statement(one)

    def _statement(self, one: ast.stmt) -> None:
        match one:
            case ast.Assign():
                value = self.infer(one.value)
                for target in one.targets:
                    self._bind(target, value)
            case ast.AnnAssign(value=ast.expr() as value):
                self.infer(value)
                self._bind(one.target, annotated(one.annotation))
            case ast.AugAssign():
                target = ast.copy_location(one.target, one)
                value = self._binary(self.infer(_loaded(target)), self.infer(one.value))
                if isinstance(one.target, ast.Name):
                    self._bind(one.target, value)
            case ast.For():
                self._bind(one.target, self._item(self.infer(one.iter)))
                self.run([*one.body, *one.orelse])
            case ast.If() | ast.While():
                self.infer(one.test)
                self._branch(one.test, one.body)
                self.run(one.orelse)
            case ast.With():
                for item in one.items:
                    self.infer(item.context_expr)
                self.run(one.body)
            case ast.Return():
                self.returned.append(
                    NONE if one.value is None else self.infer(one.value)
                )
            case ast.Expr():
                self.infer(one.value)
            case ast.Assert():
                self.infer(one.test)

    def _branch(self, test: ast.expr, body: Sequence[ast.stmt]) -> None:
        """A body in which `isinstance` has told what a name is."""
        match test:
            case ast.Call(
                func=ast.Name(id="isinstance"), args=[ast.Name(id=key), kind]
            ):
                path = path_of(kind)
                before = self.names.get(key, ANY)
                self.names[key] = Kind(".".join(path)) if path else ANY
                self.run(body)
                self.names[key] = before
            case _:
                self.run(body)

    def _bind(self, target: ast.expr, value: Kind) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            parts = value.items if len(value.items) == len(target.elts) else ()
            for index, item in enumerate(target.elts):
                part = parts[index] if parts else self._item(value)
                self._bind(item, part.opaque() if value.seen == "any" else part)
            return
        if not isinstance(target, ast.Name):
            self.infer(target)
            return
        before = self.declared.get(target.id)
        if before is None or before == NONE:
            known = value if before is None else joined([before, value])
            self.declared[target.id] = self.names[target.id] = known
            return
        checked = before.seen == "exact" and value.seen != "any"
        if checked and not fits(value, before):
            self.codes.add("assignment")
        if before.seen == "exact" and value.seen == "any":
            value = Kind(value.text, "exact", value.items)
        elif before.seen == "any":
            value = value.opaque()
        self.names[target.id] = joined([self.names[target.id], value])
        if value.seen != "exact":
            self.names[target.id] = Kind(value.text, value.seen, value.items)

    def _item(self, kind: Kind) -> Kind:
        """What iterating over a value gives."""
        if kind.seen == "union":
            self.codes.add("union-attr")
            return MODULE.opaque()
        if kind.text in CONTAINERS or self._is_container(kind):
            return STR if kind.text == "nn.ModuleDict" else MODULE
        if kind.text in {"torch.Size", "range"}:
            return INT
        if kind.is_tensor or kind.text.startswith("tuple[torch.Tensor"):
            return Kind("torch.Tensor", kind.seen)
        if kind.items:
            return joined(kind.items)
        return ANY

    def _is_container(self, kind: Kind) -> bool:
        block = self.attributes.block_of(kind.text)
        return block is not None and block.base.kind in ("Sequential", "ModuleList")

    # Expressions -------------------------------------------------------------------

    def infer(self, node: ast.expr) -> Kind:
        match node:
            case ast.Constant():
                return constant_kind(node.value)
            case ast.Name():
                return self._name(node.id)
            case ast.Attribute():
                return self._attribute(node)
            case ast.Subscript():
                return self._subscript(node)
            case ast.Call():
                return self._call(node)
            case ast.BinOp():
                return self._binary(self.infer(node.left), self.infer(node.right))
            case ast.UnaryOp():
                operand = self.infer(node.operand)
                return BOOL if isinstance(node.op, ast.Not) else operand
            case ast.BoolOp():
                return joined([self.infer(one) for one in node.values])
            case ast.Compare():
                sides = [self.infer(one) for one in (node.left, *node.comparators)]
                return TENSOR if any(one.is_tensor for one in sides) else BOOL
            case ast.IfExp():
                self.infer(node.test)
                sides = [self.infer(node.body), self.infer(node.orelse)]
                made = joined(sides)
                lost = any(one.seen == "any" for one in sides)
                return made.opaque() if lost else made
            case ast.Starred():
                return self.infer(node.value)
            case ast.JoinedStr():
                return STR
        return self._display(node)

    def _display(self, node: ast.expr) -> Kind:
        match node:
            case ast.Tuple():
                if any(isinstance(one, ast.Starred) for one in node.elts):
                    return Kind("tuple[Any, ...]")
                return tuple_kind([self.infer(one) for one in node.elts])
            case ast.List() | ast.Set():
                items = [self.infer(one) for one in node.elts]
                return list_kind(joined(items) if items else ANY)
            case ast.Dict():
                values = [self.infer(one) for one in node.values]
                keys = [self.infer(one) for one in node.keys if one is not None]
                return dict_kind(
                    joined(values) if values else ANY,
                    joined(keys).text if keys else "str",
                )
            case ast.ListComp() | ast.GeneratorExp():
                self._generators(node.generators)
                return list_kind(self.infer(node.elt))
            case ast.DictComp():
                self._generators(node.generators)
                return dict_kind(self.infer(node.value), self.infer(node.key).text)
        return ANY

    def _generators(self, generators: Sequence[ast.comprehension]) -> None:
        for one in generators:
            self._bind(one.target, self._item(self.infer(one.iter)))

    def _name(self, identifier: str) -> Kind:
        if identifier == "self":
            return Kind(self.block.name)
        return self.names.get(identifier, ANY)

    def _attribute(self, node: ast.Attribute) -> Kind:
        path = path_of(node)
        if path is not None and path[0] in ("torch", "math", "F"):
            return FLOAT if path[0] == "math" else ANY
        owner = without_none(self.infer(node.value))
        block = self.attributes.block_of(owner.text)
        if owner.seen == "union":
            self.codes.add("union-attr")
            return UNION
        if owner.seen == "any" and not owner.is_module and block is None:
            return TENSOR_VALUES.get(node.attr, Kind(owner.text, "any"))
        if block is not None:
            return self._member(block, node.attr)
        if owner.is_tensor:
            return TENSOR_VALUES.get(node.attr, TENSOR)
        return layer_member(owner, node.attr) if owner.is_module else ANY

    def _member(self, block: ir.Block, attr: str) -> Kind:
        types = self.attributes.of(block).get(attr)
        if attr == "training":
            return BOOL
        if types is None:
            if block.base.call is not None:
                inherited = Kind(".".join(path_of(block.base.call.func) or ()))
                return layer_member(inherited, attr)
            return UNION
        known = [one for one in types if one != "None"]
        if len(known) == 1:
            return annotated(ast.parse(known[0], mode="eval").body)
        return NONE if not known else MODULE

    def _subscript(self, node: ast.Subscript) -> Kind:
        value = without_none(self.infer(node.value))
        sliced = isinstance(node.slice, ast.Slice)
        if not sliced:
            self.infer(node.slice)
        if value.seen == "union":
            self.codes.add("index")
            return UNION
        if value.text in CONTAINERS or self._is_container(value):
            return value if sliced else MODULE
        if value.text == "torch.Size":
            return SIZE if sliced else INT
        if value.items and isinstance(node.slice, ast.Constant):
            index = node.slice.value
            if isinstance(index, int) and value.text.startswith("tuple["):
                return value.items[index] if index < len(value.items) else ANY
        if value.is_tensor or sliced:
            return value
        return self._item(value) if value.text != "Any" else ANY

    def _binary(self, left: Kind, right: Kind) -> Kind:
        if "union" in (left.seen, right.seen):
            self.codes.add("operator")
            return TENSOR
        if left.is_tensor or right.is_tensor:
            typed = "any" not in (left.seen, right.seen)
            return TENSOR if typed else TENSOR.opaque()
        if "Any" in (left.text, right.text):
            return ANY
        return joined([left, right])

    # Calls -------------------------------------------------------------------------

    def _call(self, node: ast.Call) -> Kind:
        arguments = [self.infer(one) for one in node.args]
        arguments += [self.infer(one.value) for one in node.keywords]
        path = path_of(node.func)
        if path is not None and path[0] in ("torch", "F", "math", "nn"):
            self._passed(arguments)
            return of_torch(path, node)
        if path is not None and len(path) == 1 and path[0] not in self.names:
            if path[0] not in ("isinstance", "print"):
                self._passed(arguments)
            return self._builtin(path[0], arguments)
        if isinstance(node.func, ast.Attribute):
            return self._method(node.func, node)
        callee = self.infer(node.func)
        return self._called(callee)

    def _passed(self, arguments: Sequence[Kind]) -> None:
        if any(one.seen == "union" for one in arguments):
            self.codes.add("arg-type")

    def _called(self, callee: Kind) -> Kind:
        if callee.seen == "union":
            self.codes.add("operator")
            return TENSOR.opaque()
        if callee.is_module or self.attributes.block_of(callee.text) is not None:
            return self.inference.result_of_module(callee).opaque()
        return TENSOR.opaque() if callee.seen == "any" else ANY

    def _method(self, function: ast.Attribute, node: ast.Call) -> Kind:
        owner_node = function.value
        if isinstance(owner_node, ast.Call) and path_of(owner_node.func) == ("super",):
            return self._inherited(function.attr)
        if path_of(function) is not None and path_of(owner_node) == ("self",):
            if self.block.method(function.attr) is not None:
                return self.inference.result_of(self.block, function.attr)
            if function.attr in OF_MODULE:
                return OF_MODULE[function.attr]
            return self._called(self.infer(function))
        owner = without_none(self.infer(owner_node))
        if owner.seen == "union":
            return self._called(self.infer(function))
        if owner.is_tensor or (owner.seen == "any" and not owner.is_module):
            made = self._tensor_method(function.attr, node)
            return made.opaque() if owner.seen == "any" else made
        block = self.attributes.block_of(owner.text)
        if block is not None and block.method(function.attr) is not None:
            return self.inference.result_of(block, function.attr)
        is_module = owner.is_module or block is not None
        if is_module and function.attr in OF_MODULE:
            return OF_MODULE[function.attr]
        return self._called(self.infer(function)) if owner.is_module else ANY

    def _inherited(self, method: str) -> Kind:
        """`super().forward(x)`: containers of torch do not type theirs."""
        call = self.block.base.call
        if call is None:
            self.codes.add("no-untyped-call")
            return TENSOR.opaque()
        parent = Kind(".".join(path_of(call.func) or ()))
        if parent.text in (*CONTAINERS, *RECURRENT):
            self.codes.add("no-untyped-call")
            return self.inference.result_of_module(parent, method).opaque()
        return self.inference.result_of_module(parent, method)

    def _tensor_method(self, method: str, node: ast.Call) -> Kind:
        if method in UNTYPED:
            self.codes.add("no-untyped-call")
        if method == "size":
            return INT if node.args or node.keywords else SIZE
        if method in NUMBERS:
            return NUMBERS[method]
        made = of_tensor(method, bool(node.args or node.keywords))
        return made.opaque() if method in WITHOUT_TYPE else made

    def _builtin(self, function: str, arguments: Sequence[Kind]) -> Kind:
        first = arguments[0] if arguments else ANY
        match function:
            case "range":
                return Kind("range")
            case "enumerate":
                return list_kind(tuple_kind([INT, self._item(first)]))
            case "zip":
                return list_kind(tuple_kind([self._item(one) for one in arguments]))
            case "list" | "reversed" | "sorted" | "tuple":
                return list_kind(self._item(first)) if arguments else ANY
            case "sum":
                return Kind(self._item(first).text, "any")
            case "abs" | "max" | "min":
                return joined(arguments) if arguments else ANY
        for one in self.attributes.uses.program.functions:
            if one.name == function and one.definition.returns is not None:
                return annotated(one.definition.returns)
        return BUILTINS.get(function, ANY)


def _always_returns(body: Sequence[ast.stmt]) -> bool:
    if not body:
        return False
    last = body[-1]
    if isinstance(last, ast.Return | ast.Raise):
        return True
    if isinstance(last, ast.If):
        return _always_returns(last.body) and _always_returns(last.orelse)
    if isinstance(last, ast.With):
        return _always_returns(last.body)
    return isinstance(last, ast.While) and ast.unparse(last.test) == "True"


def _loaded(target: ast.expr) -> ast.expr:
    """An assignment's target as it is read."""
    return ast.parse(ast.unparse(target), mode="eval").body
