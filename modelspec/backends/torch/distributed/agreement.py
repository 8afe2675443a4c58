"""Whether all processes go on: where one is refused and the others wait for it, they
wait for ever."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.distributed as dist
from torch.distributed.device_mesh import DeviceMesh

from modelspec.backends.torch.distributed.values import mesh_device
from modelspec.diagnostics.diagnostic import Diagnostic, SpecError


def require_agreement(
    problems: Sequence[Diagnostic], mesh: DeviceMesh, *, is_empty: bool
) -> None:
    """Raise `SpecError` in every process, if there is one with problems, or if the
    module is on the device meta in some and not in others."""
    said = torch.tensor([bool(problems), is_empty, not is_empty], dtype=torch.int32)
    said = said.to(mesh_device(mesh))
    dist.all_reduce(said, op=dist.ReduceOp.MAX)
    if problems:
        raise SpecError(problems)
    is_refused, any_empty, any_full = map(bool, said.tolist())
    if is_refused:
        message = "another process was refused, it tells what is wrong"
        raise SpecError([Diagnostic("cannot-divide", message, None)])
    if any_empty and any_full:
        message = "the module is on the device meta in some processes, not in all"
        help = "build it in the same way in each of them"
        raise SpecError([Diagnostic("cannot-divide", message, None, help=(help,))])
