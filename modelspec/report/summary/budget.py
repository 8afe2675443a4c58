"""A budget held against what a network takes.

Comes in: the limits of a spec and the `Summary` of what was built. Goes out:
diagnostics at the limits that are exceeded, with the actual figure and what has the
largest part in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

from modelspec.diagnostics.diagnostic import Diagnostic, Severity
from modelspec.program.ir import Budget
from modelspec.records import dataclass
from modelspec.report.numbers import render_bytes, render_count
from modelspec.report.summary.collapse import shown_names
from modelspec.report.summary.facts import at_sizes, title
from modelspec.report.summary.rows import Row
from modelspec.report.summary.summary import Summary

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class _Kind:
    figure: Callable[[Summary, Row], int]
    render: Callable[[int], str]
    words: str
    needs_run: bool = False


_KINDS: Mapping[str, _Kind] = MappingProxyType(
    {
        "params": _Kind(
            lambda _, row: row.tally.parameters, "{:,}".format, "{:,} parameters"
        ),
        "weights": _Kind(
            lambda _, row: row.tally.weight_bytes, render_bytes, "{:,} bytes of weights"
        ),
        "macs": _Kind(
            lambda summary, row: summary.count(row.tally.macs),
            render_count,
            "{:,} multiply-adds",
            needs_run=True,
        ),
        "activations": _Kind(
            lambda summary, row: summary.count(row.tally.made),
            render_bytes,
            "{:,} bytes of activations",
            needs_run=True,
        ),
    }
)


def needs_run(budget: Iterable[Budget]) -> bool:
    """Whether some limit is about what only a run can show."""
    return any(_KINDS[one.name].needs_run for one in budget)


def check_budget(budget: Iterable[Budget], summary: Summary) -> Iterator[Diagnostic]:
    """What is over the budget, or cannot be told."""
    for one in budget:
        kind = _KINDS[one.name]
        if kind.needs_run and summary.observation is None:
            yield _unchecked(one, summary)
        elif kind.figure(summary, summary.root) > one.limit:
            yield _over(one, kind, summary)


def _unchecked(one: Budget, summary: Summary) -> Diagnostic:
    message = f"the budget for '{one.name}' is not checked: {summary.note}"
    return Diagnostic("unchecked-budget", message, one.span, severity=Severity.WARNING)


def _over(one: Budget, kind: _Kind, summary: Summary) -> Diagnostic:
    figure = kind.words.format(kind.figure(summary, summary.root))
    conditions = f" {at_sizes(summary)}" if kind.needs_run else ""
    return Diagnostic(
        "over-budget",
        f"{title(summary)} has {figure}{conditions}, the budget is {one.text}",
        one.span,
        help=(f"the most are in {', '.join(_largest(kind, summary))}",),
    )


def _largest(kind: _Kind, summary: Summary) -> Iterator[str]:
    """The innermost modules that have the most, repeats together."""
    parts = [
        (kind.figure(summary, row) * count, name, count)
        for name, row, count in _innermost(summary.root, "", 1)
    ]
    parts.sort(key=lambda part: -part[0])
    for figure, name, count in parts[:_SHOWN]:
        if figure:
            times = f" x{count}" if count > 1 else ""
            yield f"{name}{times} ({kind.render(figure)})"


def _innermost(row: Row, name: str, count: int) -> Iterator[tuple[str, Row, int]]:
    """Rows without modules in them, each with how many it stands for."""
    if all(child.kind == "operation" for child in row.children):
        yield name or row.type, row, count
        return
    for child in row.children:
        here = count * max(len(child.names), 1)
        if child.kind == "operation":
            called = f"{child.type}()"
            yield f"{called} in {name}" if name else called, child, here
        else:
            inner = shown_names(child)
            yield from _innermost(child, f"{name}.{inner}" if name else inner, here)
