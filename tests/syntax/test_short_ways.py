"""What is usual is answered early; the answer is that of the long way."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from modelspec.syntax.keys import control_word
from modelspec.syntax.scalars import ScalarProblem, resolve_plain

WORDS = (
    "for if elif else let For ELSE Else eLse elseif elsif while fro fi els é".split()
)
SPELLINGS = map("".join, itertools.product("forielsFEIL_1", repeat=3))


def test_control_words() -> None:
    """A blank before a word says nothing, and is no identifier."""
    for word in (*WORDS, *SPELLINGS):
        assert control_word(word) == control_word(f" {word}"), word


@given(st.from_regex(r"[0-9]{1,22}", fullmatch=True), st.integers(2, 64))
def test_whole_numbers(text: str, bits: int) -> None:
    """Nor does a sign before a number."""
    short, long = resolve_plain(text, bits), resolve_plain(f"+{text}", bits)
    if isinstance(short, ScalarProblem):
        assert isinstance(long, ScalarProblem)
        assert short.code == long.code
    else:
        assert type(short) is type(long)
        assert short == long
