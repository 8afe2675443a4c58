"""The memory of training, against what torch itself keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.autograd.graph import saved_tensors_hooks

import modelspec
from modelspec.report.summary import OPTIMIZERS
from tests.agreement.cases import CASES, EXAMPLES

NET = """\
modelspec: 1
name: Net
inputs: {x: [N, 3, 12, 12]}
modules:
  conv: Conv2d(3, 5, 3)
  norm: BatchNorm2d(5)
  head: {Sequential: [Flatten, "Linear(500, 7)"]}
  fixed: Linear(7, 7)
freeze: ["fixed.*"]
"""
MADE: dict[str, Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer]] = {
    "sgd": torch.optim.SGD,
    "sgd-momentum": partial(torch.optim.SGD, momentum=0.9),
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "adamax": torch.optim.Adamax,
    "radam": torch.optim.RAdam,
    "adadelta": torch.optim.Adadelta,
    "nadam": torch.optim.NAdam,
    "adagrad": torch.optim.Adagrad,
    "rmsprop": torch.optim.RMSprop,
    "adafactor": torch.optim.Adafactor,
}


def lines_of(path: str, **options: Any) -> dict[str, int]:
    source = modelspec.loads(NET) if not path else modelspec.load(path)
    memory = source.summary(**options).training
    assert memory is not None
    return {one.what: one.bytes for one in memory.lines}


def size_of(tensors: Iterable[torch.Tensor]) -> int:
    return sum(one.numel() * one.element_size() for one in tensors)


def test_every_optimizer_is_held_against_torch() -> None:
    assert MADE.keys() == OPTIMIZERS.keys()


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", MADE)
def test_what_an_optimizer_keeps(name: str, dtype: str) -> None:
    """Byte for byte what the real one has after a step."""
    module = modelspec.loads(NET).build(dtype=dtype)
    trained = [one for one in module.parameters() if one.requires_grad]
    for one in trained:
        one.grad = torch.ones_like(one)
    optimizer = MADE[name](trained)
    optimizer.step()
    kept = [
        value
        for state in optimizer.state.values()
        for value in state.values()
        if isinstance(value, torch.Tensor)
    ]
    lines = lines_of("", optimizer=name, dtype=dtype)
    assert lines["optimizer"] == size_of(kept)
    assert lines["gradients"] == size_of(
        one.grad for one in trained if one.grad is not None
    )
    assert lines["weights"] == size_of([*module.parameters(), *module.buffers()])


@pytest.mark.parametrize(
    ("path", "input"),
    [
        (str(EXAMPLES / "resnet.yaml:resnet18"), {"x": (2, 3, 64, 64)}),
        (str(EXAMPLES / "vae.yaml"), {"x": (4, 1, 28, 28)}),
        (str(EXAMPLES / "tied.yaml"), {"tokens": (2, 9)}),
        (str(CASES / "transformer_encoder" / "spec.yaml"), None),
    ],
    ids=lambda value: Path(value).stem if isinstance(value, str) else "",
)
def test_what_autograd_keeps(
    path: str, input: dict[str, tuple[int, ...]] | None
) -> None:
    """Byte for byte what a real forward in train mode leaves for the backward."""
    spec = modelspec.load(path)
    found = spec.summary(input=input, optimizer="sgd")
    assert found.training is not None
    assert found.observation is not None
    sizes = {"x": found.sizes}["x"]
    module = spec.build(seed=0)
    from modelspec.sizes import evaluate

    inputs = [
        torch.ones(
            [evaluate(n, sizes) for n in one.shape], dtype=getattr(torch, one.dtype)
        )
        for _, one in found.observation.inputs
    ]
    held = {
        one.untyped_storage()._cdata
        for one in [*module.parameters(), *module.buffers()]
    }
    kept: dict[int, torch.UntypedStorage] = {}

    def note(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in held:
            kept[storage._cdata] = storage
        return tensor

    with saved_tensors_hooks(note, lambda tensor: tensor):
        module(*inputs)
    lines = {one.what: one.bytes for one in found.training.lines}
    assert lines["activations"] == sum(one.nbytes() for one in kept.values())


def test_a_network_that_takes_no_single_sample() -> None:
    """Normalising over samples needs two; one is told from two and three."""
    text = (
        "modelspec: 1\nname: Net\ninputs: {x: [N, 8]}\nSequential: ['BatchNorm1d(8)']\n"
    )
    spec = modelspec.loads(text)

    def activations(**options: Any) -> int:
        memory = spec.summary(optimizer="sgd", **options).training
        assert memory is not None
        return {one.what: one.bytes for one in memory.lines}["activations"]

    two, three = (activations(input={"x": (n, 8)}) for n in (2, 3))
    assert activations() == 2 * two - three > 0


def test_no_figure_where_there_is_none() -> None:
    """Without a run the estimate is without activations, and says so."""
    text = "modelspec: 1\nname: Net\ninputs: [x]\nSequential: ['Linear(8, 8)']\n"
    found = modelspec.loads(text).summary(optimizer="adam")
    assert found.training is not None
    assert [one.what for one in found.training.lines] == [
        "weights",
        "gradients",
        "optimizer",
    ]
    assert "without activations" in found.text()
