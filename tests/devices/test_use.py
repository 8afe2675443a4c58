"""What is done with a model on a device: compiling, trial runs, the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import modelspec
from modelspec.backends.torch import keep_random_state
from tests.cli.commands import run
from tests.devices.models import MODELS, build, make_inputs
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


def states(device: str) -> list[list[int]]:
    """Of the generators of the processor and of the device."""
    found = [torch.get_rng_state()]
    if device == "cuda":
        found.append(torch.cuda.get_rng_state())
    return [one.tolist() for one in found]
