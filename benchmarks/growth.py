"""Building few and many small layers: the time of each must not grow with their number.

What one layer takes is shown beside each ratio. The rows at the end of a kind compare
one layer of many with one of a hundredth as many, for both sides: what torch itself
needs more there is no fault of either.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import nn

import modelspec
from benchmarks.measure import Ratio, Work, ratio

REPEATS = {10: 25, 1_000: 9, 100_000: 2}
FEW, MANY = 1_000, 100_000
GOAL = 1.3
HEAD = "modelspec: 1\nname: ManyLayers\nSequential:\n"


class ManyLayers(nn.Sequential):
    def __init__(self, count: int) -> None:
        super().__init__(*(nn.Linear(8, 8) for _ in range(count)))


def many_text(count: int) -> str:
    """So many layers, in a loop."""
    return f"{HEAD}  - for _ in range({count}):\n      - Linear(8, 8)\n"


def written_out(count: int) -> str:
    """So many layers, each on a line of its own."""
    return HEAD + "  - Linear(8, 8)\n" * count


def ratios() -> Iterator[Ratio]:
    yield from _grown("in a loop", many_text, "cpu")
    yield from _grown("in a loop", many_text, "meta")
    yield from _grown("written out", written_out, "cpu")


def on_device(device: str, make: Callable[[], nn.Module]) -> Work:
    """As it is written by hand."""

    def work() -> nn.Module:
        with torch.device(device):
            return make()

    return work


def _grown(how: str, text: Callable[[int], str], device: str) -> Iterator[Ratio]:
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "many.yaml"
        for count, repeats in REPEATS.items():
            path.write_text(text(count), encoding="utf-8")
            found[count] = ratio(
                f"build {count:,} Linear {how} on {device} / handwritten",
                lambda: modelspec.build(path, device=device),
                on_device(device, lambda count=count: ManyLayers(count)),
                repeats=repeats,
                parts=count,
                is_warm=bool(found),
            )
            yield found[count]
    few, many = found[FEW], found[MANY]
    named = f"one of {MANY:,} / one of {FEW:,} {how} on {device}"
    yield _of_one(f"{named}, built", many.mine, few.mine, GOAL)
    yield _of_one(f"{named}, handwritten", many.other, few.other, None)


def _of_one(
    name: str, many: tuple[float, ...], few: tuple[float, ...], goal: float | None
) -> Ratio:
    each = tuple(one / MANY for one in many)
    return Ratio(name, each, tuple(one / FEW for one in few[: len(each)]), goal)
