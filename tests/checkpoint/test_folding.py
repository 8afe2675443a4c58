"""Long lists of names on few lines, none lost and none made up."""

from __future__ import annotations

import itertools
import re

from hypothesis import given
from hypothesis import strategies as st

from modelspec.checkpoint.folding import fold

NAMES = st.lists(
    st.from_regex(r"[ab](\.?[0-9]{1,2}){0,3}(\.[wb])?", fullmatch=True),
    max_size=30,
    unique=True,
)


def folded(*names: str) -> list[str]:
    return [f"{row.name} x{row.count}" for row in fold((name, "") for name in names)]


def expanded(name: str) -> list[str]:
    """The names that a row stands for."""
    pieces = re.split(r"\{(.*?)\}", name)
    choices = [
        _numbers(piece) if at % 2 else [piece] for at, piece in enumerate(pieces)
    ]
    return ["".join(one) for one in itertools.product(*choices)]


def _numbers(text: str) -> list[str]:
    found: list[str] = []
    for part in text.split(","):
        first, _, last = part.partition("..")
        found += map(str, range(int(first), int(last or first) + 1))
    return found


def test_layers() -> None:
    names = [f"layers.{i}.{w}" for i in range(32) for w in ("norm.weight", "fc1.bias")]
    assert folded(*names) == [
        "layers.{0..31}.norm.weight x32",
        "layers.{0..31}.fc1.bias x32",
    ]


def test_layers_inside_layers() -> None:
    names = [f"stages.{i}.blocks.{j}.w" for i in range(4) for j in range(3)]
    assert folded(*names) == ["stages.{0..3}.blocks.{0..2}.w x12"]
    # Not every combination is there.
    assert folded(*names[:-1]) == [
        "stages.{0..2}.blocks.{0..2}.w x9",
        "stages.3.blocks.{0,1}.w x2",
    ]


def test_numbers_in_words_and_gaps() -> None:
    assert folded("fc1.w", "fc2.w", "fc4.w", "fc5.w", "fc6.w") == ["fc{1,2,4..6}.w x5"]


def test_what_is_told_of_names_keeps_them_apart() -> None:
    rows = fold([("a.0", "x"), ("a.1", "y"), ("a.2", "x")])
    assert [(row.name, row.text) for row in rows] == [("a.{0,2}", "x"), ("a.1", "y")]


def test_other_numbers_are_text() -> None:
    names = ("a.01", "a.1", "a.²", "a." + "9" * 5000)
    assert folded(*names[:3]) == ["a.01 x1", "a.1 x1", "a.² x1"]
    (long,) = fold([(names[3], "")])
    assert len(long.name) == 120


@given(NAMES)
def test_rows_stand_for_exactly_the_names(names: list[str]) -> None:
    rows = fold((name, "") for name in names)
    shown = [name for row in rows for name in expanded(row.name)]
    assert sorted(shown) == sorted(names)
    assert [row.count for row in rows] == [len(expanded(row.name)) for row in rows]
