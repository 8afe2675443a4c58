"""Text to nodes.

In: a `Source` and the limits. Out: the tree, or None when there is none that later
stages could trust; the report then says why. Never raises for a bad text, never
recurses, and reads no more than the limits allow.
"""

from __future__ import annotations

import re

from modelspec.diagnostics.diagnostic import Diagnostic, Report
from modelspec.diagnostics.span import Source, Span
from modelspec.policy import Limits
from modelspec.syntax.composer import Composer, NoTreeError
from modelspec.syntax.events import FaultError, parse_events
from modelspec.syntax.faults import report_fault
from modelspec.syntax.nodes import Node

_BOM = "\ufeff"
# What YAML refuses, and what only some programs take for the end of a line.
_INVALID = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]"
    "|\r(?!\n)"
)


def read_nodes(source: Source, limits: Limits, report: Report) -> Node | None:
    """The tree of a text; aliases are expanded, scalars resolved."""
    shift = 1 if source.text.startswith(_BOM) else 0
    invalid = _INVALID.search(source.text, shift)
    if invalid is not None:
        _report_character(source, invalid.start(), report)
        return None
    composer = Composer(source, limits, report, shift)
    if not _compose(composer, source.text[shift:]):
        return None
    if composer.root is None:
        report.extend((_nothing(source),))
    return composer.root if composer.trusted else None


def _compose(composer: Composer, text: str) -> bool:
    try:
        composer.feed(parse_events(text))
    except NoTreeError:
        return False
    except FaultError as fault:
        # A cut call often breaks the brackets after it too: that is one mistake.
        if not composer.cut_reported:
            report_fault(composer, fault)
        return False
    return True


def _nothing(source: Source) -> Diagnostic:
    message = "expected a spec, got nothing but comments"
    advice = ("Start with 'modelspec: 1'.",)
    return Diagnostic("empty-file", message, None, help=advice, path=source.name)


def _report_character(source: Source, at: int, report: Report) -> None:
    char = source.text[at]
    is_return = char == "\r"
    report.error(
        "invalid-character",
        "a carriage return stands alone, without a line feed"
        if is_return
        else f"the character U+{ord(char):04X} is not allowed here",
        Span(source, at, at + 1),
        help="End lines with a line feed."
        if is_return
        else "Remove it, or write it as an escape in a text in double quotes.",
    )
