"""Random mistakes in texts: characters, tokens, lines, ends, pieces of other texts.

All draws come from the `random.Random` that is given, so that a seed tells all.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

Mutation: TypeAlias = Callable[[str, random.Random, Sequence[str]], str]

_TOKEN = re.compile(r"\w+|[^\w\s]|\n[ ]*|[ ]+")
_WORD = re.compile(r"\b\w+\b")
_CHARACTERS = (
    *"abcxyz0129 .,:;()[]{}<>=+-*/%$#@!&|^~'\"\\\n\t_\r\x00`?",
    *"\N{LATIN SMALL LETTER E WITH ACUTE}\N{CJK UNIFIED IDEOGRAPH-4E2D}",
    *("${", "}", ": ", "- ", "\n  ", "def ", "for ", "if ", "else:", "None", "self."),
    *("torch.", "F.", "'''", "lambda", "-1", "1e400", "9" * 30, "**"),
)
_VALUES = (
    *("0", "-1", "None", "True", "'a'", "[]", "()", "{}", "1.5", "self", "torch", "nn"),
    *("10**9", "[1, 2]", "lambda: 0", "Linear", "nn.Linear", "*x", "**x", "...", "inf"),
)


def characters(text: str, draw: random.Random, others: Sequence[str]) -> str:
    for _ in range(draw.randint(1, 4)):
        at, kind = draw.randrange(len(text) + 1), draw.random()
        put = "" if 0.4 <= kind < 0.7 else draw.choice(_CHARACTERS)
        gone = 0 if kind < 0.4 else draw.randint(1, 3)
        text = text[:at] + put + text[at + gone :]
    return text


def truncated(text: str, draw: random.Random, others: Sequence[str]) -> str:
    return text[: draw.randrange(len(text) + 1)]


def lines(text: str, draw: random.Random, others: Sequence[str]) -> str:
    found = text.split("\n")
    for _ in range(draw.randint(1, 3)):
        at, other = draw.randrange(len(found)), draw.randrange(len(found))
        kind = draw.randrange(5)
        if kind == 0 and len(found) > 1:
            del found[at]
        elif kind == 1:
            found.insert(at, found[other])
        elif kind == 2:
            found[at], found[other] = found[other], found[at]
        elif kind == 3:
            found[at] = " " * draw.randint(0, 8) + found[at].lstrip()
        else:
            found[at] = found[at][: draw.randrange(len(found[at]) + 1)]
    return "\n".join(found)


def tokens(text: str, draw: random.Random, others: Sequence[str]) -> str:
    found = _TOKEN.findall(text) or [""]
    for _ in range(draw.randint(1, 4)):
        at, other = draw.randrange(len(found)), draw.randrange(len(found))
        kind = draw.randrange(4)
        if kind == 0:
            found[at] = found[other]
        elif kind == 1:
            found[at], found[other] = found[other], found[at]
        elif kind == 2 and len(found) > 1:
            del found[at]
        else:
            found.insert(at, found[other])
    return "".join(found)


def values(text: str, draw: random.Random, others: Sequence[str]) -> str:
    for _ in range(draw.randint(1, 3)):
        words = list(_WORD.finditer(text))
        if words:
            word = draw.choice(words)
            text = text[: word.start()] + draw.choice(_VALUES) + text[word.end() :]
    return text


def pieces(text: str, draw: random.Random, others: Sequence[str]) -> str:
    """Lines of another spec in the place of some."""
    own, other = text.split("\n"), draw.choice(others).split("\n")
    at, start = draw.randrange(len(own)), draw.randrange(len(other))
    put = other[start : start + draw.randint(1, 6)]
    return "\n".join([*own[:at], *put, *own[at + draw.randint(0, 3) :]])


MUTATIONS: tuple[Mutation, ...] = (
    characters,
    truncated,
    lines,
    tokens,
    values,
    pieces,
)
