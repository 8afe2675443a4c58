"""A model that fits into no memory here, on the device meta."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import modelspec
from benchmarks.measure import Seconds, seconds

ZOO = Path(__file__).parents[1] / "examples" / "zoo"
REPEATS = 3
GOAL = 5.0


def ratios() -> Iterator[Seconds]:
    def build() -> None:
        modelspec.build(ZOO / "meta_llama.yaml", "llama_2_70b", device="meta")

    build()
    times = tuple(seconds(build) for _ in range(REPEATS))
    yield Seconds("build Llama 2 70B on meta", times, GOAL)
