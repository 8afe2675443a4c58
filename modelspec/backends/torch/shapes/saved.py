"""What training keeps of a forward: the bytes that autograd saves for the backward.

Comes in: a built module and sizes for all symbols of its inputs. Goes out: a number of
bytes, found by a run in train mode on fake tensors, of which autograd tells what it
saves. Parameters and buffers are not among them: they are there anyway. The module is
not touched; random numbers are not drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.autograd.graph import saved_tensors_hooks

from modelspec.backends.torch.classes import ModuleClasses
from modelspec.backends.torch.planned_run import plan_run, quiet
from modelspec.backends.torch.shapes.observe import fake_tensor
from modelspec.backends.torch.stand_ins import copy_with
from modelspec.backends.torch.without_dynamo import without_dynamo


def count_saved(
    classes: ModuleClasses,
    module: nn.Module,
    params: Mapping[str, object],
    sizes: Mapping[str, int],
    dtype: str | torch.dtype | None = None,
) -> int | None:
    """Bytes that one forward in train mode leaves for the backward.

    None where it cannot run: inputs may have no shapes, some layers take no single
    sample in train mode, and some code depends on the values of tensors.
    """
    planned = plan_run(classes, module, params, sizes, dtype)
    if not planned.inputs:
        return None
    fakes = FakeTensorMode(allow_non_fake_inputs=True)
    keep = torch.random.fork_rng(devices=[])
    with quiet(), without_dynamo(), keep, fakes:
        trial = copy_with(module, partial(fake_tensor, fakes)).train()
        tensors = planned.tensors("cpu")
        saved = _Saved(trial)
        try:
            with classes.bounded(), torch.enable_grad(), saved.watched():
                planned.call(trial, tensors)
        except Exception:
            return None
    return saved.bytes()


class _Saved:
    """Storages that were saved, each once."""

    def __init__(self, module: nn.Module) -> None:
        held = (*module.parameters(), *module.buffers())
        self._held = {one.untyped_storage()._cdata for one in held}
        # Kept alive, so that no other storage gets the address of one.
        self._found: dict[int, torch.UntypedStorage] = {}

    def watched(self) -> saved_tensors_hooks:
        """While this is on, what autograd saves is noted."""
        return saved_tensors_hooks(self._note, lambda tensor: tensor)

    def _note(self, tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in self._held:
            self._found[storage._cdata] = storage
        return tensor

    def bytes(self) -> int:
        return sum(int(one.nbytes()) for one in self._found.values())
