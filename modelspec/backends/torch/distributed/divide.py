"""`parallel` applied to a module: what is said of it, in the order torch wants it.

Tensor parallelism first, then activation checkpointing, then FSDP, a module before the
one it is in. The names of the `state_dict` stay. Torch divides each layer for itself:
tensors that were one are made one again, frozen ones are frozen again.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor.parallel import parallelize_module
from torch.utils.checkpoint import checkpoint

from modelspec.backends.torch.distributed.styles import read_policy, read_style
from modelspec.backends.torch.globs import find_modules
from modelspec.diagnostics.diagnostic import Diagnostic
from modelspec.program.ir import Glob, Parallel

PLAN, FSDP = "tp", "dp"
"""The dimensions of a mesh."""


def mesh_problems(parallel: Parallel, mesh: DeviceMesh) -> Iterator[Diagnostic]:
    """What a mesh lacks, or has for nothing: gradients would be wrong, unsaid."""
    names = mesh.mesh_dim_names or ()
    wanted = [PLAN] if parallel.plan else []
    wanted = wanted if parallel.fsdp is None else [FSDP, *wanted]
    for name in wanted:
        if name not in names:
            key = "plan" if name == PLAN else "fsdp"
            has = ", ".join(map(repr, names)) or "no names"
            yield Diagnostic(
                "wrong-mesh",
                f"the mesh has no dimension '{name}', which '{key}' is for; it has"
                f" {has}",
                parallel.span,
                note="declared here",
                help=(_EXAMPLE.format(names=tuple(wanted)),),
            )
    for name in names:
        if name not in wanted:
            meant = {PLAN: "plan", FSDP: "fsdp"}.get(name)
            advice = f"`{meant}` would be for it" if meant else _PARTS
            yield Diagnostic(
                "wrong-mesh",
                f"the spec says nothing of the dimension '{name}' of the mesh",
                parallel.span,
                note="declared here",
                help=(advice,),
            )
    if sorted(names) == sorted(wanted) and mesh.size() != dist.get_world_size():
        yield Diagnostic(
            "wrong-mesh",
            f"the mesh has {mesh.size()} of the {dist.get_world_size()} processes",
            None,
            help=("a model is divided among all of them",),
        )


_PARTS = "`plan` is for 'tp', `fsdp` for 'dp'"
_EXAMPLE = "`init_device_mesh(device_type, sizes, mesh_dim_names={names})` makes one"


def divide(parallel: Parallel, root: nn.Module, mesh: DeviceMesh) -> None:
    """Divide a module in place; nothing of it may be wrong."""
    ties, frozen = shared_names(root), _frozen_names(root)
    for one in parallel.plan:
        style = read_style(one.style)
        for module in _modules(root, [one.modules]):
            parallelize_module(module, mesh[PLAN], style)
    share(root, ties)
    for name in frozen:
        root.get_parameter(name).requires_grad_(False)
    for module in _modules(root, parallel.checkpointing):
        module.forward = partial(checkpoint, module.forward, use_reentrant=False)
    if parallel.fsdp is not None:
        call = parallel.mixed_precision
        policy = MixedPrecisionPolicy() if call is None else read_policy(call)
        for module in reversed(_modules(root, parallel.fsdp)):
            fully_shard(module, mesh=mesh[FSDP], mp_policy=policy)
        fully_shard(root, mesh=mesh[FSDP], mp_policy=policy)


def _modules(root: nn.Module, globs: list[Glob] | tuple[Glob, ...]) -> list[nn.Module]:
    return [*find_modules(root, [one.pattern for one in globs]).values()]


def _frozen_names(root: nn.Module) -> list[str]:
    return [name for name, one in root.named_parameters() if not one.requires_grad]


def shared_names(root: nn.Module) -> list[list[str]]:
    """The names of each parameter that has several."""
    groups: dict[nn.Parameter, list[str]] = {}
    for name, tensor in root.named_parameters(remove_duplicate=False):
        groups.setdefault(tensor, []).append(name)
    return [names for names in groups.values() if len(names) > 1]


def share(root: nn.Module, groups: list[list[str]]) -> None:
    """Make one parameter of those of each group, the first."""
    for first, *others in groups:
        tensor: torch.Tensor = root.get_parameter(first)
        for name in others:
            owner, _, last = name.rpartition(".")
            setattr(root.get_submodule(owner), last, tensor)
