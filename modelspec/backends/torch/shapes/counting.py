"""Counts the multiply-adds of a run, by torch's own formulas.

Comes in: a recorder. While this mode is on, each kernel of torch's that has a formula in
`torch.utils.flop_counter` adds to the step that is running. What torch computes by
several kernels is taken apart as on any device.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from modelspec.backends.torch.shapes.recorder import Recorder


class Counter(TorchDispatchMode):
    """A flop counter's multiplication and addition are one multiply-add."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self._recorder = recorder

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> object:
        given = dict(kwargs or {})
        formula = flop_registry.get(func._overloadpacket)
        if formula is not None:
            output = func(*args, **given)
            self._add(formula, args, given, output)
            return output
        if _is_composite(func):
            with self:
                taken_apart = func.decompose(*args, **given)
            if taken_apart is not NotImplemented:
                return taken_apart
        return func(*args, **given)

    def _add(
        self,
        formula: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        output: object,
    ) -> None:
        step = self._recorder.current
        if step is not None:
            step.multiply_adds += formula(*args, **kwargs, out_val=output) // 2


def _is_composite(func: Any) -> bool:
    """Whether torch computes it by other kernels on every device."""
    known = _COMPOSITE.get(func)
    if known is None:
        key = torch._C.DispatchKey.CompositeImplicitAutograd
        known = func.namespace == "aten" and func.has_kernel_for_dispatch_key(key)
        _COMPOSITE[func] = known
    return known


_COMPOSITE: dict[Any, bool] = {}
