"""What a YAML syntax error means to the one who wrote the file.

In: the parser's fault and what was read before it. Out: one diagnostic. Each
recogniser looks at the text around the fault, and the first that knows it reports it;
what none knows is told in the parser's own words.
"""

from __future__ import annotations

from collections.abc import Callable

from modelspec.syntax.composer import Composer
from modelspec.syntax.events import FaultError
from modelspec.syntax.faults import flow, lines, values
from modelspec.syntax.faults.case import Case

_RECOGNISERS: tuple[Callable[[Case], bool], ...] = (
    lines.directive,
    flow.cut_text,
    lines.tab,
    values.quote,
    values.after_value,
    values.reserved,
    lines.second_colon,
    lines.missing_colon,
    lines.list_on_key_line,
    values.block_header,
    flow.unclosed,
    flow.in_flow,
    flow.stray,
    lines.indentation,
)


def report_fault(composer: Composer, fault: FaultError) -> None:
    """One diagnostic for a syntax error."""
    case = _case(composer, fault)
    for recognise in _RECOGNISERS:
        if recognise(case):
            return
    case.report.error(
        "yaml-syntax",
        f"this is not YAML: {_words(case)}",
        case.rest_span(),
        help="Quote the text if it is meant to be one.",
    )


def _case(composer: Composer, fault: FaultError) -> Case:
    source, shift = composer.source, composer.shift
    at = fault.at + shift
    context_at = at if fault.context_at is None else fault.context_at + shift
    return Case(
        source,
        source.text,
        fault.problem,
        at,
        fault.context,
        context_at,
        composer.open_flow,
        composer.last,
        composer.report,
    )


def _words(case: Case) -> str:
    return " ".join(part for part in (case.problem, case.context) if part)
