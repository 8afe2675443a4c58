"""On each device, of each dtype: a seed gives the model that generated code gives."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.agreement import evidence
from tests.agreement.cases import Model
from tests.devices.models import MODELS, SEED, build, generate, make_inputs
from tests.devices.places import EACH

DTYPES = (torch.float32, torch.float16, torch.bfloat16, torch.float64)

each_model = pytest.mark.parametrize("model", MODELS, ids=str)
each_device = pytest.mark.parametrize("device", EACH)


@each_device
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@each_model
def test_weights(model: Model, dtype: torch.dtype, device: str) -> None:
    """Parameters and buffers have the same bits, dtypes and devices; as many random
    numbers are drawn."""
    other = generate(model, device, dtype)
    after = random_numbers(device)
    mine = build(model, device=device, dtype=dtype)
    assert random_numbers(device) == after
    assert evidence.layout(mine) == evidence.layout(other)
    assert evidence.different_tensors(mine, other) == []
    pairs = zip(tensors(mine), tensors(other), strict=True)
    assert all(a.device == b.device and a.device.type == device for a, b in pairs)
    assert {one.dtype for one in mine.parameters()} == {dtype}


@each_model
def test_all_of_it_is_on_the_device(model: Model) -> None:
    """Also what a spec makes besides parameters, as meta shows on any machine, and
    what its `forward` makes."""
    mine = build(model, device="meta")
    assert all(one.is_meta for one in tensors(mine))
    if model.case.name != "examples/nest_mlp":  # reads a number out of a tensor
        given = make_inputs(model, "meta", torch.float32)
        assert all(one.is_meta for one in outputs(mine.eval()(*given)))


@each_device
@each_model
def test_outputs_and_gradients(model: Model, device: str) -> None:
    mine, other = build(model, device=device), generate(model, device, torch.float32)
    given = make_inputs(model, device, torch.float32)
    compare(run(mine, given), run(other, given), device)
    gradients = [[p.grad for p in one.parameters()] for one in (mine, other)]
    assert any(one is not None for one in gradients[0])
    compare(*gradients, device)


@each_device
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
@each_model
def test_outputs_of_half_precision(
    model: Model, dtype: torch.dtype, device: str
) -> None:
    mine, other = (
        build(model, device=device, dtype=dtype).eval(),
        generate(model, device, dtype).eval(),
    )
    given = make_inputs(model, device, dtype)
    with torch.no_grad():
        found, wanted = outputs(mine(*given)), outputs(other(*given))
    assert any(one.dtype is dtype for one in found)
    compare(found, wanted, device)


def random_numbers(device: str) -> list[float]:
    """The next ones of the processor and of the device."""
    places = dict.fromkeys(("cpu", device))
    return [float(torch.rand(1, device=one)) for one in places]


def tensors(module: nn.Module) -> list[Tensor]:
    return [*module.parameters(), *module.buffers()]


def run(module: nn.Module, given: list[Any]) -> list[Tensor]:
    """Outputs, in train mode, with gradients of their sum."""
    for one in module.modules():
        if isinstance(one, nn.RNNBase):
            one.dropout = 0.0  # cuDNN draws from a state that no seed sets
    torch.manual_seed(SEED)
    found = outputs(module(*given))
    loss = sum(one.float().pow(2).mean() for one in found if one.requires_grad)
    assert isinstance(loss, Tensor)
    loss.backward()  # type: ignore[no-untyped-call]  # torch's
    return found


def outputs(value: Any) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    parts = value.values() if isinstance(value, dict) else value
    return [one for part in parts or () for one in outputs(part)]


def compare(found: list[Any], wanted: list[Any], device: str) -> None:
    """The same bits on the processor; sums are in no fixed order on CUDA."""
    for mine, other in zip(found, wanted, strict=True):
        if mine is None or device == "cpu":
            assert (mine is None) == (other is None)
            assert mine is None or torch.equal(mine, other)
        else:
            torch.testing.assert_close(mine, other)
