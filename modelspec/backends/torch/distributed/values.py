"""The values of a module that was divided without any, and of one that has its own.

What is no parameter is computed by every process and small beside them; parameters come
from the first process, tensor after tensor, of which each keeps its part.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    set_model_state_dict,
)
from torch.distributed.device_mesh import DeviceMesh

from modelspec.backends.torch.bare import make_bare
from modelspec.backends.torch.distributed.divide import share
from modelspec.backends.torch.stand_ins import has_tensors


def mesh_device(mesh: DeviceMesh) -> torch.device:
    """Where the part of this process lies."""
    if mesh.device_type == "cpu":
        return torch.device("cpu")
    index = torch.get_device_module(mesh.device_type).current_device()
    return torch.device(mesh.device_type, index)


def make_alike(module: nn.Module, mesh: DeviceMesh) -> None:
    """Give every process the values that the first has: each may have drawn its own."""
    device = mesh_device(mesh)
    tensors = [*module.parameters(), *module.buffers()]
    with torch.no_grad():
        for tensor in tensors:
            sent = tensor.detach().to(device).contiguous()
            for at in range(mesh.ndim):
                dist.broadcast(sent, group=mesh.get_group(at), group_src=0)
            if sent.data_ptr() != tensor.data_ptr():
                tensor.copy_(sent)


def fill(
    module: nn.Module,
    make: Callable[[], nn.Module],
    mesh: DeviceMesh,
    ties: list[list[str]],
    *,
    is_drawn: bool,
) -> None:
    """Give memory to a divided module on meta, and the values of what `make` makes.

    Where they are drawn, the first process makes it whole, once, on the processor; the
    others make what is no parameter. Else its parameters stay without values.
    """
    is_first = is_drawn and dist.get_rank() == 0
    bare = None if is_first else make_bare(make, "cpu")
    model = make() if bare is None else bare.module
    _give_memory(module, model, mesh, ties)
    if is_drawn:
        _give_values(module, model if is_first else None)


def _give_memory(
    module: nn.Module, model: nn.Module, mesh: DeviceMesh, ties: list[list[str]]
) -> None:
    """Memory for a divided module on meta. What is no parameter has the value that it
    has in `model`, the same module undivided."""
    device = mesh_device(mesh)
    module.to_empty(device=device)
    share(module, ties)
    pairs = zip(module.modules(), model.modules(), strict=True)
    for own, made in pairs:
        for name, buffer in made.named_buffers(recurse=False):
            own.get_buffer(name).copy_(buffer)
        for name, value in vars(made).items():
            if name not in _OWN and has_tensors(value):
                setattr(own, name, _moved(value, device))


_OWN = frozenset(("_parameters", "_buffers", "_modules"))


def _moved(value: Any, device: torch.device) -> Any:
    """A value that holds tensors, with these on a device."""
    if isinstance(value, torch.Tensor):
        return value.to(device)
    if isinstance(value, dict):
        return {key: _moved(one, device) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_moved(one, device) for one in value)
    return value


def _give_values(module: nn.Module, model: nn.Module | None) -> None:
    """The values of the first process's `model`; the others give none.

    Parameters and buffers of the `state_dict` are sent one after the other.
    """
    state = {} if model is None else model.state_dict()
    options = StateDictOptions(full_state_dict=True, broadcast_from_rank0=True)
    set_model_state_dict(module, state, options=options)
