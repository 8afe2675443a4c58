"""The nearest name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelspec.diagnostics.suggest import edit_distance, same_letters, suggest

NAMES = """Conv2d Conv3d Linear in_features out_features BatchNorm2d ReLU
kernel_size p""".split()


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("conv2d", "Conv2d"),
        ("relu", "ReLU"),
        ("in_feature", "in_features"),
        ("in_faetures", "in_features"),
        ("size_kernel", "kernel_size"),
        ("Conv2", "Conv2d"),
        ("Batchnorm2D", "BatchNorm2d"),
        ("padding", None),
        ("", None),
        ("q", "p"),
        ("x" * 100_000, None),
    ],
)
def test_suggest(name: str, meant: str | None) -> None:
    """Case first, then few edits, then other order; else nothing."""
    assert suggest(name, NAMES) == meant


def test_the_name_itself_is_no_suggestion() -> None:
    """Who asks with a name that is there is not told to write it."""
    assert suggest("ReLU", ["ReLU", "ReLU6"]) == "ReLU6"


@pytest.mark.parametrize(
    ("left", "right", "distance"),
    [("", "abc", 3), ("abc", "abc", 0), ("abc", "acb", 1), ("ca", "abc", 3)],
)
def test_edit_distance(left: str, right: str, distance: int) -> None:
    """Insertions, deletions, replacements and swaps of neighbours count one."""
    assert edit_distance(left, right) == distance
    assert edit_distance(right, left) == distance


def by_table(left: str, right: str) -> int:
    """The same distance, by the table that textbooks fill."""
    rows = [list(range(len(right) + 1))]
    for i, a in enumerate(left, 1):
        rows.append([i])
        for j, b in enumerate(right, 1):
            above, beside = rows[i - 1][j] + 1, rows[i][j - 1] + 1
            best = min(above, beside, rows[i - 1][j - 1] + (a != b))
            if i > 1 and j > 1 and (a, left[i - 2]) == (right[j - 2], b):
                best = min(best, rows[i - 2][j - 2] + 1)
            rows[i].append(best)
    return rows[-1][-1]


WORDS = st.text(alphabet="abA_é1", max_size=9)


@given(WORDS, WORDS)
def test_edit_distance_is_that_of_the_table(left: str, right: str) -> None:
    """Of any two texts."""
    assert edit_distance(left, right) == by_table(left, right)


@given(WORDS, st.lists(WORDS.filter(bool), max_size=12))
def test_the_nearest_of_all_is_found(name: str, names: list[str]) -> None:
    """However few of them are looked at: the nearest within reach, of equals one of the
    same letters, then the first."""
    reach = max(len(name), 3) // 3
    others = [one for one in names if one != name]
    same = [one for one in others if same_letters(one, name)]
    letters = sorted(name)
    near = sorted(others, key=lambda one: (by_table(name, one), sorted(one) != letters))
    if not same and name and near and by_table(name, near[0]) <= reach:
        assert suggest(name, names) == near[0]
