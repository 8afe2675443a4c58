"""A diagnostic is a value: what is wrong, where, and what to do about it.

Stages return diagnostics and go on; only the driver turns errors into an exception.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from enum import Enum

from modelspec.diagnostics.span import Span
from modelspec.diagnostics.suggest import did_you_mean
from modelspec.records import dataclass


class Severity(Enum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Label:
    """A second place that matters, with a few words about it ("set here")."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """What mends a mistake: `text` in the place of each of `spans`, which are one name
    that is wrong, and others that are wrong as it is."""

    spans: tuple[Span, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake, one message.

    `code` is a key of the table in `codes`; `message` is one sentence in the user's
    own words, expected then got; `span` the smallest stretch that is wrong (None
    only where there is no text, as for a missing file); `note` a few words printed
    at the underline; `help` what to do; `details` the lines of a table of what was
    found, where one sentence cannot hold it; `fix` the edit that was most likely meant,
    which `note` or `help` proposes in words.
    """

    code: str
    message: str
    span: Span | None
    note: str = ""
    help: tuple[str, ...] = ()
    labels: tuple[Label, ...] = ()
    severity: Severity = Severity.ERROR
    path: str | None = None
    details: tuple[str, ...] = ()
    fix: Fix | None = None

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR

    def __str__(self) -> str:
        """One line: `path:line:column: error[code]: message`."""
        from modelspec.diagnostics.formats import render_concise

        return render_concise([self])


def proposing(
    code: str,
    message: str,
    span: Span,
    meant: str,
    *,
    wrong: str | None = None,
    note: str = "",
    help: tuple[str, ...] = (),
    labels: tuple[Label, ...] = (),
) -> Diagnostic:
    """An error where another text was meant, inside of the quotes if there are any.

    `wrong` is what it is meant for, where `span` may have more than that, or an
    expression whose value it is.
    """
    place, note = _without_quotes(span), note or did_you_mean(meant)
    if wrong is not None and f".{place.text}".endswith(f".{wrong}"):
        place = Span(span.source, place.end - len(wrong), place.end)
    elif wrong is not None:
        return Diagnostic(code, message, span, note, help, labels)
    return Diagnostic(code, message, span, note, help, labels, fix=Fix((place,), meant))


def _without_quotes(span: Span) -> Span:
    text = span.text
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return Span(span.source, span.start + 1, span.end - 1)
    return span


class SpecError(Exception):
    """The spec is wrong: at least one diagnostic is an error.

    Raised once, by the driver, with everything that was found.
    """

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__(self.diagnostics)

    def __str__(self) -> str:
        from modelspec.diagnostics.render import render_full

        return render_full(self.diagnostics, color=False)


class InternalError(Exception):
    """We are wrong: a bug of modelspec that the user should report."""


@dataclass(slots=True)
class Report:
    """Collects the diagnostics of one stage, in the order they were found.

    `refused` are stretches with a value that was reported, of which no error is said
    besides.
    """

    found: list[Diagnostic] = field(default_factory=list)
    refused: list[Span] = field(default_factory=list)

    def error(
        self,
        code: str,
        message: str,
        span: Span | None,
        *,
        note: str = "",
        meant: str | None = None,
        help: str | tuple[str, ...] = (),
        labels: tuple[Label, ...] = (),
    ) -> None:
        """`meant` is the text that should stand at `span`, proposed by the note."""
        if span is not None and any(one.holds(span) for one in self.refused):
            return
        advice = (help,) if isinstance(help, str) else help
        if meant is None or span is None:
            found = Diagnostic(code, message, span, note, advice, labels)
        else:
            found = proposing(
                code, message, span, meant, note=note, help=advice, labels=labels
            )
        self.found.append(found)

    def warning(
        self,
        code: str,
        message: str,
        span: Span | None,
        *,
        help: str = "",
        labels: tuple[Label, ...] = (),
    ) -> None:
        advice = (help,) if help else ()
        warning = Severity.WARNING
        self.found.append(
            Diagnostic(code, message, span, "", advice, labels, severity=warning)
        )

    def refuse(
        self, code: str, message: str, span: Span, help: str | tuple[str, ...]
    ) -> None:
        """An error about a value, after which nothing more is said of it."""
        self.error(code, message, span, help=help)
        self.refused.append(span)

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.found.extend(diagnostics)

    @property
    def failed(self) -> bool:
        return any(one.is_error for one in self.found)
