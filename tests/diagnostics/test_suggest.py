"""The nearest name."""

from __future__ import annotations

import pytest

from modelspec.diagnostics.suggest import edit_distance, suggest

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
