"""The most memory that building with weights takes, in units of the weights.

Each turn is a new process, which tells by how much its largest resident size grew. It
reads every parameter once at the end: those of a file that is mapped are in memory only
from then on.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Ratio, Row, Skipped
from benchmarks.weights import SPEC, VARIANT, saved_weights

TURNS = 2
GOAL = 1.1
_PROGRAM = """\
import json, sys
import torch
import modelspec
from benchmarks.weights import construct_and_load

spec, variant, path, way = sys.argv[1:]
torch.set_num_threads(1)

def largest():
    # Not `ru_maxrss`: a process begins with that of its parent.
    with open("/proc/self/status", encoding="utf-8") as lines:
        return next(int(one.split()[1]) for one in lines if one.startswith("VmHWM"))

modelspec.build(spec, "tiny")
before = largest()
if way == "built":
    model = modelspec.build(spec, variant, weights=path)
else:
    model = construct_and_load(path)
for one in model.parameters():
    one.sum()
print(json.dumps((largest() - before) * 1024))
"""


def ratios() -> Iterator[Row]:
    name = "peak memory of building gpt2 774M with weights / weights"
    if not Path("/proc/self/status").exists():
        yield Skipped(name, "only Linux tells the largest resident size of a process")
        return
    with saved_weights() as path:
        size = (float(path.stat().st_size),) * TURNS
        for way, named, goal in (
            ("built", name, GOAL),
            ("handwritten", "the same of construct and load / weights", None),
        ):
            grown = tuple(_grown(path, way) for _ in range(TURNS))
            yield Ratio(named, grown, size, goal, is_memory=True)


def _grown(path: Path, way: str) -> float:
    command = [sys.executable, "-c", _PROGRAM, str(SPEC), VARIANT, str(path), way]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout))
