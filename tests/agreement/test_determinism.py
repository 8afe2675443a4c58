"""The same spec gives the same bytes, in every process."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.agreement.cases import ROOT, all_cases


@pytest.mark.slow
def test_sources_do_not_depend_on_the_hash_seed() -> None:
    """Sets and hashes leave no trace in what is written."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.agreement.source_digests"],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in ("1", "2")
    ]
    outputs = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    first, second = map(json.loads, outputs)
    assert first == second
    assert len(first) == len(all_cases())
