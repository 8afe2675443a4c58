"""The values of a module that was divided without any, and of one that has its own.

All values are those of the first process. What is no parameter is small: every process
has all of it. Parameters are sent whole, one after the other, and each keeps its part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.device_mesh import DeviceMesh

from modelspec.backends.torch.bare import make_bare
from modelspec.backends.torch.distributed.divide import share
from modelspec.backends.torch.distributed.loading import keep_part
from modelspec.backends.torch.stand_ins import tensors_in, tensors_of


def mesh_device(mesh: DeviceMesh) -> torch.device:
    """Where the part of this process lies."""
    if mesh.device_type == "cpu":
        return torch.device("cpu")
    index = torch.get_device_module(mesh.device_type).current_device()
    return torch.device(mesh.device_type, index)


def make_alike(module: nn.Module, mesh: DeviceMesh) -> None:
    """Give every process the values that the first has: each may have drawn its own."""
    _send(tensors_of(module), mesh)


def _send(tensors: Iterable[torch.Tensor], mesh: DeviceMesh) -> None:
    """The values of the first process, each tensor once."""
    device = mesh_device(mesh)
    with torch.no_grad():
        for tensor in {id(one): one for one in tensors}.values():
            own = _without_repeats(tensor.detach())
            sent = own.to(device).contiguous()
            _broadcast(sent, mesh)
            if sent.data_ptr() != own.data_ptr():
                own.copy_(sent)


def _without_repeats(tensor: torch.Tensor) -> torch.Tensor:
    """The part of an expanded tensor that lies in memory."""
    for at, (size, step) in enumerate(zip(tensor.shape, tensor.stride(), strict=True)):
        if step == 0 and size > 1:
            tensor = tensor.narrow(at, 0, 1)
    return tensor


def _broadcast(tensor: torch.Tensor, mesh: DeviceMesh) -> None:
    for at in range(mesh.ndim):
        dist.broadcast(tensor, group=mesh.get_group(at), group_src=0)


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
    is_first = is_drawn and not any(mesh.get_coordinate() or ())
    bare = None if is_first else make_bare(make, "cpu")
    model = make() if bare is None else bare.module
    _give_memory(module, model, mesh, ties)
    _send((one for one in tensors_of(module) if not _is_parameter(one)), mesh)
    if is_drawn:
        _give_values(module, model if is_first else None, mesh)


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
            if name not in _OWN and _is_own_value(value):
                setattr(own, name, _moved(value, device))


def _is_own_value(value: object) -> bool:
    """Whether it holds tensors; those of an LSTM's list are its parameters again."""
    found = list(tensors_in(value))
    return bool(found) and not any(map(_is_parameter, found))


def _is_parameter(tensor: torch.Tensor) -> bool:
    return isinstance(tensor, nn.Parameter)


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


def _give_values(module: nn.Module, model: nn.Module | None, mesh: DeviceMesh) -> None:
    """The parameters of the first process's `model`, whole, one after the other; the
    others have none, and every process keeps its part."""
    device = mesh_device(mesh)
    whole = {} if model is None else dict(model.named_parameters())
    with torch.no_grad():
        for name, own in module.named_parameters():
            sent = torch.empty(own.shape, dtype=own.dtype, device=device)
            if model is not None:
                sent.copy_(whole[name])
            _broadcast(sent, mesh)
            keep_part(own, sent)
