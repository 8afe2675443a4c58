"""Models divided among processes that talk over gloo are the models they were.

Their tensors put together, their outputs and their gradients are those of the whole
model, wherever their values come from; so are those of the generated `parallelize`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.distributed.cases import CASES

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("processes", [2, 4])
def test_divided_models(processes: int, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.distributed.worker"]
    running = [
        subprocess.Popen(
            [*command, str(rank), str(processes), str(tmp_path)],
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(processes)
    ]
    errors = [one.communicate(timeout=240)[1] for one in running]
    for rank, one in enumerate(running):
        assert one.returncode == 0, errors[rank]
        found = json.loads((tmp_path / f"{rank}.json").read_text())
        assert {name: told for name, told in found.items() if told} == {}
        assert len(found) == sum(case.processes == processes for case in CASES)
