"""The turn of a loop, by a name: that which it has, or one that it is given.

`for i in range(n)` has `i`; `for n in sizes` becomes `for i, n in enumerate(sizes)`.
"""

from __future__ import annotations

import ast
from collections.abc import Set

from modelspec.program import ir
from modelspec.program.walk import block_nodes, names_read
from modelspec.records import dataclass

_FIRST = ("i", "j", "k", "index")


@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    """A `for` as it stands in the Program."""

    target: ast.expr
    iterable: ast.expr


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """How to write the turn. `name` is set where the loop has to be given it;
    `instead` if it takes the place of the target, which nothing reads."""

    expression: ast.expr
    name: str | None = None
    instead: bool = False


def index_of(loop: Loop, taken: Set[str]) -> Index:
    """The turn of a loop in a block whose names are taken."""
    target, iterable = loop.target, loop.iterable
    name = target.id if isinstance(target, ast.Name) else None
    start = _start(iterable)
    if name is not None and name != "_" and start is not None:
        return Index(_from(name, start, target))
    counted = _counted(iterable)
    if counted is not None and isinstance(target, ast.Tuple):
        first = target.elts[0] if target.elts else target
        if isinstance(first, ast.Name) and first.id != "_":
            return Index(_from(first.id, 0, target))
    fresh = next(one for one in _fresh() if one not in taken)
    if name == "_" and start is not None:
        return Index(_from(fresh, start, target), fresh, instead=True)
    return Index(_from(fresh, 0, target), fresh)


def with_index(
    target: ast.expr, iterable: ast.expr, index: Index
) -> tuple[ast.expr, ast.expr]:
    """The loop with the name that the index needs."""
    if index.name is None:
        return target, iterable
    turn = ast.copy_location(ast.Name(index.name, ast.Store()), target)
    if index.instead:
        return turn, iterable
    pair = ast.copy_location(ast.Tuple([turn, target], ast.Store()), target)
    function = ast.copy_location(ast.Name("enumerate", ast.Load()), iterable)
    return pair, ast.copy_location(ast.Call(function, [iterable], []), iterable)


def names_of(block: ir.Block) -> set[str]:
    """All names that a block's texts and construction speak of."""
    names = names_read(block_nodes(block))
    return names.union(param.name for param in block.params)


def _fresh() -> list[str]:
    return [*_FIRST, *(f"index{count}" for count in range(2, 100))]


def _start(iterable: ast.expr) -> int | None:
    """The first number of a range whose step is one."""
    match iterable:
        case ast.Call(func=ast.Name(id="range"), args=[_], keywords=[]):
            return 0
        case ast.Call(
            func=ast.Name(id="range"),
            args=[ast.Constant(value=int() as start), _],
            keywords=[],
        ):
            return start
    return None


def _counted(iterable: ast.expr) -> ast.expr | None:
    match iterable:
        case ast.Call(func=ast.Name(id="enumerate"), args=[items], keywords=[]):
            return items
    return None


def _from(name: str, start: int, at: ast.expr) -> ast.expr:
    turn: ast.expr = ast.Name(name, ast.Load())
    if start:
        turn = ast.BinOp(turn, ast.Sub(), ast.Constant(start))
    for one in ast.walk(turn):
        if isinstance(one, ast.expr):
            ast.copy_location(one, at)
    return turn
