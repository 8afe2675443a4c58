"""YAML 1.2 core scalars."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelspec.syntax.scalars import ScalarProblem, resolve_plain

VALUES = [
    (None, "~ null Null NULL"),
    (True, "true True TRUE"),
    (False, "false False FALSE"),
    (0, "0 -0 +0 0x0 0o0"),
    (12, "12 +12 0xc 0xC 0o14"),
    (-12, "-12"),
    (2**63 - 1, "9223372036854775807"),
    (-(2**63), "-9223372036854775808"),
    (1e-5, "1e-5 1E-5 0.00001 1.0e-05"),
    (0.5, ".5 0.5 +.5 5e-1 00.5"),
    (5.0, "5. 5.0 5e0 +5."),
    (math.inf, ".inf .Inf .INF +.inf"),
    (-math.inf, "-.inf -.INF"),
]
STRINGS = """yes no on off Yes NO y n 12:30 1_000 0b11 0o8 -0x1 1e 1e+ e5 . + - .e5 nUll
tRue 1.2.3 inf nan .iNf 0x 1,000 ² \u0661""".split()
PROBLEMS = [
    ("ambiguous-number", "012 -012 +07 00 0777 089"),
    ("number-out-of-range", "9223372036854775808 -9223372036854775809 1e999 -1e999"),
    ("number-out-of-range", "0x10000000000000000 " + "9" * 100_000),
]


@pytest.mark.parametrize(
    ("value", "text"),
    [(value, one) for value, every in VALUES for one in every.split()],
)
def test_value(value: object, text: str) -> None:
    """Each form of a value, and its type."""
    got = resolve_plain(text)
    assert got == value
    assert type(got) is type(value)


@pytest.mark.parametrize("text", STRINGS)
def test_string(text: str) -> None:
    """What other versions of YAML take for something else is a string."""
    assert resolve_plain(text) == text


@pytest.mark.parametrize(
    ("code", "text"), [(code, one) for code, every in PROBLEMS for one in every.split()]
)
def test_problem(code: str, text: str) -> None:
    """Numbers that are ambiguous or do not fit have no value."""
    got = resolve_plain(text)
    assert isinstance(got, ScalarProblem)
    assert got.code == code
    assert len(got.message) < 150


def test_nan_and_nothing() -> None:
    """`.nan` is not a number, no text is null."""
    got = resolve_plain(".nan")
    assert isinstance(got, float)
    assert math.isnan(got)
    assert resolve_plain("") is None


def test_ambiguous_number_shows_both_readings() -> None:
    """The help has the decimal, the octal and the text, and no octal that is none."""
    both, one = resolve_plain("012"), resolve_plain("089")
    assert isinstance(both, ScalarProblem)
    assert both.help == 'Write 12, 0o12 for the octal number, or "012" for the text.'
    assert isinstance(one, ScalarProblem)
    assert one.help == 'Write 89, or "089" for the text.'


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_python_floats_are_floats(value: float) -> None:
    """What Python writes for a float is read as that float."""
    assert resolve_plain(repr(value)) == value
