"""Fake tensors that count the multiply-adds of a run, by torch's own formulas.

Comes in: what to tell of each. While this mode is on, each kernel of torch's that has a
formula in `torch.utils.flop_counter` is counted, with sizes that may be symbolic. What
torch computes by several kernels it takes apart as on any device.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.symbolic_shapes import ShapeEnv
from torch.utils.flop_counter import flop_registry

_FLASH = torch.ops.aten._scaled_dot_product_flash_attention
_FORMULAS = {
    **flop_registry,
    # What has arguments in the same order, and no formula of its own.
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: flop_registry[_FLASH],
}

Tell = Callable[["int | torch.SymInt"], None]


class CountingFakes(FakeTensorMode):  # type: ignore[no-untyped-call] # of torch's
    """A flop counter's multiplication and addition are one multiply-add."""

    def __init__(self, environment: ShapeEnv, tell: Tell) -> None:
        super().__init__(shape_env=environment, allow_non_fake_inputs=True)
        self._tell = tell
        self._is_counting = False

    def dispatch(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> object:
        """Compute shapes, and count; a formula tells all of what is inside too."""
        formula = _FORMULAS.get(func._overloadpacket)
        if formula is None or self._is_counting:
            return super().dispatch(func, types, args, kwargs)
        self._is_counting = True
        try:
            output = super().dispatch(func, types, args, kwargs)
        finally:
            self._is_counting = False
        self._tell(formula(*args, **(kwargs or {}), out_val=output) // 2)
        return output
