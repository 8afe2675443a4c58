"""Quick fixes: the name that a "did you mean" proposes, put in place of the wrong one.

In: a range of an open document. Out: an action for each diagnostic there that proposes
a name, if the mistake is gone then, which is tried; it is the preferred one if no other
mistake comes instead.
"""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from modelspec.diagnostics.diagnostic import Diagnostic
from modelspec.diagnostics.span import Span
from modelspec.lsp.analysis import Analysis, Document
from modelspec.lsp.positions import Positions
from modelspec.lsp.problems import meant, problems_of
from modelspec.lsp.session import View
from modelspec.records import dataclass

_MOST = 20


@dataclass(frozen=True, slots=True)
class _Fix:
    """`spans` are what is replaced: one, or all uses of one name. `mends_all` where the
    text has fewer mistakes then."""

    spans: tuple[Span, ...]
    name: str
    mends_all: bool


def actions_at(
    view: View, document: Document, place: types.Range, encoding: str
) -> list[types.CodeAction]:
    analysis = view.latest(document)
    if analysis is None or analysis.source is None:
        return []
    positions = Positions(analysis.source.text, encoding)
    start, end = positions.offset(place.start), positions.offset(place.end)
    published = problems_of(analysis, view.uri, encoding)[document.key]
    found: list[types.CodeAction] = []
    for one in analysis.compilation.diagnostics:
        span, name = one.span, meant(one)
        if name is None or span is None or span.source is not analysis.source:
            continue
        if not (span.start <= end and start <= span.end) or len(found) == _MOST:
            continue
        fix = _fix(view, analysis, one, name)
        if fix is not None:
            where = positions.of_span(span)
            same = [d for d in published if d.range == where and d.code == one.code]
            edits = [types.TextEdit(positions.of_span(s), name) for s in fix.spans]
            found.append(_action(document, fix, edits, same))
    return found


def _fix(view: View, analysis: Analysis, one: Diagnostic, name: str) -> _Fix | None:
    """What to replace, so that a mistake is gone: best if none comes instead."""
    before = sum(d.is_error for d in analysis.compilation.diagnostics)
    document, best = analysis.document, None
    for span in _wrong(one):
        spans = (span, *_other_uses(one, span))
        edited = _replaced(span.source.text, spans, name)
        after = view.compile(document, {document.key: edited}).compilation.diagnostics
        left = sum(d.is_error for d in after)
        if left < before:
            return _Fix(spans, name, mends_all=True)
        if not any(d.code == one.code and d.message == one.message for d in after):
            best = best or _Fix(spans, name, mends_all=False)
    return best


def _other_uses(one: Diagnostic, wrong: Span) -> Iterator[Span]:
    """Where the same name is used wrongly too, which one diagnostic tells."""
    for label in one.labels:
        is_same = label.span.source is wrong.source and label.span.text == wrong.text
        if is_same and label.span != wrong:
            yield label.span


def _replaced(text: str, spans: tuple[Span, ...], name: str) -> str:
    for span in sorted(spans, key=lambda one: one.start, reverse=True):
        text = text[: span.start] + name + text[span.end :]
    return text


def _wrong(one: Diagnostic) -> Iterator[Span]:
    """What may be the wrong name in an underlined place: what is in its quotes, all of
    it, or the end of a dotted name."""
    assert one.span is not None
    span, text = one.span, one.span.text
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        yield Span(span.source, span.start + 1, span.end - 1)
        return
    yield span
    if "." in text:
        yield Span(span.source, span.start + text.rindex(".") + 1, span.end)


def _action(
    document: Document,
    fix: _Fix,
    edits: list[types.TextEdit],
    same: list[types.Diagnostic],
) -> types.CodeAction:
    return types.CodeAction(
        title=f"Change '{_short(fix.spans[0].text)}' to '{fix.name}'",
        kind=types.CodeActionKind.QuickFix,
        diagnostics=same,
        is_preferred=fix.mends_all,
        edit=types.WorkspaceEdit(changes={document.uri: edits}),
    )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 40 else f"{line[:37]}..."
