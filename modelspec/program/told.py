"""What mistakes that were told may have been meant to say.

In: diagnostics. Out: the words at their places. A name that is near one of them may be
what was meant there, so nobody can say that nothing uses it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from modelspec.diagnostics.diagnostic import Diagnostic
from modelspec.diagnostics.suggest import suggest

_WORD = re.compile(r"\w+")


def told_words(found: Iterable[Diagnostic]) -> set[str]:
    """Words of all lines on which an error stands: what is wrong with a text may be
    far from what it hides, but seldom on another line."""
    return {word for one in found if one.is_error for word in _words(one)}


def _words(found: Diagnostic) -> Iterable[str]:
    if found.span is None:
        return ()
    source = found.span.source
    first, last = found.span.first.line, found.span.last.line
    lines = (source.line(number) for number in range(first, last + 1))
    return (word for line in lines for word in _WORD.findall(line))


def may_be_meant(name: str, words: Collection[str]) -> bool:
    """Whether one of these words is the name, or it misspelt (`num_heads`)."""
    parts = set(name.split("_"))
    return name in words or any(
        parts <= set(word.split("_")) or suggest(word, (name,)) for word in words
    )
