"""Conditions as texts that can be compared: what holds where another one holds.

Comes in: a test, and whether it holds. Goes out: the parts that must all hold then,
each as one text for all ways of writing it, as far as they show (`not a`, the `else` of
`a`; `a is None`, the `else` of `a is not None`). And whether one of several cases is
sure to hold, where that shows from how they are put together.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from modelspec.program.ir import Block
from modelspec.pysubset import has_hole
from modelspec.trees import expression_tree

_OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.IsNot: ast.Is,
    ast.NotEq: ast.Eq,
    ast.NotIn: ast.In,
    ast.GtE: ast.Lt,
    ast.LtE: ast.Gt,
}
_MOST_ATOMS = 8
_UNKNOWN = "$unknown"  # no text of Python


def implied(test: ast.expr, holds: bool) -> Iterator[str]:
    """The conditions that hold where a test does, or where it does not."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield from implied(operand, not holds)
        case ast.BoolOp(op=op, values=values) if isinstance(op, ast.And) == holds:
            for value in values:
                yield from implied(value, holds)
        case ast.Compare(left=left, ops=[op], comparators=others) if (
            opposite := _OPPOSITES.get(type(op))
        ):
            yield from implied(ast.Compare(left, [opposite()], others), not holds)
        case _:
            text = text_of(test)
            yield text if holds else f"not ({text})"


def text_of(test: ast.expr) -> str:
    """A condition as a text; of one with a hole nothing is known."""
    return _UNKNOWN if has_hole([test]) else ast.unparse(test)


def conditions_of_choices(block: Block) -> list[set[str]]:
    """Of each param with choices, the conditions of which one holds."""
    return [
        {f"self.{one.name} == {choice!r}" for choice in one.choices}
        for one in block.params
        if one.choices
    ]


def covers(
    cases: Iterable[Collection[str]],
    given: Iterable[str],
    choices: Sequence[Collection[str]] = (),
) -> bool:
    """Whether, where all of `given` hold, all conditions of some case do.

    Conditions are texts as `implied` gives them. Of each of the `choices`, one
    condition at least holds. Nothing is said of what is not known: it may cover all.
    """
    cases, given = [*cases], [*given]
    if any(_UNKNOWN in one for case in [*cases, given] for one in case):
        return True
    wanted = [[_parsed(one) for one in case] for case in cases]
    known = [_parsed(one) for one in given]
    atoms = sorted(
        {a for case in [*wanted, known] for one in case for a in _atoms(one)}
    )
    if len(atoms) > _MOST_ATOMS:
        known = []
        atoms = sorted({a for case in wanted for one in case for a in _atoms(one)})
    if len(atoms) > _MOST_ATOMS:
        return False
    known_choices = [one for one in choices if set(one) <= set(atoms)]
    for values in itertools.product((False, True), repeat=len(atoms)):
        world = dict(zip(atoms, values, strict=True))
        if not all(_holds(one, world) for one in known):
            continue
        if not all(any(world[text] for text in texts) for texts in known_choices):
            continue
        if not any(all(_holds(one, world) for one in case) for case in wanted):
            return False
    return True


def _parsed(text: str) -> ast.expr:
    return expression_tree(text).body


def _atoms(test: ast.expr) -> Iterator[str]:
    match test:
        case ast.Constant():
            return
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield from _atoms(operand)
        case ast.BoolOp(values=values):
            for value in values:
                yield from _atoms(value)
        case _:
            yield _atom(test)[0]


def _holds(test: ast.expr, world: Mapping[str, bool]) -> bool:
    match test:
        case ast.Constant(value=value):
            return bool(value)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _holds(operand, world)
        case ast.BoolOp(op=ast.And(), values=values):
            return all(_holds(value, world) for value in values)
        case ast.BoolOp(values=values):
            return any(_holds(value, world) for value in values)
    text, holds = _atom(test)
    return world[text] is holds


def _atom(test: ast.expr) -> tuple[str, bool]:
    """A condition without parts, as one text for it and its opposite."""
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        opposite = _OPPOSITES.get(type(test.ops[0]))
        if opposite is not None:
            same = ast.Compare(test.left, [opposite()], test.comparators)
            return ast.unparse(same), False
    return ast.unparse(test), True
