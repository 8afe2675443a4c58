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
from typing import NamedTuple, TypeAlias

Work = Callable[[], object]


class Cells(NamedTuple):
    """What is printed of a row: texts, empty where there is nothing to say."""

    name: str
    value: str
    between: str = ""
    goal: str = ""
    met: str = ""
    amounts: str = ""


@dataclass(frozen=True, slots=True)
class Ratio:
    """How much one side takes in units of the other, turn by turn.

    Amounts are seconds, or those of memory bytes; each is that of `parts` equal things,
    of which one is shown. Where a ratio is wanted to a hundredth, it is of the turns in
    which nothing else ran, the `fastest` tenth of each side.
    """

    name: str
    mine: tuple[float, ...]
    other: tuple[float, ...]
    goal: float | None = None
    parts: int = 1
    is_memory: bool = False
    fastest: bool = False

    @property
    def turns(self) -> list[float]:
        return [a / b for a, b in zip(self.mine, self.other, strict=True)]

    @property
    def value(self) -> float:
        if self.fastest:
            return _undisturbed(self.mine) / _undisturbed(self.other)
        return statistics.median(self.turns)

    def cells(self) -> Cells:
        low, _, high = statistics.quantiles(self.turns, n=4)
        show = _size if self.is_memory else _time
        usual = _undisturbed if self.fastest else statistics.median
        mine, other = (show(usual(one) / self.parts) for one in (self.mine, self.other))
        return Cells(
            self.name,
            f"{self.value:.3f}" if self.fastest else f"{self.value:.2f}",
            f"{low:.2f} to {high:.2f}",
            "" if self.goal is None else f"{self.goal:.2f}",
            "" if self.goal is None else _met(self.value < self.goal + 0.005),
            f"{mine} / {other}",
        )


def _undisturbed(times: tuple[float, ...]) -> float:
    return statistics.mean(sorted(times)[: max(1, len(times) // 10)])


@dataclass(frozen=True, slots=True)
class Seconds:
    """What takes less than a goal that is a time."""

    name: str
    times: tuple[float, ...]
    goal: float

    def cells(self) -> Cells:
        value = statistics.median(self.times)
        between = f"{_time(min(self.times))} to {_time(max(self.times))}"
        goal, met = _time(self.goal), _met(value <= self.goal)
        return Cells(self.name, _time(value), between, goal, met)


@dataclass(frozen=True, slots=True)
class Skipped:
    """What cannot be measured here, and why."""

    name: str
    reason: str

    def cells(self) -> Cells:
        return Cells(self.name, "skipped", self.reason)


Row: TypeAlias = Ratio | Seconds | Skipped


def ratio(
    name: str,
    mine: Work,
    other: Work,
    *,
    repeats: int,
    goal: float | None = None,
    parts: int = 1,
    is_warm: bool = False,
    fastest: bool = False,
) -> Ratio:
    """Times both sides in turn, after one round that is not counted, unless something
    like it ran before."""
    if not is_warm:
        mine()
        other()
    times: dict[Work, list[float]] = {mine: [], other: []}
    with no_collection():
        for turn in range(repeats):
            for side in (mine, other) if turn % 2 else (other, mine):
                times[side].append(seconds(side, clean=not fastest))
    amounts = (tuple(times[mine]), tuple(times[other]))
    return Ratio(name, *amounts, goal, parts, fastest=fastest)


def seconds(work: Work, *, clean: bool = True) -> float:
    """`clean` begins without garbage of what ran before."""
    if clean:
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
    if value < 1e-3:
        return f"{value * 1e6:.1f} us"
    return f"{value * 1e3:.1f} ms" if value < 1 else f"{value:.2f} s"


def _size(value: float) -> str:
    return f"{value / 2**20:,.0f} MiB"


def _met(is_met: bool) -> str:
    return "yes" if is_met else "no"
