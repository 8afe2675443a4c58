"""What goes wrong in an evaluation: first without a place, then with one.

An operation on values raises a `Fault`; the closure of the node that asked for it
turns that into an `EvaluationError`, which carries the diagnostic. Worlds raise
`WorldError`, which is a fault too.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from modelspec.diagnostics.diagnostic import Diagnostic, Label, proposing
from modelspec.diagnostics.span import Source, Span
from modelspec.pysubset.place import span_of

_MOST_CALL_LABELS = 2


class Fault(Exception):  # noqa: N818  # becomes an error once it has a place
    """A refused operation, not yet located. `meant` is the name to write for `wrong`,
    if it is written there."""

    def __init__(
        self,
        code: str,
        message: str,
        help: str | tuple[str, ...] = (),
        note: str = "",
        wrong: object = "",
        meant: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.help = (help,) if isinstance(help, str) and help else tuple(help)
        self.note = note
        self.wrong = str(wrong)
        self.meant = meant


class WorldError(Fault):
    """A world's refusal of an attribute, a call or an operation."""


class EvaluationError(Exception):
    """The spec's values are wrong: what, and where."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def located(fault: Fault, node: ast.AST, source: Source) -> EvaluationError:
    return at_span(fault, span_of(node, source))


def at_span(fault: Fault, span: Span) -> EvaluationError:
    code, message, help = fault.code, fault.message, fault.help
    return EvaluationError(
        Diagnostic(code, message, span, fault.note, help)
        if fault.meant is None
        else proposing(code, message, span, fault.meant, wrong=fault.wrong, help=help)
    )


def called_from(
    error: EvaluationError, node: ast.AST, source: Source
) -> EvaluationError:
    """The same error, with the place of the call in which it happened."""
    found = error.diagnostic
    if len(found.labels) < _MOST_CALL_LABELS:
        label = Label(span_of(node, source), "called here")
        error.diagnostic = replace(found, labels=(*found.labels, label))
    return error


def limit(message: str, help: str = "") -> Fault:
    return Fault("limit-exceeded", message, help)
