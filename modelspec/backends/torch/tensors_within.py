"""The tensors in what a function takes or returns, and the memory they see."""

from __future__ import annotations

from collections.abc import Iterator

import torch


def tensors_in(value: object) -> Iterator[torch.Tensor]:
    """The tensors in a value; what holds others is gone through once."""
    seen: set[int] = set()
    pending = [value]
    while pending:
        one = pending.pop()
        if isinstance(one, torch.Tensor):
            yield one
        elif isinstance(one, (tuple, list, dict)) and id(one) not in seen:
            seen.add(id(one))
            inside = one.values() if isinstance(one, dict) else one
            pending += reversed(list(inside))


def storage_of(tensor: torch.Tensor) -> int:
    """What tells the memory of a tensor from that of others, while it is there."""
    address: int = tensor.untyped_storage()._cdata
    return address
