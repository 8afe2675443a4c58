"""`modelspec save`: what `load_model` reads."""

from __future__ import annotations

from pathlib import Path

import torch

import modelspec
from tests.cli.commands import run


def test_saved_and_loaded(spec: Path) -> None:
    folder = spec.parent / "net"
    found = run("save", spec, folder, "--seed", "3")
    assert (found.status, found.err) == (0, "")
    assert found.out.startswith("saved ")
    made = modelspec.load_model(folder)
    wanted = modelspec.build(spec, seed=3)
    assert repr(made) == repr(wanted)
    for name, tensor in wanted.state_dict().items():
        assert torch.equal(made.state_dict()[name], tensor)


def test_weights_of_a_file(spec: Path) -> None:
    """Under names of others, and as another dtype."""
    path, state = spec.parent / "w.pt", modelspec.build(spec).state_dict()
    torch.save({f"module.{name}": one for name, one in state.items()}, path)
    options = ("--weights", path, "--rename", "module.*=*", "--dtype", "float64")
    assert run("save", spec, spec.parent / "net", *options).status == 0
    made = modelspec.load_model(spec.parent / "net")
    for name, tensor in made.state_dict().items():
        assert torch.equal(tensor, state[name].double())


def test_what_is_there_stays(spec: Path) -> None:
    folder = spec.parent / "net"
    assert run("save", spec, folder).status == 0
    before = (folder / "model.safetensors").read_bytes()
    refused = run("save", spec, folder)
    assert refused.status == 2
    assert refused.err.startswith("error[file-exists]: ")
    assert (folder / "model.safetensors").read_bytes() == before
    assert run("save", spec, folder, "--force").status == 0
