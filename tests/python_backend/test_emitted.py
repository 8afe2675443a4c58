"""Everything that is emitted is formatted, free of lint, and typed; and is the same
each time."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from modelspec.backends.python import HEADER, emit_module
from tests.python_backend.models import gpt, resnet, write_sources


@pytest.fixture(scope="module")
def emitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the source of every model in both styles."""
    directory = tmp_path_factory.mktemp("emitted")
    write_sources(directory)
    return directory


def run(*command: str, cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def tool(name: str) -> str:
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def test_emitted_source_is_formatted(emitted: Path) -> None:
    run(tool("ruff"), "format", "--isolated", "--check", "--diff", ".", cwd=emitted)


def test_emitted_source_has_no_lint(emitted: Path) -> None:
    """`l` is the name that a user gave to a loop variable."""
    select = ("--select", "E,F,W,I,B,UP,SIM", "--ignore", "E741")
    target = ("--target-version", "py310")
    run(tool("ruff"), "check", "--isolated", *target, *select, ".", cwd=emitted)


def test_the_first_lines_are_fixed() -> None:
    text = emit_module(resnet())
    assert tuple(text.split("\n")[:2]) == HEADER


def test_imports_are_those_that_are_used() -> None:
    text = emit_module(gpt())
    imported = [one for one in ast.parse(text).body if isinstance(one, ast.Import)]
    assert [ast.unparse(one) for one in imported] == [
        "import math",
        "import torch",
        "import torch.nn.functional as F",
    ]


def test_the_same_bytes_under_every_hash_seed(tmp_path: Path) -> None:
    script = (
        "from tests.python_backend.models import every_model\n"
        "from modelspec.backends.python import emit_module\n"
        "import sys\n"
        "for one in every_model():\n"
        "    sys.stdout.write(emit_module(one))\n"
    )
    root = Path(__file__).parents[2]
    found = set()
    for seed in ("0", "1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)}
        command = [sys.executable, "-c", script]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, check=True
        )
        found.add(done.stdout)
    assert len(found) == 1


def test_emitting_does_not_import_torch(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "sys.modules['torch'] = None\n"
        "from tests.python_backend.models import resnet\n"
        "from modelspec.backends.python import emit_module\n"
        "emit_module(resnet())\n"
    )
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    command = [sys.executable, "-c", script]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True)
