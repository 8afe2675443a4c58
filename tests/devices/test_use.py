"""What is done with a model on a device: compiling, trial runs, the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import modelspec
from modelspec.backends.torch.random_state import (
    keep_random_state,
    random_state_of,
    set_random_state,
)
from tests.agreement import evidence
from tests.cli.commands import run
from tests.devices.models import MODELS, build, default_dtype, make_inputs
from tests.devices.places import EACH, MET

TEXT = """\
modelspec: 1
name: Net
inputs: {x: [N, 4]}
modules:
  up: Linear(4, 8)
  drop: Dropout(0.5)
forward: self.drop(self.up(x)) + torch.rand(1).to(x.device)
"""
LLAMA = next(one for one in MODELS if one.case.name == "examples/zoo/hf_llama")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "net.yaml"
    found.write_text(TEXT)
    return found


@pytest.mark.filterwarnings("ignore::UserWarning")  # the compiler's, about speed
@pytest.mark.parametrize("device", EACH)
def test_compiled_in_one_graph(device: str) -> None:
    """With torch's own compiler on CUDA; on the processor that takes half a minute,
    so that only the graph is made there."""
    module = build(LLAMA, device=device).eval()
    given = make_inputs(LLAMA, device, torch.float32)
    backend = "inductor" if device == "cuda" else "eager"
    compiled = torch.compile(module, backend=backend, fullgraph=True)
    torch.testing.assert_close(compiled(*given), module(*given), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("device", MET)
def test_built_by_a_command(device: str, path: Path) -> None:
    found = run("build", path, "--device", device, "--dtype", "bfloat16")
    assert (found.status, found.err) == (0, "")
    place = "cpu" if device == "cpu" else "cuda:0"
    assert f"bfloat16 on {place}" in found.out


@pytest.mark.parametrize("device", EACH)
def test_what_is_only_looked_at_draws_nothing(device: str, path: Path) -> None:
    """Neither of the processor's random numbers nor of the device's."""
    spec = modelspec.load(path)
    spec.build(device=device)
    before = states(device)
    spec.summary(input={"x": (1, 4)})
    spec.graph()
    modelspec.check(path, shapes=True)
    with torch.device(device):
        spec.summary()
    assert run("build", path, "--device", "meta").status == 0
    assert states(device) == before
    with keep_random_state():
        torch.rand(3)
        torch.rand(3, device=device)
        assert states(device) != before
    assert states(device) == before


@pytest.mark.parametrize("device", EACH)
def test_building_draws_what_the_module_draws(device: str, path: Path) -> None:
    """The run that a command makes besides adds nothing."""
    torch.manual_seed(3)
    with torch.device(device):
        torch.nn.Linear(4, 8)
    wanted = states(device)
    assert run("build", path, "--device", device, "--seed", "3").status == 0
    assert states(device) == wanted


@pytest.mark.parametrize("device", EACH)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_a_command_writes_source_and_its_weights(
    dtype: str, device: str, path: Path
) -> None:
    """The weights in the file are those that the source draws from the same seed."""
    source, weights = path.with_suffix(".py"), path.with_suffix(".safetensors")
    asked = ("--device", device, "--dtype", dtype, "--seed", "4")
    found = run("build", path, *asked, "-o", source, "-o", weights)
    assert (found.status, found.err) == (0, "")
    names: dict[str, Any] = {"__name__": "written"}
    exec(compile(source.read_text(), str(source), "exec"), names)
    torch.manual_seed(4)
    with torch.device(device), default_dtype(getattr(torch, dtype)):
        wanted = names["Net"]().state_dict()
    held = load_file(weights)
    assert held.keys() == wanted.keys()
    assert all(torch.equal(one, wanted[name].cpu()) for name, one in held.items())


@pytest.mark.parametrize("device", EACH)
def test_saved_and_loaded(device: str, tmp_path: Path) -> None:
    """A model in a folder is on no device; it is loaded onto one."""
    model = build(LLAMA, device=device, dtype="bfloat16")
    modelspec.save_model(model, tmp_path / "saved")
    again = modelspec.load_model(tmp_path / "saved", device=device)
    assert evidence.layout(again) == evidence.layout(model)
    assert evidence.different_tensors(again, model) == []
    assert {one.device.type for one in again.parameters()} == {device}
    onto_default = modelspec.load_model(tmp_path / "saved")
    assert {one.device.type for one in onto_default.parameters()} == {"cpu"}


def test_random_numbers_of_the_graphics_unit_of_a_mac(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Torch asks for its state without a number of the device."""
    there = [torch.arange(3, dtype=torch.uint8)]
    monkeypatch.setattr(torch.mps, "get_rng_state", lambda: there[0])
    monkeypatch.setattr(torch.mps, "set_rng_state", there.append)
    place = torch.device("mps")
    state = random_state_of(place)
    torch.rand(2)
    set_random_state(state, place)
    assert torch.equal(there[1], there[0])
    assert torch.equal(random_state_of(place), state)


def states(device: str) -> list[list[int]]:
    """Of the generators of the processor and of the device."""
    found = [torch.get_rng_state()]
    if device == "cuda":
        found.append(torch.cuda.get_rng_state())
    return [one.tolist() for one in found]
