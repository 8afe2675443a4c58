"""`modelspec.records.dataclass` behaves as the standard library's."""

from __future__ import annotations

import dataclasses
import pickle
from dataclasses import field

import pytest

from modelspec.records import dataclass, unguarded


@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 2
    tags: list[str] = field(default_factory=list, compare=False)
    _seen: dict[str, int] = field(default_factory=dict, init=False, repr=False)


@dataclass(slots=True, eq=False)
class Loose:
    x: int
    twice: int = field(init=False)

    def __post_init__(self) -> None:
        self.twice = 2 * self.x


@unguarded(frozen=True, slots=True)
class Many:
    x: int
    y: int = 2


def test_arguments_and_defaults() -> None:
    assert (Point(1).y, Point(1, 3).y, Point(y=4, x=1).y) == (2, 3, 4)
    assert Point(1).tags is not Point(1).tags
    assert Loose(3).twice == 6


@pytest.mark.parametrize("given", [{}, {"x": 1, "z": 2}, {"x": 1, "_seen": {}}])
def test_wrong_arguments(given: dict[str, int]) -> None:
    with pytest.raises(TypeError, match=r"Point\.__init__\(\)"):
        Point(**given)  # type: ignore[arg-type]


def test_equality_and_hash() -> None:
    assert Point(1, tags=["a"]) == Point(1)
    assert Point(1) != Point(2)
    assert Loose(1) != Loose(1)
    with pytest.raises(TypeError, match="unhashable"):
        hash(Point(1))  # as of the standard library: the dict is part of it


def test_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError, match="assign to field 'x'"):
        Point(1).x = 2  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError, match="delete field 'x'"):
        del Point(1).x


def test_what_the_standard_library_does_with_it() -> None:
    assert repr(Point(1)) == "Point(x=1, y=2, tags=[])"
    assert dataclasses.replace(Point(1), y=5) == Point(1, 5)
    assert dataclasses.asdict(Loose(1)) == {"x": 1, "twice": 2}
    assert pickle.loads(pickle.dumps(Point(1, 7))) == Point(1, 7)
    assert not hasattr(Point(1), "__dict__")
    match Point(1, 2):
        case Point(1, y):
            assert y == 2


def test_unguarded() -> None:
    """The same but for the guard."""
    assert (Many(1), hash(Many(1)), repr(Many(1))) == (
        Many(1, 2),
        hash(Many(1, 2)),
        "Many(x=1, y=2)",
    )
    assert dataclasses.replace(Many(1), y=5) == Many(1, 5) != Many(1)
    assert pickle.loads(pickle.dumps(Many(1, 7))) == Many(1, 7)
    assert not hasattr(Many(1), "__dict__")
