"""A parameter is made on its device, of its dtype, once: there is no second copy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import modelspec
from tests.devices.live import MAPS, Live
from tests.devices.places import EACH

LAYERS = 8
WIDTH = 256
TEXT = f"""\
modelspec: 1
name: Net
Sequential:
  - for i in range({LAYERS}): Linear({WIDTH}, {WIDTH})
"""
LAYER = 4 * (WIDTH * WIDTH + WIDTH)
"""The bytes of one."""
SMALL = 2**15
"""Bytes that are no weights: the states of random numbers."""

each_device = pytest.mark.parametrize("device", EACH)


def size_of(module: nn.Module) -> int:
    return sum(one.numel() * one.element_size() for one in module.parameters())


def test_what_counts_would_count_a_copy() -> None:
    """Made of float32 and converted, each parameter is there twice for a while."""
    with Live() as live:
        model = modelspec.loads(TEXT).build().to(torch.float64)
    assert live.peak["cpu"] > size_of(model) + LAYER // 2


@each_device
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_made_of_its_dtype(dtype: str, device: str) -> None:
    with Live() as live:
        model = modelspec.loads(TEXT).build(device=device, dtype=dtype, seed=1)
    kind = getattr(torch, dtype)
    assert {one.dtype for one in model.parameters()} == {kind}
    assert live.peak == {device: size_of(model)}


@pytest.mark.skipif(not MAPS.exists(), reason="nothing tells what is mapped")
@each_device
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_weights_go_straight_to_the_device(
    dtype: str, device: str, tmp_path: Path
) -> None:
    """Of a file of float32: where they stay what they are, they stay mapped."""
    file = tmp_path / "net.safetensors"
    spec = modelspec.loads(TEXT)
    other = spec.build(seed=2)
    save(other, file)
    with Live() as live:
        model = spec.build(device=device, dtype=dtype, weights=file)
    wanted = {k: v.to(device, getattr(torch, dtype)) for k, v in state(other).items()}
    assert all(torch.equal(value, wanted[k]) for k, value in state(model).items())
    most = {"cpu": SMALL, "meta": size_of(model)}
    most[device] = LAYER + SMALL
    if device != "cpu" or dtype != "float32":
        most[device] += size_of(model)
    assert all(size <= most.get(place, 0) for place, size in live.peak.items())


@pytest.mark.parametrize("device", EACH[1:])
def test_what_cuda_allocates(device: str, tmp_path: Path) -> None:
    """As its own allocator tells, which sees what operations do not."""
    file = tmp_path / "net.safetensors"
    spec = modelspec.loads(TEXT)
    save(spec.build(), file)
    spec.build(device=device)
    choices: list[dict[str, Any]] = [{}, {"weights": file}]
    for options in choices:
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        model = spec.build(device=device, **options)
        most = torch.cuda.max_memory_allocated() - before
        assert size_of(model) <= most <= size_of(model) + 2 * LAYER
        del model


def state(module: nn.Module) -> dict[str, torch.Tensor]:
    return module.state_dict()


def save(module: nn.Module, file: Path) -> None:
    from safetensors.torch import save_file

    save_file(module.state_dict(), file)
