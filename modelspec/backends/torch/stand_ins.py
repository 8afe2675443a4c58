"""Copies of a module whose tensors take no memory.

Comes in: a built module on any device. Goes out: a copy in eval mode with the same
structure, sharing and sizes. The module itself, its mode and its tensors are never
touched, and nothing is drawn.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

import torch
from torch import nn
from torch.nn.parameter import is_lazy

_DEEPEST = 4


def copy_on_meta(module: nn.Module) -> nn.Module:
    """A copy with everything on the device meta."""
    return _copy_with(module, _on_meta)


def copy_with(
    module: nn.Module, stand_in: Callable[[torch.Tensor], torch.Tensor]
) -> nn.Module:
    """A copy with a stand-in for every tensor that has a size."""
    return _copy_with(module, lambda one: None if is_lazy(one) else stand_in(one))


def device_of(module: nn.Module) -> torch.device:
    """The device of the first tensor, or torch's default."""
    for tensor in (*module.parameters(), *module.buffers()):
        return tensor.device
    return torch.get_default_device()


def _copy_with(
    module: nn.Module, stand_in: Callable[[torch.Tensor], torch.Tensor | None]
) -> nn.Module:
    made: dict[int, object] = {}
    for tensor in tensors_of(module):
        if id(tensor) not in made and (other := stand_in(tensor)) is not None:
            made[id(tensor)] = other
    return copy.deepcopy(module, made).eval()


def tensors_of(module: nn.Module) -> Iterator[torch.Tensor]:
    """Parameters, buffers, and tensors that are plain attributes."""
    for one in module.modules():
        yield from _inside(vars(one).values(), 0)


def tensors_in(value: object) -> Iterator[torch.Tensor]:
    """A value that is a tensor, or those that it holds."""
    yield from _inside([value], 0)


def _inside(values: Iterable[object], depth: int) -> Iterator[torch.Tensor]:
    for value in values:
        if isinstance(value, torch.Tensor):
            yield value
        elif depth < _DEEPEST and isinstance(value, dict):
            yield from _inside(value.values(), depth + 1)
        elif depth < _DEEPEST and isinstance(value, (list, tuple)):
            yield from _inside(value, depth + 1)


def _on_meta(tensor: torch.Tensor) -> torch.Tensor:
    if is_lazy(tensor):
        kind: Any = type(tensor)
        return cast(
            "torch.Tensor",
            kind(tensor.requires_grad, device="meta", dtype=tensor.data.dtype),
        )
    made = tensor.detach().to("meta")
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(made, requires_grad=tensor.requires_grad)
    return made
