"""Shapes of a whole network against running it once, and what torch's import takes.

Each turn is a new process, so that what inference imports counts. It times there: the
import of torch, one eager forward of the built module on the device meta, and finding
the shapes of the same module over symbols.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Ratio

SPEC = str(Path(__file__).parents[1] / "examples" / "resnet.yaml")
TURNS = 7
_PROGRAM = """\
import json, sys, time

def timed(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start

def import_torch():
    import torch

imported = timed(import_torch)
import torch
import modelspec
from modelspec.api.builder import BuildRequest, build_module

spec = modelspec.load(sys.argv[1])
request = BuildRequest(variant="resnet50", device="meta")
built = build_module(spec.program, spec.policy.limits, request)
inferred = timed(lambda: built.observe({}))
built.module.eval()
with torch.device("meta"), torch.no_grad():
    x = torch.empty(2, 3, 224, 224)
    built.module(x)
    forward = timed(lambda: built.module(x))
print(json.dumps([imported, inferred, forward]))
"""


def ratios() -> Iterator[Ratio]:
    turns = [_turn() for _ in range(TURNS + 1)][1:]
    yield Ratio(
        "shapes of resnet50 / import torch + 2 forwards",
        tuple(inferred for _, inferred, _ in turns),
        tuple(imported + 2 * forward for imported, _, forward in turns),
        goal=1.0,
    )


def _turn() -> tuple[float, float, float]:
    command = [sys.executable, "-c", _PROGRAM, SPEC]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        command, env=environment, check=True, capture_output=True, text=True
    )
    imported, inferred, forward = json.loads(done.stdout)
    return imported, inferred, forward
