"""The lines of a source that a diagnostic is about, underlined.

In: a diagnostic with a span. Out: printed lines, from `-->` on. The span is underlined
with carets, labels with dashes; of a span over several lines the first is underlined
and followed by `...`. Of long lines the part around the underline is shown: so many
columns, whatever the characters; what else is marked in it has a part of its own.
"""

from __future__ import annotations

from itertools import groupby

from modelspec.diagnostics.cells import printable, width
from modelspec.diagnostics.colors import Paint
from modelspec.diagnostics.diagnostic import Diagnostic
from modelspec.diagnostics.span import Source, Span
from modelspec.records import dataclass

_LONGEST = 120
_MOST_MEASURED = 4 * _LONGEST
_CONTEXT = 40
_GAP = "..."


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of one line to underline; `style` is a style of `colors`."""

    span: Span
    text: str
    style: str
    sign: str

    @property
    def line(self) -> int:
        return self.span.first.line


def render_snippet(diagnostic: Diagnostic, gutter: int, paint: Paint) -> list[str]:
    """The excerpt of each source that the diagnostic points into."""
    if diagnostic.span is None:
        return []
    lines: list[str] = []
    main = diagnostic.span.source
    for source in _sources(diagnostic):
        marks = [mark for mark in _marks(diagnostic) if mark.span.source is source]
        arrow = "-->" if source is main else ":::"
        first = diagnostic.span if source is main else marks[0].span
        lines.append(_place(first, arrow, gutter, paint))
        lines.append(paint("gutter", " " * (gutter + 2) + "|"))
        lines += _render_marks(source, marks, gutter, paint)
    return lines


def gutter_width(diagnostic: Diagnostic) -> int:
    """How many digits the line numbers of a diagnostic need."""
    return max((len(str(mark.line)) for mark in _marks(diagnostic)), default=1)


def _marks(diagnostic: Diagnostic) -> list[Mark]:
    if diagnostic.span is None:
        return []
    severity = diagnostic.severity.value
    main = Mark(diagnostic.span, diagnostic.note, severity, "^")
    return [
        main,
        *(Mark(one.span, one.text, "label", "-") for one in diagnostic.labels),
    ]


def _sources(diagnostic: Diagnostic) -> list[Source]:
    found: list[Source] = []
    for mark in _marks(diagnostic):
        if not any(mark.span.source is one for one in found):
            found.append(mark.span.source)
    return found


def _place(span: Span, arrow: str, gutter: int, paint: Paint) -> str:
    at = span.first
    name = printable(span.source.name)
    lead = paint("gutter", " " * (gutter + 1) + arrow)
    return f"{lead} {name}:{at.line}:{at.column}"


def _render_marks(
    source: Source, marks: list[Mark], gutter: int, paint: Paint
) -> list[str]:
    lines: list[str] = []
    previous = 0
    ordered = sorted(marks, key=lambda mark: mark.line)
    for number, group in groupby(ordered, key=lambda mark: mark.line):
        if previous and number == previous + 2:
            lines += _render_line(source, previous + 1, [], gutter, paint)
        elif previous and number > previous + 2:
            lines.append(paint("gutter", _GAP))
        lines += _render_line(source, number, list(group), gutter, paint)
        previous = number
    return lines


def _render_line(
    source: Source, number: int, marks: list[Mark], gutter: int, paint: Paint
) -> list[str]:
    """A line and its marks; a part of it again for a mark that was cut off."""
    start = source.line_starts()[number - 1]
    text = source.line(number)
    number_column = paint("gutter", f" {number:>{gutter}} |")
    lead = paint("gutter", " " * (gutter + 2) + "|")
    lines: list[str] = []
    for window, seen in _windows(text, start, marks):
        lines.append(f"{number_column} {_windowed(text, window)}".rstrip())
        for mark in seen:
            lines.append(f"{lead} {_underline(mark, text, start, window, paint)}")
    return lines


def _windows(
    text: str, start: int, marks: list[Mark]
) -> list[tuple[tuple[int, int], list[Mark]]]:
    """The parts of a line to show, each with the marks that begin in it."""
    # Most lines are short; the width of a very long one would take long to find.
    if len(text) <= _MOST_MEASURED and width(printable(text)) <= _LONGEST:
        return [((0, len(text)), marks)]
    if not marks:
        return [(_window(text, 0), [])]
    found: list[tuple[tuple[int, int], list[Mark]]] = []
    for mark in marks:
        at = min(mark.span.start - start, len(text))
        seen = next((seen for (a, b), seen in found if a <= at <= b), None)
        if seen is None:
            found.append((_window(text, at), [mark]))
        else:
            seen.append(mark)
    return found


def _window(text: str, at: int) -> tuple[int, int]:
    """The characters of a long line to show around one of them."""
    first = _reach(text, at, -1, _CONTEXT)
    last = _reach(text, first, 1, _LONGEST)
    if last == len(text):
        first = _reach(text, last, -1, _LONGEST)
    return first, last


def _reach(text: str, at: int, step: int, columns: int) -> int:
    """How far from a place so many columns go, forwards or backwards.

    What has no width counts one, so that there is an end to it.
    """
    while 0 <= (next_ := min(at, at + step)) < len(text):
        columns -= max(1, width(printable(text[next_])))
        if columns < 0:
            break
        at += step
    return at


def _windowed(text: str, window: tuple[int, int]) -> str:
    first, last = window
    before = _GAP if first else ""
    after = _GAP if last < len(text) else ""
    return before + printable(text[first:last]) + after


def _underline(
    mark: Mark, text: str, start: int, window: tuple[int, int], paint: Paint
) -> str:
    first, last = window
    begin = min(max(mark.span.start - start, first), last)
    end = min(max(mark.span.end - start, begin), last)
    lead = width((_GAP if first else "") + printable(text[first:begin]))
    signs = mark.sign * max(1, width(printable(text[begin:end])))
    stop = mark.span.end - start
    over_lines = mark.span.last.line > mark.line and stop > len(text) + 1
    if over_lines or min(stop, len(text)) > last:
        signs += _GAP
    note = f" {printable(mark.text)}" if mark.text else ""
    return " " * lead + paint(mark.style, signs + note)
