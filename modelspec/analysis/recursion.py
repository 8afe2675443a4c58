"""Pass: blocks that make themselves, over other blocks or at once, without end.

Only what is made whatever the params are counts: a block under an `if`, in a loop or
a comprehension may come to an end.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TypeAlias

from modelspec.analysis.facts import Facts
from modelspec.diagnostics.diagnostic import Diagnostic, Label, Report
from modelspec.diagnostics.span import Span
from modelspec.program.ir import Block, Container, For, If, Statement
from modelspec.program.walk import own_expressions
from modelspec.pysubset import span_of

Made: TypeAlias = "dict[str, dict[str, Span]]"

_MOST_STEPS = 8
_MAYBE = (
    ast.IfExp,
    ast.BoolOp,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)


def check_recursion(facts: Facts) -> Iterator[Diagnostic]:
    blocks = facts.program.blocks
    if not any(_cycles(_named(facts))):
        return  # as in nearly all specs: no closer look is needed
    made = {one.name: _made(one, facts) for one in blocks}
    order = {one.name: (str(one.source.name), one.span.start) for one in blocks}
    report = Report()
    for cycle in _cycles(made):
        at = min(range(len(cycle)), key=lambda i: order[cycle[i]])
        steps = [*cycle[at:], *cycle[:at], cycle[at]]
        _report(steps, made, report)
    yield from report.found


def _report(steps: Sequence[str], made: Made, report: Report) -> None:
    last = steps[-2]
    report.error(
        "block-recursion",
        f"{steps[0]} is made inside itself, without end: {_way(steps)}",
        made[last][steps[0]],
        help="let an `if` over a param end it, or use another block here",
        labels=tuple(
            Label(made[one][other], f"{one} makes {other}")
            for one, other in pairwise(steps[:-1][:_MOST_STEPS])
        ),
    )


def _named(facts: Facts) -> dict[str, set[str]]:
    """The blocks that the texts of each block name."""
    found: dict[str, set[str]] = {one.name: set() for one in facts.program.blocks}
    for text in facts.texts:
        if text.block is not None:
            found[text.block.name] |= text.names & found.keys()
    return found


def _way(steps: Sequence[str]) -> str:
    """The steps as text; of a long way its beginning and its end."""
    shown = list(steps)
    if len(shown) > _MOST_STEPS:
        left = len(shown) - _MOST_STEPS
        shown[_MOST_STEPS - 2 : -2] = [f"({left} more)"]
    return " -> ".join(shown)


def _cycles(made: Mapping[str, Iterable[str]]) -> Iterator[list[str]]:
    """Ways from a block back to itself, none of which shares a block with another.

    In depth first, without recursion: specs may nest uses as deeply as they like.
    """
    done: set[str] = set()
    for start in made:
        way: dict[str, Iterator[str]] = {}
        if start not in done:
            way[start] = iter(made[start])
        while way:
            inner = next(way[next(reversed(way))], None)
            if inner is None:
                done.add(way.popitem()[0])
            elif inner in way:
                names = list(way)
                yield names[names.index(inner) :]
                done.update(way)
                way.clear()
            elif inner not in done:
                way[inner] = iter(made[inner])


def _made(block: Block, facts: Facts) -> dict[str, Span]:
    """The blocks that a block always makes, and where."""
    hidden = facts.hidden_in(block)
    found: dict[str, Span] = {}
    for root in [*_always(block.construct), *_base(block)]:
        for node in _calls(root):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            if name not in hidden and facts.program.block(name) is not None:
                found.setdefault(name, span_of(node.func, block.source))
    return found


def _base(block: Block) -> Iterator[ast.expr]:
    """The arguments of what is extended; that it is extended is checked elsewhere."""
    if block.base.call is not None:
        yield from block.base.call.args
        yield from (one.value for one in block.base.call.keywords)


def _always(statements: Sequence[Statement]) -> Iterator[ast.expr]:
    for one in statements:
        if isinstance(one, If | For):
            continue
        yield from own_expressions(one)
        value = getattr(one, "value", None)
        if isinstance(value, Container):
            yield from _always(value.children)


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    if isinstance(node, _MAYBE):
        return
    if isinstance(node, ast.Call):
        yield node
    for inner in ast.iter_child_nodes(node):
        yield from _calls(inner)
