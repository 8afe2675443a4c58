"""What touches a hole: expressions whose value a mistake that was told may decide.

In: a Program. Out: whether an expression of a text may be, or be a part of, something
unknown. What is unknown goes through names, attributes, items and loops; in a method it
ends at a call and at an operator, since what is computed of it is a tensor.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from modelspec.program.ir import Block, Container, Let, Program, Statement
from modelspec.program.walk import own_expressions, walk_statements
from modelspec.pysubset import Hole, is_hole_body
from modelspec.trees import all_nodes

_COMPUTING = (ast.BinOp, ast.UnaryOp, ast.Compare)
_LISTING = frozenset("dict enumerate list reversed sorted tuple zip".split())
_LOOPS = (ast.For, ast.comprehension)
_HANDING_ON = frozenset(
    "children named_children modules named_modules items values get pop".split()
)


class Holes:
    """The names, of a whole Program, that stand for something unknown."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._names: frozenset[str] | None = None
        self._locals: dict[int, frozenset[str]] = {}

    @property
    def names(self) -> frozenset[str]:
        """Names of children, params, locals, methods and blocks with a hole in them."""
        if self._names is None:
            self._names = frozenset(_unknown_names(self._program))
        return self._names

    def touch(self, node: ast.expr, statements: Sequence[ast.stmt]) -> bool:
        """Whether an expression of a text of these statements is known in part only."""
        unknown = self.names | self._unknown_locals(statements)
        return _touches(_carried(node), unknown)

    def _unknown_locals(self, statements: Sequence[ast.stmt]) -> frozenset[str]:
        key = id(statements)
        if key not in self._locals:
            flows = [flow for one in statements for flow in _flows(one)]
            self._locals[key] = frozenset(_grown(set(), flows, self.names))
        return self._locals[key]


def _carried(node: ast.AST) -> list[ast.AST]:
    """The nodes of an expression of a method whose value may be its own."""
    found = [node]
    for one in found:
        if isinstance(one, ast.Call):
            found += _handed_on(one)
        elif not isinstance(one, _COMPUTING):
            found += ast.iter_child_nodes(one)
    return found


def _handed_on(call: ast.Call) -> list[ast.expr]:
    """What a call gives back as it was given: `enumerate(self.layers)`."""
    match call.func:
        case Hole():
            return [call.func]
        case ast.Attribute(value=owner, attr=name) if name in _HANDING_ON:
            return [owner]
        case ast.Name(id=name) if name in _LISTING:
            return call.args
    return []


def _touches(nodes: Iterable[ast.AST], unknown: frozenset[str]) -> bool:
    for one in nodes:
        if isinstance(one, Hole):
            return True
        if isinstance(one, ast.Name) and one.id in unknown:
            return True
        if isinstance(one, ast.Attribute) and one.attr in unknown:
            return True
    return False


def _flows(node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Pairs of targets and what is assigned to them, in a statement."""
    for one in ast.walk(node):
        if isinstance(one, ast.Assign):
            yield from ((target, one.value) for target in one.targets)
        elif isinstance(one, ast.AugAssign | ast.AnnAssign) and one.value is not None:
            yield one.target, one.value
        elif isinstance(one, _LOOPS):
            yield one.target, one.iter
        elif isinstance(one, ast.withitem) and one.optional_vars is not None:
            yield one.optional_vars, one.context_expr


def _grown(
    found: set[str], flows: Iterable[tuple[ast.AST, ast.AST]], known: frozenset[str]
) -> set[str]:
    """The names to which something unknown comes, over any number of assignments."""
    flows, before = list(flows), -1
    while len(found) > before:
        before = len(found)
        unknown = known | found
        for target, value in flows:
            if _touches(_carried(value), unknown):
                found |= set(_bound(target))
    return found


def _bound(target: ast.AST) -> Iterator[str]:
    for one in ast.walk(target):
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store):
            yield one.id


# --- the whole Program ------------------------------------------------------------


def _unknown_names(program: Program) -> set[str]:
    """Where none has a hole, as in nearly all specs, nothing is gone through twice."""
    holders = [pair for block in program.blocks for pair in _holders(block)]
    holders += [(one.name, [one.definition]) for one in program.functions]
    found = {word for block in program.blocks for word in block.unread}
    before = -1
    while len(found) > before:
        before = len(found)
        unknown = frozenset(found)
        for name, nodes in holders:
            if name not in found and _touches(all_nodes(nodes), unknown):
                found.add(name)
    return found


def _holders(block: Block) -> Iterator[tuple[str, list[ast.AST]]]:
    """What has a name in a block, and all that stands in it; the block itself counts
    as what it extends and, where it is a container, as its items."""
    whole: list[ast.AST] = [] if block.base.call is None else [block.base.call]
    is_container = block.base.kind not in ("Module", "extends")
    for param in block.params:
        if param.default is not None:
            yield param.name, [param.default]
    for constant in block.constants:
        yield constant.name, [constant.value]
    for one in walk_statements(block.construct):
        nodes: list[ast.AST] = [*_expressions(one)]
        whole += nodes if is_container else []
        yield from ((name, nodes) for name in _names_of(one))
    for method in block.methods:
        if is_hole_body(method.statements):
            yield method.name, list(method.statements)
    yield block.name, whole


def _expressions(one: Statement) -> Iterator[ast.expr]:
    yield from own_expressions(one)
    value = getattr(one, "value", None)
    if isinstance(value, Container):
        for inner in walk_statements(value.children):
            yield from own_expressions(inner)


def _names_of(one: Statement) -> Iterator[str]:
    name = getattr(one, "name", None)
    if isinstance(name, ast.Constant):
        yield str(name.value)
    if isinstance(one, Let):
        yield from _bound(one.target)
