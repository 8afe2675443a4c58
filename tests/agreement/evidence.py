"""What two models must have in common, as plain values that pytest can compare."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn


def layout(model: nn.Module) -> list[str]:
    """Keys of the `state_dict` in order, each with what is known of its tensor."""
    trained = {name for name, _ in model.named_parameters(remove_duplicate=False)}
    return [
        f"{key} {tensor.dtype} {tuple(tensor.shape)}"
        f"{'' if key in trained else ' buffer'}"
        f"{' requires_grad' if tensor.requires_grad else ''}"
        for key, tensor in model.state_dict(keep_vars=True).items()
    ]


def transient(model: nn.Module) -> list[str]:
    """Buffers that are not in the `state_dict`."""
    kept = model.state_dict()
    return [name for name, _ in model.named_buffers() if name not in kept]


def sharing(model: nn.Module) -> list[tuple[str, ...]]:
    """Groups of names that are one parameter, one buffer or one module."""
    named: list[Iterable[tuple[str, object]]] = [
        model.named_parameters(remove_duplicate=False),
        model.named_buffers(remove_duplicate=False),
        model.named_modules(remove_duplicate=False),
    ]
    groups: dict[int, list[str]] = {}
    for name, value in (pair for pairs in named for pair in pairs):
        groups.setdefault(id(value), []).append(name)
    return [tuple(group) for group in groups.values() if len(group) > 1]


def different_tensors(mine: nn.Module, other: nn.Module) -> list[str]:
    """Parameters and buffers, transient ones too, that differ in any bit."""
    theirs = dict([*other.named_parameters(), *other.named_buffers()])
    ours = dict([*mine.named_parameters(), *mine.named_buffers()])
    assert ours.keys() == theirs.keys()
    return [name for name in ours if not same_bits(ours[name], theirs[name])]


def same_bits(mine: Tensor, other: Tensor) -> bool:
    same_kind = (mine.dtype, mine.shape) == (other.dtype, other.shape)
    return same_kind and torch.equal(_bytes(mine), _bytes(other))


def _bytes(tensor: Tensor) -> Tensor:
    return tensor.detach().contiguous().reshape(-1).view(torch.uint8)


def run(model: nn.Module, inputs: Sequence[Any], *, train: bool, seed: int) -> Any:
    """The output for copies of the inputs, with dropout drawn from the seed."""
    model.train(train)
    given = [i.clone() if isinstance(i, Tensor) else i for i in inputs]
    torch.manual_seed(seed)
    return model(*given)


def plain(output: Any) -> Any:
    """An output with its tensors spelled out, bit for bit, so that `==` compares it."""
    if isinstance(output, Tensor):
        bits = bytes(_bytes(output).tolist())
        return str(output.dtype), tuple(output.shape), bits
    if isinstance(output, dict):
        return {key: plain(value) for key, value in output.items()}
    if isinstance(output, (list, tuple)):
        return type(output)(plain(item) for item in output)
    return output
