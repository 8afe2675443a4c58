"""A Program whose construction tells what it does: which block, which call, which turn.

In: a Program with `auto`. Out: one that makes the same modules, and on the way calls
the functions of `ENTER`, `EXTEND`, `CALL`, `EACH` and `SIZE`, which whoever runs it
provides. Their names are none that a spec can write.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace

from modelspec.inference.rewriting import Node, Visitor, Where, walk_program
from modelspec.program import ir

ACTIVATION = ":activation"
ENTER = ":enter"
"""`:enter(block)` gives the activation, when the construction of a module begins."""
EXTEND = ":extend"
"""`:extend(activation, number, **names)`: the base is about to be initialised."""
CALL = ":call"
"""`:call(number, activation, turns, callee, **names)` gives what to call instead."""
EACH = ":each"
"""`:each(items)` gives the items with their indices."""
SIZE = ":size"
"""`:size(number, activation, turns, **names)` is what stands for `auto`."""

_RULES = (ir.InitByType, ir.InitByName, ir.Tie, ir.Freeze, ir.CallMethod)


def instrument(program: ir.Program) -> ir.Program:
    """Values of tensors and names of parameters are of no interest: what initialises,
    ties and freezes is left out."""
    visitor = _Instrumenting()
    walked = walk_program(program, visitor)
    blocks = tuple(
        _entering(_without_rules(block), visitor.bases.get(block.name))
        for block in walked.blocks
    )
    return replace(program, blocks=blocks)


class _Instrumenting(Visitor):
    def __init__(self) -> None:
        self.bases: dict[str, tuple[int, tuple[str, ...]]] = {}

    def auto(self, number: int, node: ast.Name, where: Where) -> ast.expr:
        return _call(node, SIZE, *_place(number, where), names=where.names)

    def call(
        self, number: int, node: ast.Call, made: ast.Call, where: Where
    ) -> ast.expr:
        if node is where.block.base.call:
            self.bases[where.block.name] = (number, where.names)
        elif may_make_block(node, where):
            place = _place(number, where)
            made.func = _call(node.func, CALL, *place, made.func, names=where.names)
        return made

    def loop(
        self, number: int, target: ast.expr, iterable: ast.expr, where: Where
    ) -> tuple[ast.expr, ast.expr]:
        turn = ast.Name(_turn(number), ast.Store())
        pair = ast.Tuple([turn, target], ast.Store())
        return _at(pair, target), _call(iterable, EACH, iterable)


def may_make_block(node: ast.Call, where: Where) -> bool:
    """Whether a call may be of a block: not of torch's names, nor of a method."""
    function = node.func
    if isinstance(function, ast.Attribute):
        return False
    return not isinstance(function, ast.Name) or function.id not in _FUNCTIONS


_FUNCTIONS = frozenset(
    "abs all any bool dict enumerate float int isinstance len linspace list max min"
    " partial pow range reversed round set sorted str sum tuple zip".split()
)


def _place(number: int, where: Where) -> tuple[ast.expr, ...]:
    turns: list[ast.expr] = [ast.Name(_turn(one), ast.Load()) for one in where.loops]
    return (
        ast.Constant(number),
        ast.Name(ACTIVATION, ast.Load()),
        ast.Tuple(turns, ast.Load()),
    )


def _turn(number: int) -> str:
    return f":turn{number}"


def _entering(block: ir.Block, base: tuple[int, tuple[str, ...]] | None) -> ir.Block:
    """The activation is the first thing a construction knows."""
    lead = block.leading_vars()
    rest = block.construct[len(lead) :]
    enter = _call(_somewhere(block), ENTER, ast.Constant(block.name))
    first = [_let(ACTIVATION, enter, block)]
    if base is not None:
        number, names = base
        known = ast.Name(ACTIVATION, ast.Load())
        place = (known, ast.Constant(number))
        extend = _call(_somewhere(block), EXTEND, *place, names=names)
        lead = (*lead, _let(":base", extend, block))
    return replace(block, construct=(*first, *lead, *rest))


def _let(name: str, value: ast.expr, block: ir.Block) -> ir.Let:
    target = _at(ast.Name(name, ast.Store()), value)
    return ir.Let(target, ir.Value(value, block.span), block.span, is_var=True)


def _somewhere(block: ir.Block) -> ast.expr:
    """A node that stands where the block does."""
    line, column = block.source.byte_column(block.span.start)
    node = ast.Constant(None)
    node.lineno = node.end_lineno = line
    node.col_offset = node.end_col_offset = column
    return node


def _call(
    at: ast.expr, function: str, *arguments: ast.expr, names: Iterable[str] = ()
) -> ast.Call:
    keywords = [ast.keyword(name, ast.Name(name, ast.Load())) for name in names]
    made = ast.Call(ast.Name(function, ast.Load()), list(arguments), keywords)
    return _at(made, at)


def _at(node: Node, at: ast.expr) -> Node:
    """The node and all in it that has no place yet, standing where another does."""
    for one in ast.walk(node):
        if isinstance(one, ast.expr | ast.keyword) and not hasattr(one, "lineno"):
            ast.copy_location(one, at)
    return node


def _without_rules(block: ir.Block) -> ir.Block:
    return replace(block, construct=_unruled(block.construct))


def _unruled(body: Iterable[ir.Statement]) -> tuple[ir.Statement, ...]:
    kept: list[ir.Statement] = []
    for one in body:
        if isinstance(one, ir.For):
            one = replace(one, body=_unruled(one.body))
        elif isinstance(one, ir.If):
            one = replace(one, body=_unruled(one.body), orelse=_unruled(one.orelse))
        if not isinstance(one, _RULES):
            kept.append(one)
    return tuple(kept)
