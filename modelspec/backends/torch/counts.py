"""What a module holds, in numbers. Never changes it."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn.parameter import is_lazy


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of elements; what is shared counts once."""

    total: int
    trainable: int
    buffers: int
    bytes: int
    """Of parameters and buffers."""


def count_parameters(module: nn.Module) -> Counts:
    """Count parameters and buffers; lazy ones, without a size yet, count nothing."""
    parameters: list[Tensor] = list(module.parameters())
    known = [p for p in parameters if not is_lazy(p)]
    buffers = [b for b in module.buffers() if not is_lazy(b)]
    return Counts(
        total=sum(p.numel() for p in known),
        trainable=sum(p.numel() for p in known if p.requires_grad),
        buffers=sum(b.numel() for b in buffers),
        bytes=sum(t.numel() * t.element_size() for t in [*known, *buffers]),
    )
