"""Pass: whether what a block registers fits together.

`self.name` in the construction must be registered above it; no name is taken twice.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import field

from modelspec.analysis.attributes import report_unknown_member
from modelspec.analysis.facts import Facts, Text
from modelspec.catalog import load_catalog
from modelspec.diagnostics.diagnostic import Diagnostic, Label, Report
from modelspec.diagnostics.span import Span
from modelspec.program.ir import (
    Block,
    Child,
    Container,
    For,
    If,
    OwnAttribute,
    OwnBuffer,
    OwnParameter,
    Statement,
)
from modelspec.program.walk import own_expressions, walk_statements
from modelspec.pysubset import span_of_attribute_name
from modelspec.records import dataclass
from modelspec.trees import all_nodes

_NAMED = (Child, OwnParameter, OwnBuffer, OwnAttribute)
_WHAT = {
    Child: "child",
    OwnParameter: "parameter",
    OwnBuffer: "buffer",
    OwnAttribute: "attribute",
}


def check_structure(facts: Facts) -> Iterator[Diagnostic]:
    report = Report()
    for text in facts.texts:
        if text.where != "construct" or text.block is None:
            continue
        _check_order(text, text.block, facts, report)
        defined = {one.name: ("method", one.span) for one in text.block.methods}
        _Registered(report, defined).check(text.block.construct)
    yield from report.found


# --- what stands above ------------------------------------------------------------


def _check_order(text: Text, block: Block, facts: Facts, report: Report) -> None:
    reads = [one for one in text.attributes if _is_self(one.value)]
    if not reads:
        return
    members, later = facts.members(block), _registrations(block)
    positions = _positions(block)
    for node in reads:
        name = node.attr
        if not members.has(name):
            if name not in load_catalog().module_methods and name != "training":
                report_unknown_member(node, text, block, members, report)
        elif members.kinds.get(name) in ("child", "parameter", "buffer", "attribute"):
            _check_above(node, text, later, positions, report)


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def _registrations(block: Block) -> dict[str, tuple[int, Span]]:
    """The first place, counted in statements, where a name is registered.

    What stands in a loop counts as standing where the loop begins, as it may have
    been registered in an earlier round.
    """
    found: dict[str, tuple[int, Span]] = {}
    for at, one in enumerate(block.construct):
        looping = isinstance(one, For)
        for inner in walk_statements([one]):
            if isinstance(inner, _NAMED) and isinstance(inner.name, ast.Constant):
                place = (-1 if looping else at, inner.span)
                found.setdefault(str(inner.name.value), place)
    return found


def _positions(block: Block) -> dict[int, int]:
    """Attribute nodes -> the top-level statement they stand in."""
    found: dict[int, int] = {}
    for at, one in enumerate(block.construct):
        for inner in walk_statements([one]):
            for expression in own_expressions(inner):
                for node in all_nodes([expression]):
                    if isinstance(node, ast.Attribute):
                        found[id(node)] = at
    return found


def _check_above(
    node: ast.Attribute,
    text: Text,
    registered: dict[str, tuple[int, Span]],
    positions: dict[int, int],
    report: Report,
) -> None:
    place, at = registered.get(node.attr), positions.get(id(node))
    if place is None or at is None or place[0] <= at:
        return
    report.error(
        "used-before-registered",
        f"'{node.attr}' is registered only further down",
        span_of_attribute_name(node, text.source),
        help="put what uses it below it",
        labels=(Label(place[1], "registered here"),),
    )


# --- names taken twice ------------------------------------------------------------


@dataclass(slots=True)
class _Registered:
    """Names registered on the way through one block or one container."""

    report: Report
    taken: dict[str, tuple[str, Span]] = field(default_factory=dict)

    def check(self, statements: Iterable[Statement]) -> None:
        for one in statements:
            if isinstance(one, _NAMED):
                self._claim(one)
            if isinstance(one, For):
                self.check(one.body)
            elif isinstance(one, If):
                other = _Registered(self.report, dict(self.taken))
                other.check(one.orelse)
                inner = _Registered(self.report, dict(self.taken))
                inner.check(one.body)
                # Only what both branches register is certain to be taken.
                shared = inner.taken.keys() & other.taken.keys()
                self.taken.update({name: inner.taken[name] for name in shared})
            value = getattr(one, "value", None)
            if isinstance(value, Container):
                _Registered(self.report).check(value.children)

    def _claim(self, one: Child | OwnParameter | OwnBuffer | OwnAttribute) -> None:
        if not isinstance(one.name, ast.Constant):
            return
        name, what = str(one.name.value), _WHAT[type(one)]
        before = self.taken.setdefault(name, (what, one.span))
        if before[1] is not one.span:
            self.report.error(
                "duplicate-name",
                f"'{name}' is registered twice, as {_a(before[0])} and as {_a(what)}"
                if before[0] != what
                else f"'{name}' is registered twice",
                one.span,
                labels=(Label(before[1], "first here"),),
            )


def _a(what: str) -> str:
    return f"an {what}" if what[0] in "aeiou" else f"a {what}"
