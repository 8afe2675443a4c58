"""`python -m benchmarks [GROUP ...]`: prints every ratio, or those of some groups."""

from __future__ import annotations

import os
import platform
import sys

import torch

import modelspec
from benchmarks import (
    checking,
    construction,
    forward,
    inference,
    processes,
    weights,
)

GROUPS = {
    "processes": processes.ratios,
    "checking": checking.ratios,
    "construction": construction.ratios,
    "forward": forward.ratios,
    "inference": inference.ratios,
    "weights": weights.ratios,
}


def main(wanted: list[str]) -> int:
    unknown = [name for name in wanted if name not in GROUPS]
    if unknown:
        print(f"no such group: {unknown[0]}; there are: {', '.join(GROUPS)}")
        return 2
    torch.set_num_threads(1)
    print(machine())
    for name in wanted or GROUPS:
        for one in GROUPS[name]():
            print(one, flush=True)
    return 0


def machine() -> str:
    version = getattr(modelspec, "__version__", "of this checkout")
    return (
        f"{platform.machine()}, {os.cpu_count()} CPUs, 1 thread, "
        f"{platform.system()}; Python {platform.python_version()}, "
        f"torch {torch.__version__}, modelspec {version}\n"
        "median of the turns (half of them between), median times"
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
