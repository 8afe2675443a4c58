"""What a command says: results on stdout, diagnostics on stderr, in one format.

With the formats `json` and `sarif` all diagnostics of a run are one document on stdout,
and results are left out. The formats for people show so many diagnostics and count the
rest. Colour only on a terminal, and never with `NO_COLOR`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TextIO

from modelspec.diagnostics.diagnostic import Diagnostic

FORMATS = ("full", "concise", "json", "github", "sarif")
MOST_SHOWN = 20
_DOCUMENTS = ("json", "sarif")
_FOR_PEOPLE = ("full", "concise")

# What the caller wrote is wrong, and not the spec.
_CALLER = frozenset(
    "cannot-write file-exists missing-param no-root unknown-variant wrong-param"
    " wrong-input wrong-rename wrong-seed wrong-template missing-file missing-package"
    " unreadable-weights unreadable-model unknown-model unknown-device".split()
)
# The same, where the diagnostic is not about a place in a spec.
_CALLER_WITHOUT_PLACE = frozenset(
    "file-not-found not-a-file unknown-dtype unknown-param unreadable-file"
    " unknown-suffix".split()
)


class OutputError(Exception):
    """What a command says cannot be written: the disk is full, say."""


@contextmanager
def writing() -> Iterator[None]:
    """A stream's failures as `OutputError`; a closed pipe is none."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(error.strerror) from error


class Console:
    """`most` diagnostics are shown to people, with 0 all of them."""

    def __init__(
        self, format: str = "full", *, quiet: bool = False, most: int = MOST_SHOWN
    ) -> None:
        self.format = format
        self.quiet = quiet
        self._most = most if most and format in _FOR_PEOPLE else sys.maxsize
        self._told: list[Diagnostic] = []
        self._seen: set[tuple[object, ...]] = set()

    @writing()
    def say(self, text: str) -> None:
        """A result for people."""
        if not self.quiet and self.format not in _DOCUMENTS:
            print(text)

    @writing()
    def put(self, text: str) -> None:
        """A result that was asked for: as it is, in UTF-8 whatever the terminal has."""
        if self.format in _DOCUMENTS:
            return
        sys.stdout.flush()
        raw = getattr(sys.stdout, "buffer", None)
        if raw is None:
            sys.stdout.write(text)
        else:
            raw.write(text.encode())

    @writing()
    def tell(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Diagnostics, each once however many specs share the file it is in."""
        new = [one for one in diagnostics if self._is_new(one)]
        shown = first_of(new, max(0, self._most - len(self._told)))
        self._told += new
        if shown and self.format not in _DOCUMENTS:
            sys.stdout.flush()
            print(self._rendered(shown, len(self._told) > len(new)), file=sys.stderr)

    @writing()
    def finish(self) -> None:
        """The end of a run: the document, or how many diagnostics there were."""
        if self.format in _DOCUMENTS:
            print(self._document())
        elif self._told and self.format in _FOR_PEOPLE:
            lead = "\n" if self.format == "full" else ""
            rest = len(self._told) - self._most
            if rest > 0:
                more = f"{lead}... and {rest} more; --max-errors 0 shows all"
                print(more, file=sys.stderr)
            print(lead + _summary(self._told), file=sys.stderr)

    def status(self) -> int:
        """The exit code that the diagnostics call for."""
        errors = [one for one in self._told if one.is_error]
        if not errors:
            return 0
        return 2 if all(map(_is_of_the_caller, errors)) else 1

    def _is_new(self, one: Diagnostic) -> bool:
        place = None
        if one.span is not None:
            place = (one.span.source.name, one.span.start, one.span.end)
        key = (one.code, one.message, one.path, place)
        is_new = key not in self._seen
        self._seen.add(key)
        return is_new

    def _rendered(self, diagnostics: list[Diagnostic], is_more: bool) -> str:
        if self.format == "full":
            from modelspec.diagnostics.render import render_full

            color = has_color(sys.stderr)
            text = render_full(diagnostics, color=color, limit=len(diagnostics))
            return f"\n{text}" if is_more else text
        from modelspec.diagnostics.formats import FORMATS as RENDERERS

        return RENDERERS[self.format](diagnostics)

    def _document(self) -> str:
        if self.format == "sarif":
            from modelspec import __version__
            from modelspec.diagnostics.sarif import render_sarif

            return render_sarif(self._told, __version__)
        from modelspec.diagnostics.formats import render_json

        return render_json(self._told)


def first_of(diagnostics: list[Diagnostic], most: int) -> list[Diagnostic]:
    """At most so many, in their order; warnings only where errors leave room."""
    by_weight = sorted(diagnostics, key=lambda one: not one.is_error)
    chosen = set(map(id, by_weight[:most]))
    return [one for one in diagnostics if id(one) in chosen]


def has_color(stream: TextIO) -> bool:
    """Whether colours go to a stream."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


def _is_of_the_caller(one: Diagnostic) -> bool:
    without_place = one.span is None and one.code in _CALLER_WITHOUT_PLACE
    return without_place or one.code in _CALLER


def _summary(diagnostics: list[Diagnostic]) -> str:
    errors = sum(one.is_error for one in diagnostics)
    counts = ((errors, "error"), (len(diagnostics) - errors, "warning"))
    return ", ".join(
        f"{count} {word}{'' if count == 1 else 's'}" for count, word in counts if count
    )
