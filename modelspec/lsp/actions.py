"""Quick fixes: the name that a "did you mean" proposes, put in place of the wrong one.

In: a range of an open document. Out: an action for each diagnostic there that proposes
a name, if the text has fewer mistakes then, which is tried.
"""

from __future__ import annotations

from lsprotocol import types

from modelspec.diagnostics.diagnostic import Diagnostic
from modelspec.diagnostics.span import Span
from modelspec.lsp.analysis import Analysis, Document
from modelspec.lsp.positions import Positions
from modelspec.lsp.problems import meant, problems_of
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
    found: list[types.CodeAction] = []
    for one in analysis.compilation.diagnostics:
        span, name = one.span, meant(one)
        if name is None or span is None or span.source is not analysis.source:
            continue
        touches = span.start <= end and start <= span.end
        if touches and len(found) < _MOST and _mends(view, analysis, span, name):
            found.append(_action(view, analysis, one, span, name, encoding))
    return found


def _mends(view: View, analysis: Analysis, span: Span, name: str) -> bool:
    """Whether replacing a stretch takes away a mistake and brings none."""
    before = analysis.compilation.diagnostics
    text = _replaced(span, name)
    document = analysis.document
    after = view.compile(document, {document.key: text}).compilation
    return sum(d.is_error for d in after.diagnostics) < sum(d.is_error for d in before)


def _replaced(span: Span, name: str) -> str:
    text = span.source.text
    return text[: span.start] + name + text[span.end :]


def _action(
    view: View,
    analysis: Analysis,
    one: Diagnostic,
    span: Span,
    name: str,
    encoding: str,
) -> types.CodeAction:
    document = analysis.document
    positions = Positions(span.source.text, encoding)
    edit = types.TextEdit(positions.of_span(span), name)
    found = problems_of(analysis, view.uri, encoding)[document.key]
    same = [d for d in found if d.range == edit.range and d.code == one.code]
    return types.CodeAction(
        title=f"Change '{_short(span.text)}' to '{name}'",
        kind=types.CodeActionKind.QuickFix,
        diagnostics=same,
        is_preferred=True,
        edit=types.WorkspaceEdit(changes={document.uri: [edit]}),
    )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 40 else f"{line[:37]}..."
