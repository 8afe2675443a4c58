"""Failures of construction, as `SpecError` with a place.

One failure ends a construction, so there is one diagnostic; each block that it passes
on its way out adds where it was being made.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn

from modelspec.diagnostics.diagnostic import Diagnostic, Label, SpecError
from modelspec.diagnostics.span import Span
from modelspec.program.standard import told_at_use

_MOST_LABELS = 16
_MOST_CHARACTERS = 400


def fail(
    code: str,
    message: str,
    span: Span | None,
    *,
    note: str = "",
    help: str = "",
    labels: tuple[Label, ...] = (),
) -> NoReturn:
    """End the construction."""
    advice = (help,) if help else ()
    raise SpecError([Diagnostic(code, message, span, note, advice, labels)]) from None


def label_use(error: SpecError, span: Span, text: str) -> SpecError:
    """The same failure, with a label for where the block that failed was used."""
    first = error.diagnostics[0]
    moved = told_at_use(first, span)
    if moved is not None:
        return SpecError([moved, *error.diagnostics[1:]])
    if first.span is None:  # what is told of the whole, not of a place in it
        return error
    if first.span == span or len(first.labels) >= _MOST_LABELS:
        return error
    told = replace(first, labels=(*first.labels, Label(span, text)))
    return SpecError([told, *error.diagnostics[1:]])


def reason(error: BaseException) -> str:
    """What an exception of torch says: its first line, control characters left out."""
    lines = str(error).strip().splitlines()
    text = lines[0] if lines else type(error).__name__
    if isinstance(error, KeyError):
        text = text.strip("'\"")
    return "".join(c for c in text if c.isprintable())[:_MOST_CHARACTERS]
