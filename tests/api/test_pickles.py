"""Built modules in pickles, and which classes they share."""

from __future__ import annotations

import copy
import pickle
import shutil
from pathlib import Path

import pytest
import torch

import modelspec
from modelspec.api.pickles import rebuild_class
from modelspec.policy import Limits
from tests.cli.commands import MLP, ROOT, run_python

LOAD = """\
import pickle, sys, torch
with open(sys.argv[1], "rb") as file:
    first, second = pickle.load(file)
assert type(first) is type(second)
print(type(first).__name__, list(first.state_dict()))
"""


def build(folder: Path) -> torch.nn.Module:
    return modelspec.build(folder / "spec.yaml")


@pytest.mark.parametrize("case", ["imports_rename", "constants_of_imports"])
def test_the_files_may_be_gone(case: str, tmp_path: Path) -> None:
    """In a fresh process, where the spec and what it imported are not there."""
    folder = tmp_path / "specs"
    shutil.copytree(ROOT / "tests/cases" / case, folder)
    models = (build(folder), build(folder))
    pickled = tmp_path / "models.pickle"
    pickled.write_bytes(pickle.dumps(models))
    shutil.rmtree(folder)
    found = run_python("-c", LOAD, pickled, cwd=tmp_path)
    want = f"{type(models[0]).__name__} {list(models[0].state_dict())}\n"
    assert (found.out, found.err) == (want, "")


def test_same_texts_same_class() -> None:
    """Built twice, copied or unpickled: one class within a process."""
    first, second = modelspec.loads(MLP).build(), modelspec.loads(MLP).build()
    assert type(first) is type(second)
    assert type(copy.deepcopy(first)) is type(first)
    assert type(pickle.loads(pickle.dumps(first))) is type(first)
    assert modelspec.loads(MLP).module_class() is type(first)


def test_other_texts_other_classes() -> None:
    first = modelspec.loads(MLP).module_class()
    assert modelspec.loads(MLP + "# more\n").module_class() is not first


def test_limits_are_kept() -> None:
    """What was built under limits of the caller's is rebuilt under them."""
    policy = modelspec.Policy(Limits(modules=12))
    model = modelspec.loads(MLP, policy=policy).build()
    assert type(pickle.loads(pickle.dumps(model))) is type(model)
    assert type(model) is not modelspec.loads(MLP).module_class()


def test_where_the_name_lives_is_a_promise() -> None:
    """Pickles hold this path."""
    assert rebuild_class.__module__ == "modelspec.api.pickles"
    assert rebuild_class.__qualname__ == "rebuild_class"
    assert rebuild_class((("<text>", "", MLP),), "Net").__name__ == "Net"
