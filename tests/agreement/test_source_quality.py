"""What is generated passes the checks that careful projects run on their own code."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import modelspec
from tests.agreement.cases import all_cases, models, zoo_models
from tests.python_backend.models import write_sources

PYTHON = (sys.executable, "-m")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package with the generated sources of all cases, in both styles."""
    folder = tmp_path_factory.mktemp("sources") / "generated"
    folder.mkdir()
    (folder / "__init__.py").touch()
    specs = {case.name: modelspec.load(case.path) for case in all_cases()}
    for name, spec in specs.items():
        path = folder / f"{name.replace('/', '_')}.py"
        path.write_text(spec.source(), encoding="utf-8")
    for model in (*models(), *zoo_models()):
        name = re.sub(r"\W", "_", str(model))
        text = replace(specs[model.case.name], variant=model.variant).source("flat")
        (folder / f"flat_{name}.py").write_text(text, encoding="utf-8")
    return folder


def passes(*command: str, cwd: Path) -> None:
    done = subprocess.run(
        [*PYTHON, *command], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_sources_are_formatted(package: Path) -> None:
    """`ruff format` would change nothing."""
    passes("ruff", "format", "--isolated", "--diff", str(package), cwd=package.parent)


def test_sources_pass_the_linter(package: Path) -> None:
    """`ruff check` with its own defaults finds nothing."""
    passes("ruff", "check", "--isolated", str(package), cwd=package.parent)


@pytest.mark.slow
def test_sources_pass_the_type_checker(package: Path) -> None:
    """`mypy --strict` finds nothing, nor in those of programs without a spec.

    One run, as most of its time is the types of torch.
    """
    emitted = package.with_name("emitted")
    emitted.mkdir()
    write_sources(emitted)
    paths = (str(package), str(emitted))
    passes("mypy", "--strict", "--config-file=", *paths, cwd=package.parent)
