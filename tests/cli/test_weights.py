"""`modelspec build --weights`, with names of others and with what does not fit."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import torch

import modelspec
from tests.cli.commands import run
from tests.cli.test_build import rows

TABLE = """\
error[weights-mismatch]: the weights do not fit: 2 missing, 3 unexpected
  --> {path}
   |
   | missing: in the model, not in the file
   |   layers.0.weight         float32 [3, 4]
   |   layers.0.bias           float32 [3]
   | unexpected: in the file, not in the model
   |   module.layers.0.weight  float32 [3, 4]
   |   module.layers.0.bias    float32 [3]
   |   module.extra            float32 [1]
   |
   = help: did you mean --rename 'module.*=*'? That leaves 1 unexpected.
   = help: a rule with nothing on its right drops what the model has no use for: \
--rename 'extra='

1 error
"""


@pytest.fixture
def weights(spec: Path) -> Path:
    """Those of the spec, under the names that a wrapper gives, and one more."""
    state = modelspec.build(spec).state_dict()
    path = spec.parent / "net.pt"
    more = {"module.extra": torch.ones(1)}
    torch.save({f"module.{name}": one for name, one in state.items()} | more, path)
    return path


def test_foreign_names(spec: Path, weights: Path) -> None:
    rules = ("--rename", "module.*=*", "--rename", "extra=")
    found = run("build", spec, "--weights", weights, *rules, "-o", spec.parent / "o.pt")
    assert (found.status, found.err) == (0, "")
    assert rows(found.out)["weights"] == f"2 tensors of {weights}"
    out = torch.load(spec.parent / "o.pt", weights_only=True)
    given = torch.load(weights, weights_only=True)
    assert list(out) == ["layers.0.weight", "layers.0.bias"]
    assert all(torch.equal(out[name], given[f"module.{name}"]) for name in out)


def test_what_does_not_fit(spec: Path, weights: Path) -> None:
    """Exit code 1, a table, and nothing written."""
    target = spec.parent / "out.py"
    found = run("build", spec, "--weights", weights, "-o", target)
    assert (found.status, found.out) == (1, "")
    assert found.err == TABLE.format(path=weights)
    assert not target.exists()


def test_other_formats(spec: Path, weights: Path) -> None:
    """JSON and GitHub's log have the table before the help."""
    json_out = run("build", spec, "--weights", weights, "--format", "json")
    (told,) = json.loads(json_out.out)
    assert told["help"][0].split("\n")[0] == "missing: in the model, not in the file"
    github = run("build", spec, "--weights", weights, "--format", "github").err
    assert "%0A  layers.0.weight         float32 [3, 4]%0A" in github
    concise = run("build", spec, "--weights", weights, "--format", "concise").err
    assert concise.split("\n")[0] == (
        f"{weights}: error[weights-mismatch]: the weights do not fit: 2 missing,"
        " 3 unexpected"
    )


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        (["modul.*=*"], "matches no name in the file"),
        (["module.layers.*=layers"], "1 '*' on its left and 0 on its right"),
        (["*t=*", "*bias=*weigh"], "would both be renamed"),
        (["=x"], "has nothing on its left"),
    ],
)
def test_rules_that_do_not_work(
    spec: Path, weights: Path, rules: list[str], told: str
) -> None:
    given = [part for rule in rules for part in ("--rename", rule)]
    found = run("build", spec, "--weights", weights, *given)
    assert (found.status, found.out) == (2, "")
    assert "error[wrong-rename]" in found.err
    assert told in found.err


def test_rules_that_are_none(spec: Path, weights: Path) -> None:
    found = run("build", spec, "--weights", weights, "--rename", "module.*")
    assert found.status == 2
    assert "expected GLOB=GLOB, got 'module.*'" in found.err


@pytest.mark.parametrize("option", [("--rename", "a=b"), ("--weights-key", "model")])
def test_options_of_weights_need_weights(spec: Path, option: tuple[str, str]) -> None:
    found = run("build", spec, *option)
    assert (found.status, found.out) == (2, "")
    assert "--rename and --weights-key need --weights" in found.err


def test_entries_of_a_checkpoint(spec: Path) -> None:
    path = spec.parent / "checkpoint.pth"
    torch.save({"epoch": 1, "model": modelspec.build(spec).state_dict()}, path)
    found = run("build", spec, "--weights", path)
    assert (found.status, found.out) == (2, "")
    assert "   | epoch: a value of type int\n" in found.err
    assert "= help: say which entry is meant: --weights-key model" in found.err
    assert run("build", spec, "--weights", path, "--weights-key", "model").status == 0


def test_several_files(spec: Path) -> None:
    state, paths = modelspec.build(spec).state_dict(), []
    for name, one in state.items():
        paths.append(spec.parent / f"{name}.pt")
        torch.save({name: one}, paths[-1])
    given = [part for path in paths for part in ("--weights", path)]
    found = run("build", spec, *given)
    assert (found.status, found.err) == (0, "")
    assert rows(found.out)["weights"] == f"2 tensors of {paths[0]}, {paths[1]}"
    assert run("build", spec, *given[:2]).status == 1


def test_meta_takes_no_weights(spec: Path, weights: Path) -> None:
    found = run("build", spec, "--device", "meta", "--weights", weights)
    assert found.status == 2
    assert "is on the device meta, which holds no values" in found.err


def test_without_safetensors(
    spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The package is an extra; what is missing is told with how to get it."""
    path = tmp_path / "net.safetensors"
    assert run("build", spec, "-o", path).status == 0
    monkeypatch.setitem(sys.modules, "safetensors.torch", None)
    found = run("build", spec, "--weights", path)
    assert "error[missing-package]" in found.err
    assert "pip install 'modelspec-compiler[safetensors]'" in found.err
    assert found.status == 2
