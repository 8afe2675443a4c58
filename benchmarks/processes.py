"""Whole processes: what a user waits for at the command line.

Both sides read compiled bytecode from a folder that the round which is not counted
fills, as the second run of any installed program does.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measure import Ratio, Work, ratio

SPEC = str(Path(__file__).parents[1] / "examples" / "resnet.yaml")


def ratios() -> Iterator[Ratio]:
    with tempfile.TemporaryDirectory() as folder, interpreters() as python:
        torch = python("-c", "import torch")
        bare = python("-c", "import pydantic, yaml")
        check = python("-m", "modelspec", "check", SPEC)
        written = str(Path(folder) / "resnet.py")
        build = ("build", f"{SPEC}:resnet50", "-o", written, "--force")
        rows: tuple[tuple[str, Work, Work, float], ...] = (
            (
                "import modelspec / import torch",
                python("-c", "import modelspec"),
                torch,
                0.05,
            ),
            (
                "modelspec --help / import torch",
                python("-m", "modelspec", "--help"),
                torch,
                0.10,
            ),
            ("check resnet.yaml / import torch", check, torch, 0.10),
            (
                "generate resnet.yaml / import torch",
                python("-m", "modelspec", *build),
                torch,
                0.20,
            ),
            ("check resnet.yaml / import pydantic, yaml", check, bare, 2.0),
        )
        for name, mine, other, goal in rows:
            yield ratio(name, mine, other, repeats=9, goal=goal)


@contextmanager
def interpreters() -> Iterator[Callable[..., Work]]:
    """Gives what runs Python with some arguments, as a process of its own."""
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

        yield python
