"""The tensors of a module that are written: whole, also where processes share it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def whole_state(module: nn.Module) -> Iterator[Mapping[str, torch.Tensor] | None]:
    """The `state_dict`, in which a tensor that has several names is one.

    None in every process but the first that a module is divided among. These all call
    it, and go on when the first has done what it does with it.
    """
    # What was never imported has divided nothing.
    if "torch.distributed.tensor" not in sys.modules:
        yield module.state_dict(keep_vars=True)
        return
    from modelspec.backends.torch.distributed.whole import (
        first_process_alone,
        gather,
        is_divided,
    )

    if not is_divided(module):
        yield module.state_dict(keep_vars=True)
        return
    state = gather(module)
    with first_process_alone():
        yield state
