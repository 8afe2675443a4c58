"""Runs commands, in this process or in one of their own."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from modelspec.cli import main

ROOT = Path(__file__).parents[2]
RESNET = str(ROOT / "examples" / "zoo" / "resnet.yaml")

MLP = """\
modelspec: 1
name: Net
params:
  width: int = 4
  act: layer = ReLU
  sizes: list[int] = []
  rate: {type: float, default: 0.5, min: 0, max: 1}
  mode: {type: str, default: sum, choices: [sum, mean]}
inputs:
  x: [N, width]
modules:
  layers:
    Sequential:
      - Linear(width, 3)
      - act()
      - for size in sizes:
          - Linear(3, 3)
  drop: Dropout(rate)
forward: |
  y = self.drop(self.layers(x))
  return y.sum(1) if self.mode == "sum" else y.mean(1)
variants:
  wide: {width: 8, act: GELU}
"""
WRONG = "modelspec: 1\nname: Net\nSequential:\n  - Linear(4, 3\n"
NO_TORCH = """\
import sys
class NoTorch:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "torch":
            raise ImportError("torch must not be imported")
sys.meta_path.insert(0, NoTorch())
"""


@dataclass(frozen=True, slots=True)
class Result:
    status: int
    out: str
    err: str


class _Stream(io.TextIOWrapper):
    """A stream with bytes below it, as the real ones have."""

    def __init__(self, data: bytes = b"") -> None:
        super().__init__(io.BytesIO(data), encoding="utf-8", newline="")

    @property
    def text(self) -> str:
        self.flush()
        raw = self.buffer
        assert isinstance(raw, io.BytesIO)
        return raw.getvalue().decode()


def run(*arguments: object, stdin: str = "") -> Result:
    """A command in this process."""
    out, err, before = _Stream(), _Stream(), sys.stdin
    sys.stdin = _Stream(stdin.encode())
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main([str(one) for one in arguments])
    finally:
        sys.stdin = before
    return Result(status, out.text, err.text)


def run_python(*arguments: object, cwd: Path = ROOT, **env: str) -> Result:
    """Python in a process of its own, with this modelspec."""
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **env},
        capture_output=True,
        text=True,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)


def run_without_torch(*arguments: object) -> Result:
    """A command in a process where importing torch fails."""
    argv = [str(one) for one in arguments]
    code = f"{NO_TORCH}\nfrom modelspec.cli import main\nsys.exit(main({argv!r}))"
    return run_python("-c", code)


def files_in(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file()
    )
