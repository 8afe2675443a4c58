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
import torch

import modelspec
from tests.distributed.cases import CASES
from tests.docs.snippets import snippets_of

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("processes", [2, 4])
def test_divided_models(processes: int, tmp_path: Path) -> None:
    worker = [sys.executable, "-m", "tests.distributed.worker"]
    done = subprocess.run(
        [*worker, str(processes), str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=False,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    for rank in range(processes):
        found = json.loads((tmp_path / f"{rank}.json").read_text())
        assert {name: told for name, told in found.items() if told} == {}
        wanted = sum(case.processes == processes for case in CASES)
        assert len(found) == wanted + 1


def test_the_guide_runs_as_several_processes(tmp_path: Path) -> None:
    """`torchrun train.py`, as the page shows it."""
    page = ROOT / "docs" / "distributed.md"
    spec, train = (one.text for one in snippets_of(page)[:2])
    (tmp_path / "lm.yaml").write_text(spec)
    (tmp_path / "train.py").write_text(train)
    run = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    done = subprocess.run(
        [*run, "--nproc-per-node", "2", "train.py"],
        cwd=tmp_path,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        check=False,
        capture_output=True,
        text=True,
        timeout=200,
    )
    # Now and then torch aborts where a process that used gloo ends, when all is done:
    # what was saved tells that it was.
    is_aborted_at_end = "terminate called without an active exception" in done.stderr
    assert done.returncode == 0 or is_aborted_at_end, done.stderr
    model = modelspec.load_model(tmp_path / "trained")
    started = modelspec.build(tmp_path / "lm.yaml", seed=0)
    assert any(
        not torch.equal(one, other)
        for one, other in zip(model.parameters(), started.parameters(), strict=True)
    )
    assert model.head.weight is model.embed.weight
