"""Symbolic sizes: arithmetic is that of numbers, whatever the form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelspec.sizes import (
    Size,
    assume_multiples,
    evaluate,
    find_multiples,
    render_shape,
    render_size,
    symbol,
)
from modelspec.sizes.size import extreme, floor_divide, opaque, symbols_of

H, W, N = symbol("H"), symbol("W"), symbol("N")
NAMES = ("N", "H", "W")

Made = tuple[Size, Callable[[dict[str, int]], int]]


def _leaf(draw: st.DrawFn) -> Made:
    if draw(st.booleans()):
        name = draw(st.sampled_from(NAMES))
        return symbol(name), lambda values: values[name]
    number = draw(st.integers(-40, 40))
    return number, lambda values: number


@st.composite
def made_sizes(draw: st.DrawFn) -> Made:
    """A size, and the same in plain Python."""
    size, plain = _leaf(draw)
    for _ in range(draw(st.integers(0, 7))):
        other, right = _leaf(draw)
        what = draw(st.sampled_from(["+", "-", "*", "//", "max"]))
        size, plain = _joined(what, (size, plain), (other, right))
    return size, plain


def _joined(what: str, one: Made, two: Made) -> Made:
    (a, left), (b, right) = one, two
    if what == "+":
        return a + b, lambda v: left(v) + right(v)
    if what == "-":
        return a - b, lambda v: left(v) - right(v)
    if what == "*":
        return a * b, lambda v: left(v) * right(v)
    if what == "max":
        return extreme("max", [a, b]), lambda v: max(left(v), right(v))
    if isinstance(b, int):
        divisor = abs(b) + 1
        return floor_divide(a, divisor), lambda v: left(v) // divisor
    # Sizes are positive: so is what a symbol divides by.
    return floor_divide(a, b), lambda v: left(v) // right(v)


values_of_symbols = st.fixed_dictionaries({name: st.integers(1, 300) for name in NAMES})


@settings(max_examples=400, deadline=None)
@given(made_sizes(), values_of_symbols)
def test_arithmetic_is_that_of_numbers(made: Made, values: dict[str, int]) -> None:
    size, plain = made
    assert evaluate(size, values) == plain(values)


@settings(max_examples=300, deadline=None)
@given(made_sizes(), values_of_symbols)
def test_text_is_the_same_number(made: Made, values: dict[str, int]) -> None:
    """What is shown can be read by Python."""
    text = render_size(made[0], NAMES)
    names: dict[str, Any] = {"max": max, **values}
    assert eval(text, {"__builtins__": {}}, names) == evaluate(made[0], values)


def test_assumed_multiples_in_an_extreme() -> None:
    """What is inside is over the symbols again, as all else is."""
    n = symbol("N")
    size = floor_divide(n * extreme("max", [0, n]), 2)
    shown = assume_multiples(size, {"N": 2})
    assert render_size(shown, ["N"]) == "(N//2)*max(0, N)"
    assert evaluate(shown, {"N": 6}) == evaluate(size, {"N": 6}) == 18


@settings(max_examples=300, deadline=None)
@given(made_sizes(), st.integers(1, 5), st.integers(1, 5), st.integers(1, 9))
def test_assumed_multiples_keep_the_value(made: Made, h: int, w: int, n: int) -> None:
    """Where symbols are the multiples that they are taken for."""
    size = made[0]
    multiples = find_multiples([size], {"H": 4096 * 9, "W": 4096 * 9, "N": 4096 * 9})
    values = {
        name: multiples.get(name, 1) * times
        for name, times in zip(NAMES, (n, h, w), strict=True)
    }
    shown = assume_multiples(size, multiples)
    assert evaluate(shown, values) == evaluate(size, values)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        ((H - 1) // 2 + 1, "(H + 1)//2"),
        (((H - 1) // 2 + 1 - 1) // 2 + 1, "(H + 3)//4"),
        ((2 * H + 2) // 4, "(H + 1)//2"),
        ((N * H * W) // N, "H*W"),
        (3 - H, "3 - H"),
        (N * 64, "64*N"),
        ((H // 16) * (W // 16) + 1, "(H//16)*(W//16) + 1"),
        (H - H, "0"),
        ((H + 4) // 2, "H//2 + 2"),
        (extreme("max", [H, 3, 7]), "max(H, 7)"),
        (opaque("round(H*0.3)", 67) + 1, "round(H*0.3) + 1"),
    ],
)
def test_canonical_form(size: Size, text: str) -> None:
    """Sizes that are written differently are one."""
    assert render_size(size, NAMES) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        ((H - 1) // 4 + 1, "H//4"),
        ((H - 7) // 4 + 1, "H//4 - 1"),
        (((H + 3) // 4) * ((W + 3) // 4), "(H//4)*(W//4)"),
        (4 * ((H + 3) // 4), "H"),
        (768 * (H // 16) * (W // 16) * N, "768*N*(H//16)*(W//16)"),
        (H - 2, "H - 2"),
    ],
)
def test_multiples_are_shown_without_rounding(size: Size, text: str) -> None:
    """As a person writes them."""
    multiples = {"H": 16, "W": 16}
    assert render_size(assume_multiples(size, multiples), NAMES) == text


def test_a_symbol_whose_value_is_no_multiple_is_left_alone() -> None:
    """What is shown must hold for the sizes that were run."""
    size = (H - 1) // 4 + 1
    assert find_multiples([size], {"H": 224}) == {"H": 4}
    assert find_multiples([size], {"H": 225}) == {}


def test_shapes_and_symbols() -> None:
    """Symbols stand in the order of the inputs."""
    assert render_shape((W * N, 3, H), ("N", "H", "W")) == "[N*W, 3, H]"
    assert list(symbols_of((H + W) // 2)) == ["H", "W"]


def test_a_zero_divisor_is_an_error() -> None:
    """As for numbers."""
    with pytest.raises(ZeroDivisionError):
        floor_divide(H, 0)
