"""Quick fixes: what a "did you mean" proposes, put in place of what is wrong.

In: a range of an open document. Out: an action for each diagnostic there that has a
fix, if the mistake is gone then, which is tried; it is the preferred one if no other
mistake comes instead.
"""

from __future__ import annotations

from typing import Literal

from lsprotocol import types

from modelspec.diagnostics.diagnostic import Diagnostic, Fix
from modelspec.lsp.analysis import Analysis, Document
from modelspec.lsp.positions import Positions
from modelspec.lsp.problems import problems_of
from modelspec.lsp.session import View

_MOST = 20


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
        span, fix = one.span, one.fix
        if fix is None or span is None or span.source is not analysis.source:
            continue
        if not (span.start <= end and start <= span.end) or len(found) == _MOST:
            continue
        mended = _mended(view, analysis, one, fix)
        if mended != "nothing":
            where = positions.of_span(span)
            same = [d for d in published if d.range == where and d.code == one.code]
            edits = [types.TextEdit(positions.of_span(s), fix.text) for s in fix.spans]
            found.append(_action(document, fix, edits, same, mended == "all"))
    return found


def _mended(
    view: View, analysis: Analysis, one: Diagnostic, fix: Fix
) -> Literal["nothing", "it", "all"]:
    """What a fix does: the text has fewer mistakes then, or another one instead."""
    document, before = analysis.document, analysis.compilation.diagnostics
    edited = _replaced(fix)
    after = view.compile(document, {document.key: edited}).compilation.diagnostics
    if sum(d.is_error for d in after) < sum(d.is_error for d in before):
        return "all"
    same = any(d.code == one.code and d.message == one.message for d in after)
    return "nothing" if same else "it"


def _replaced(fix: Fix) -> str:
    text = fix.spans[0].source.text
    for span in sorted(fix.spans, key=lambda one: one.start, reverse=True):
        text = text[: span.start] + fix.text + text[span.end :]
    return text


def _action(
    document: Document,
    fix: Fix,
    edits: list[types.TextEdit],
    same: list[types.Diagnostic],
    mends_all: bool,
) -> types.CodeAction:
    return types.CodeAction(
        title=f"Change '{_short(fix.spans[0].text)}' to '{fix.text}'",
        kind=types.CodeActionKind.QuickFix,
        diagnostics=same,
        is_preferred=mends_all,
        edit=types.WorkspaceEdit(changes={document.uri: edits}),
    )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 40 else f"{line[:37]}..."
