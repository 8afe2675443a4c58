"""What expressions of a method hold.

In: an expression and what its names hold. Out: `Held`; each part is looked at once,
and the judge is asked about each use.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from modelspec.analysis.attributes import is_dotted
from modelspec.analysis.facts import Facts, Text
from modelspec.analysis.values.functions import of_builtin, of_function, of_method
from modelspec.analysis.values.held import (
    BOOL,
    FLOAT,
    INT,
    NONE,
    TENSOR,
    TEXT,
    UNKNOWN,
    Held,
    join,
)
from modelspec.analysis.values.judge import Judge
from modelspec.analysis.values.modules import (
    child_of,
    container_kind,
    given_by,
    is_extended,
    item_of,
    made_of,
)
from modelspec.catalog import load_catalog
from modelspec.program.ir import Block, Let, OwnParameter, TypeExpression
from modelspec.program.walk import walk_statements
from modelspec.pysubset.refused import dotted_name

_PLAIN: dict[type, Held] = {
    bool: BOOL,
    int: INT,
    float: FLOAT,
    str: TEXT,
    type(None): NONE,
}
_TENSORS_OF = frozenset({"T", "mT", "H", "mH", "data", "real", "imag"})
_TYPES = {"int": INT, "float": FLOAT, "bool": BOOL, "str": TEXT}
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)

Names = dict[str, Held]


class Expressions:
    def __init__(self, text: Text, facts: Facts, judge: Judge) -> None:
        assert text.block is not None
        self.text = text
        self.block = text.block
        self.facts = facts
        self.judge = judge
        self.members: dict[str, Held] = {}

    def value(self, node: ast.expr, names: Names) -> Held:
        match node:
            case ast.Constant(value=constant):
                return _PLAIN.get(type(constant), UNKNOWN)
            case ast.Name(id=name):
                return names.get(name, UNKNOWN)
            case ast.Attribute():
                return self.attribute(node, names)
            case ast.Call():
                return self.call(node, names)
            case ast.Subscript():
                return self.subscript(node, names)
            case ast.BinOp(left=left, op=op, right=right):
                before, after = self.value(left, names), self.value(right, names)
                return self.judge.operation(node, op, before, after, right)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                return self.display(node, parts, names)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                self.value(test, names)
                inner = _asked(test, names)
                return join([self.value(body, inner), self.value(orelse, inner)])
            case ast.BoolOp(values=values):
                for at, one in enumerate(values):
                    self.value(one, _asked_of(values[:at], names))
                return UNKNOWN
            case ast.UnaryOp(op=op, operand=operand):
                held = self.value(operand, names)
                if isinstance(op, ast.Not):
                    return BOOL
                return held if held.what in ("tensor", "int", "float") else UNKNOWN
            case ast.JoinedStr():
                self.parts(node, names)
                return TEXT
        if isinstance(node, _COMPREHENSIONS):
            return self.comprehension(node, names)
        self.parts(node, names)
        return UNKNOWN

    def display(self, node: ast.expr, parts: Sequence[ast.expr], names: Names) -> Held:
        """A tuple or list that is written out."""
        held = tuple(self.value(part, names) for part in parts)
        starred = any(isinstance(part, ast.Starred) for part in parts)
        is_tuple = isinstance(node, ast.Tuple)
        return Held("tuple" if is_tuple else "list", None if starred else held)

    def parts(self, node: ast.AST, names: Names) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child, names)
            elif isinstance(child, ast.keyword):
                self.value(child.value, names)

    # --- names and attributes --------------------------------------------------------

    def attribute(
        self, node: ast.Attribute, names: Names, *, called: bool = False
    ) -> Held:
        if is_dotted(node, self.text):
            return UNKNOWN
        held = self.value(node.value, names)
        if held.what == "self":
            return self.member(node.attr)
        if not self.judge.has_attribute(node, held, called=called):
            return UNKNOWN
        if held.what == "tensor":
            return _of_tensor(node.attr, held)
        if held.what == "module" and held.made is not None:
            return self.module_attribute(node.attr, held)
        return UNKNOWN

    def module_attribute(self, name: str, held: Held) -> Held:
        made = held.made
        assert made is not None
        if made.children is not None and name in made.children:
            inner = made_of(made.children[name], made.owner, self.facts)
            said = f"{held.said}.{name}" if held.said else ""
            return Held("module", made=inner, said=said) if inner else UNKNOWN
        if made.block is not None and container_kind(made) is None:
            return child_of(name, made.block, self.facts)
        return UNKNOWN

    def member(self, name: str) -> Held:
        """What `self.name` is."""
        if name not in self.members:
            self.members[name] = self._member(name)
        return self.members[name]

    def _member(self, name: str) -> Held:
        if name == "training":
            return BOOL
        kind = self.facts.members(self.block).kinds.get(name)
        if kind == "child":
            return child_of(name, self.block, self.facts)
        if kind in ("parameter", "buffer") and not is_extended(self.block, self.facts):
            return TENSOR if _is_tensor(name, self.block) else UNKNOWN
        if kind == "value":
            return _of_param(name, self.block)
        return UNKNOWN

    # --- calls -----------------------------------------------------------------------

    def call(self, node: ast.Call, names: Names) -> Held:
        function = node.func
        if isinstance(function, ast.Attribute):
            called = self.attribute(function, names, called=True)
        else:
            called = self.value(function, names)
        given = [self.value(one, names) for one in node.args]
        for keyword in node.keywords:
            self.value(keyword.value, names)
        if not self.judge.call(node, called, given):
            return UNKNOWN
        return self.given(node, called, given, names)

    def given(
        self, node: ast.Call, called: Held, given: list[Held], names: Names
    ) -> Held:
        """What a call gives."""
        function, dotted = node.func, dotted_name(node.func)
        said = f"`{dotted}`" if dotted else ""
        if called.what == "module" and called.made is not None:
            if called.made.name == "Identity" and len(given) == 1:
                return given[0]
            found = given_by(called.made, self.facts, self.judge.returned)
            return Held(found.what, found.items, said=said)
        if called.what == "method" and isinstance(function, ast.Attribute):
            if function.attr == "size" and not given and not node.keywords:
                return Held("tuple", called.items, said=said)
            return of_method(function.attr)
        if isinstance(function, ast.Name):
            if function.id in self.text.locals:
                return UNKNOWN
            return self.of_builtin(function.id, node, given, names)
        if isinstance(function, ast.Attribute) and dotted is not None:
            if is_dotted(function, self.text):
                found = of_function(dotted)
                return Held(found.what, found.items, said=said)
            if isinstance(function.value, ast.Name) and function.value.id == "self":
                return self.of_own(function.attr, said)
        return UNKNOWN

    def of_own(self, name: str, said: str) -> Held:
        """What a method of the block gives, where no other block overrides it."""
        kind = self.facts.members(self.block).kinds.get(name)
        if kind != "method" or is_extended(self.block, self.facts):
            return UNKNOWN
        found = self.judge.returned(self.block, name)
        return Held(found.what, found.items, said=said)

    def of_builtin(
        self, name: str, node: ast.Call, given: list[Held], names: Names
    ) -> Held:
        if name == "range":
            return Held("iterable", element=INT)
        if name == "enumerate" and node.args:
            element = self.element_of(given[0])
            return Held("iterable", element=Held("tuple", (INT, element)))
        if name == "zip" and not any(isinstance(a, ast.Starred) for a in node.args):
            items = tuple(self.element_of(one) for one in given)
            return Held("iterable", element=Held("tuple", items, said="`zip`"))
        return of_builtin(name)

    # --- items -----------------------------------------------------------------------

    def element(self, node: ast.expr, names: Names) -> Held:
        """What a loop over an expression gives at each turn."""
        held = self.value(node, names)
        self.judge.iteration(node, held)
        return self.element_of(held)

    def element_of(self, held: Held) -> Held:
        if held.element is not None:
            return held.element
        if held.what in ("tuple", "list") and held.items:
            return join(held.items)
        kind = None if held.made is None else container_kind(held.made)
        if held.made is not None and kind in ("Sequential", "ModuleList"):
            return item_of(held.made, self.facts)
        return UNKNOWN

    def subscript(self, node: ast.Subscript, names: Names) -> Held:
        if isinstance(node.value, ast.Attribute):
            held = self.attribute(node.value, names)
        else:
            held = self.value(node.value, names)
        self.value(node.slice, names)
        return self.judge.item(node, held)

    def comprehension(self, node: ast.expr, names: Names) -> Held:
        inner = dict(names)
        assert isinstance(node, _COMPREHENSIONS)
        for one in node.generators:
            element = self.element(one.iter, inner)
            for name, held in _bound(one.target, element):
                inner[name] = held
            for test in one.ifs:
                self.value(test, inner)
                inner = _asked(test, inner)
        if isinstance(node, ast.DictComp):
            self.value(node.key, inner)
            self.value(node.value, inner)
            return UNKNOWN
        self.value(node.elt, inner)
        return Held("list") if isinstance(node, ast.ListComp) else UNKNOWN


def _of_tensor(name: str, held: Held) -> Held:
    if name in ("shape", "size"):
        items = None if held.rank is None else (INT,) * held.rank
        if name == "size":
            return Held("method", items, said=name)
        return Held("tuple", items, said="`.shape`")
    if name == "ndim":
        return INT
    if name in _TENSORS_OF:
        return TENSOR
    is_method = load_catalog().tensor_method(name) is not None
    return Held("method", said=name) if is_method else UNKNOWN


def _is_tensor(name: str, block: Block) -> bool:
    """Whether a parameter or buffer is registered once, with a tensor."""
    found = [
        one
        for one in walk_statements(block.construct)
        if isinstance(getattr(one, "name", None), ast.Constant)
        and one.name.value == name  # type: ignore[union-attr]  # it has a name
    ]
    if len(found) != 1 or found[0] not in block.construct:
        return False
    one = found[0]
    return isinstance(one, OwnParameter) and isinstance(one.value, ast.Call)


def _of_param(name: str, block: Block) -> Held:
    """A param that nothing rebinds, by its type."""
    if any(_rebinds(one, name) for one in walk_statements(block.construct)):
        return UNKNOWN
    types: list[TypeExpression] = [p.type for p in block.params if p.name == name]
    return _TYPES.get(types[0].name, UNKNOWN) if types else UNKNOWN


def _rebinds(statement: object, name: str) -> bool:
    if not isinstance(statement, Let):
        target = getattr(statement, "target", None)
    else:
        target = statement.target
    if not isinstance(target, ast.AST):
        return False
    return any(isinstance(o, ast.Name) and o.id == name for o in ast.walk(target))


def _bound(target: ast.expr, element: Held) -> Iterator[tuple[str, Held]]:
    """The names of a comprehension's target."""
    if isinstance(target, ast.Name):
        yield target.id, element
    elif isinstance(target, ast.Tuple | ast.List):
        items = element.items
        if items is None or len(items) != len(target.elts):
            items = (UNKNOWN,) * len(target.elts)
        for part, one in zip(target.elts, items, strict=True):
            yield from _bound(part, one)


def _asked(test: ast.expr, names: Names) -> Names:
    return _asked_of([test], names)


def _asked_of(tests: list[ast.expr], names: Names) -> Names:
    """Names behind tests: what these ask about may be otherwise there."""
    found = dict(names)
    for test in tests:
        for one in ast.walk(test):
            if isinstance(one, ast.Name) and one.id != "self" and one.id in found:
                found[one.id] = UNKNOWN
    return found
