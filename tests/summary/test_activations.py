"""Activations are the new tensors of a real run, kernel by kernel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

import modelspec
from modelspec.sizes import evaluate
from tests.agreement.cases import EXAMPLES


class Made(TorchDispatchMode):
    """Bytes of all tensors that kernels make, in memory that none of them got."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> object:
        output = func(*args, **(kwargs or {}))
        given = {_memory(one) for one in _tensors((args, kwargs))}
        new = {_memory(one): one for one in _tensors(output)}
        self.bytes += sum(
            one.numel() * one.element_size()
            for memory, one in new.items()
            if memory not in given
        )
        return output


def _tensors(value: object) -> list[torch.Tensor]:
    return [one for one in tree_leaves(value) if isinstance(one, torch.Tensor)]


def _memory(tensor: torch.Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


@pytest.mark.parametrize(
    ("path", "input"),
    [
        ("resnet.yaml:resnet18", {"x": (2, 3, 64, 64)}),
        ("vae.yaml", {"x": (4, 1, 28, 28)}),
        ("tied.yaml", {"tokens": (2, 9)}),
        ("zoo/mobilenet_v3.yaml:mobilenet_v3_small", {"x": (1, 3, 64, 64)}),
        ("zoo/hf_gpt2.yaml", {"input_ids": (1, 8)}),
    ],
    ids=lambda value: Path(value).stem if isinstance(value, str) else "",
)
def test_activations(path: str, input: dict[str, tuple[int, ...]]) -> None:
    spec = modelspec.load(EXAMPLES / path)
    found = spec.summary(input=input)
    assert found.observation is not None
    inputs = [
        torch.zeros(
            [evaluate(size, found.sizes) for size in tensor.shape],
            dtype=getattr(torch, tensor.dtype),
        )
        for _, tensor in found.observation.inputs
    ]
    module = spec.build().eval()
    with torch.no_grad(), Made() as made:
        module(*inputs)
    assert found.count(found.root.tally.made) == made.bytes
