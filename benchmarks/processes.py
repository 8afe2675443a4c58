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
        check = python("-m", "modelspec", "check", SPEC)
        target = str(Path(folder) / "resnet.py")
        write = ("generate", SPEC, "-o", target, "--force")
        for name, mine, goal in (
            ("import modelspec", python("-c", "import modelspec"), 0.05),
            ("modelspec --help", python("-m", "modelspec", "--help"), 0.10),
            ("check resnet.yaml", check, 0.10),
            ("generate resnet.yaml", python("-m", "modelspec", *write), 0.20),
        ):
            yield ratio(f"{name} / import torch", mine, torch, repeats=5, goal=goal)
        libraries = python("-c", "import pydantic, yaml")
        name = "check resnet.yaml / import pydantic, yaml"
        yield ratio(name, check, libraries, repeats=11, goal=2.0)


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
