"""Whole processes: what a user waits for at the command line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Ratio, Work, ratio

EXAMPLES = Path(__file__).parents[1] / "examples"
REPEATS = 9


def ratios() -> Iterator[Ratio]:
    check = python("-m", "modelspec", "check", str(EXAMPLES / "resnet.yaml"))
    torch = python("-c", "import torch")
    yield ratio("check resnet.yaml / import torch", check, torch, repeats=5, goal=0.12)
    libraries = python("-c", "import pydantic, yaml")
    name = "check resnet.yaml / import pydantic, yaml"
    yield ratio(name, check, libraries, repeats=REPEATS, goal=2.0)


def python(*arguments: str) -> Work:
    def work() -> None:
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)

    return work
