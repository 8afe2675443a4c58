"""Spans, diagnostics, their codes and their renderers."""

from modelspec.diagnostics.diagnostic import (
    Diagnostic,
    InternalError,
    Label,
    Report,
    Severity,
    SpecError,
)
from modelspec.diagnostics.span import Fragment, Position, Source, Span

__all__ = [
    "Diagnostic",
    "Fragment",
    "InternalError",
    "Label",
    "Position",
    "Report",
    "Severity",
    "Source",
    "Span",
    "SpecError",
]
