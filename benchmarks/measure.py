"""Ratios of running times that survive a noisy machine.

The two sides run in turn, so that a slow minute slows both. The ratio is the median of
those of the turns; half of them lie in the range printed beside it. What is measured
is a callable that does one unit of work.
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
    """How long one side takes in units of the other, turn by turn."""

    name: str
    mine: tuple[float, ...]
    other: tuple[float, ...]
    goal: float | None = None

    @property
    def turns(self) -> list[float]:
        return [a / b for a, b in zip(self.mine, self.other, strict=True)]

    @property
    def value(self) -> float:
        return statistics.median(self.turns)

    def __str__(self) -> str:
        low, _, high = statistics.quantiles(self.turns, n=4)
        goal = "" if self.goal is None else f"goal {self.goal:.2f}"
        times = f"{_time(self.mine)} / {_time(self.other)}"
        return (
            f"{self.name:<46} {self.value:5.2f} ({low:.2f} to {high:.2f})"
            f"  {goal:<9}  {times}"
        )


def ratio(
    name: str, mine: Work, other: Work, *, repeats: int, goal: float | None = None
) -> Ratio:
    """Times both sides in turn, after one round that is not counted."""
    mine()
    other()
    times: dict[Work, list[float]] = {mine: [], other: []}
    with no_collection():
        for turn in range(repeats):
            for side in (mine, other) if turn % 2 else (other, mine):
                times[side].append(seconds(side))
    return Ratio(name, tuple(times[mine]), tuple(times[other]), goal)


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


def _time(values: tuple[float, ...]) -> str:
    value = statistics.median(values)
    return f"{value * 1e3:.1f} ms" if value < 1 else f"{value:.2f} s"
