"""Sizes of symbols that are taken to be multiples."""

from __future__ import annotations

import pytest

from modelspec.sizes import assume_multiples, evaluate, render_size, symbol

H = symbol("H")


@pytest.mark.parametrize(
    ("size", "multiple", "shown"),
    [
        ((H + 3) // 4, 4, "H//4"),
        (4 * (H // 4), 4, "H"),
        (2 * (H // 16), 16, "H//8"),
        (6 * (H // 4), 4, "3*(H//2)"),
        (8 * (H // 4), 4, "2*H"),
        (2 * (H // 16), 8, "2*(H//16)"),
        (2 * ((H + 1) // 16), 16, "H//8"),
        (3 * (H // 2) + 1, 2, "3*(H//2) + 1"),
    ],
)
def test_rounding_that_is_none(size: object, multiple: int, shown: str) -> None:
    """What is left out makes no difference for any such multiple."""
    found = assume_multiples(size, {"H": multiple})  # type: ignore[arg-type]
    assert render_size(found) == shown
    for times in range(1, 9):
        values = {"H": multiple * times}
        assert evaluate(found, values) == evaluate(size, values)  # type: ignore[arg-type]
