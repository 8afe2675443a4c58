"""A divided module put together again, tensor after tensor, in its first process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.tensor import DTensor


def is_divided(module: nn.Module) -> bool:
    return any(isinstance(one, DTensor) for one in module.parameters())


def gather(module: nn.Module) -> dict[str, torch.Tensor] | None:
    """The `state_dict` with whole tensors on the processor; one that has several names
    is one. None in every process but the first; all of them call it."""
    is_first = dist.get_rank() == 0
    state: dict[str, torch.Tensor] = {}
    done: dict[int, torch.Tensor] = {}
    for name, own in module.state_dict(keep_vars=True).items():
        if id(own) not in done:
            tensor = own.detach()
            whole = tensor.full_tensor() if isinstance(tensor, DTensor) else tensor
            done[id(own)] = whole.cpu() if is_first else whole.new_empty(0)
        state[name] = done[id(own)]
    return state if is_first else None


@contextmanager
def first_process_alone() -> Iterator[None]:
    """What the first process does here is done when any goes on; also if it fails."""
    try:
        yield
    finally:
        dist.barrier()
