"""Whole processes: what a user waits for at the command line.

Both sides read compiled bytecode from a folder that the round which is not counted
fills, as the second run of any installed program does.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Ratio, Work, ratio

EXAMPLES = Path(__file__).parents[1] / "examples"


def ratios() -> Iterator[Ratio]:
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)

        def python(*arguments: str) -> Work:
            command = [sys.executable, *arguments]

            def work() -> None:
                subprocess.run(
                    command, env=environment, check=True, capture_output=True
                )

            return work

        spec = str(EXAMPLES / "zoo" / "resnet.yaml")
        check = python("-m", "modelspec", "check", spec)
        torch = python("-c", "import torch")
        yield ratio(
            "check resnet.yaml / import torch", check, torch, repeats=7, goal=0.12
        )
        libraries = python("-c", "import pydantic, yaml")
        name = "check resnet.yaml / import pydantic, yaml"
        yield ratio(name, check, libraries, repeats=11, goal=2.0)
