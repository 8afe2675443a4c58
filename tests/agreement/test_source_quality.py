"""What is generated is the same in every process, and passes the checks that careful
projects run on their own code."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.agreement.cases import ROOT, all_cases, models, zoo_models
from tests.agreement.sources import Sources, all_sources, digests
from tests.python_backend.models import write_sources

PYTHON = (sys.executable, "-m")
Digests = dict[str, list[str]]


@pytest.fixture(scope="module")
def sources() -> tuple[dict[str, Sources], Digests]:
    """The sources of all cases, and digests of those of a process that orders sets in
    another way: each has a hash seed of its own."""
    seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    other = subprocess.Popen(
        [*PYTHON, "tests.agreement.sources"],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": seed},
        stdout=subprocess.PIPE,
        text=True,
    )
    here = all_sources()
    told = other.communicate()[0]
    assert other.returncode == 0
    return here, json.loads(told)


@pytest.fixture(scope="module")
def package(
    sources: tuple[dict[str, Sources], Digests],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A package with the generated sources of all cases, in both styles."""
    folder = tmp_path_factory.mktemp("sources") / "generated"
    folder.mkdir()
    (folder / "__init__.py").touch()
    for name, one in sources[0].items():
        path = folder / f"{name.replace('/', '_')}.py"
        path.write_text(one.parametric, encoding="utf-8")
    for model in (*models(), *zoo_models()):
        name = re.sub(r"\W", "_", str(model))
        text = sources[0][model.case.name].flat[model.variant]
        (folder / f"flat_{name}.py").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.slow
def test_sources_do_not_depend_on_the_hash_seed(
    sources: tuple[dict[str, Sources], Digests],
) -> None:
    """Sets and hashes leave no trace in what is written."""
    here, elsewhere = sources
    assert digests(here) == elsewhere
    assert len(here) == len(all_cases())


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
