"""Ratios of running times that survive a noisy machine.

The two sides run in turn, so that a slow minute slows both; the ratio is that of their
medians. What is measured is a callable that does one unit of work.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Ratio:
    """How long `mine` takes for one unit of `other`."""

    name: str
    mine: float
    other: float
    goal: float | None = None

    @property
    def value(self) -> float:
        return self.mine / self.other

    def __str__(self) -> str:
        goal = "" if self.goal is None else f"  goal {self.goal:.2f}"
        times = f"{_time(self.mine)} / {_time(self.other)}"
        return f"{self.name:<52} {self.value:6.2f}{goal:<11}  {times}"


def ratio(
    name: str, mine: Work, other: Work, *, repeats: int, goal: float | None = None
) -> Ratio:
    """Times both sides in turn, after one round that is not counted."""
    mine()
    other()
    pairs: list[tuple[float, float]] = []
    with no_collection():
        for turn in range(repeats):
            if turn % 2:
                second, first = seconds(other), seconds(mine)
            else:
                first, second = seconds(mine), seconds(other)
            pairs.append((first, second))
    return Ratio(
        name,
        statistics.median(first for first, _ in pairs),
        statistics.median(second for _, second in pairs),
        goal,
    )


def seconds(work: Work) -> float:
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


@contextmanager
def no_collection() -> Iterator[None]:
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _time(value: float) -> str:
    return f"{value * 1e3:.1f} ms" if value < 1 else f"{value:.2f} s"
