"""Fake tensors that count: multiply-adds, by torch's own formulas, and new memory.

Comes in: whom to tell. While this mode is on, each kernel of torch's that has a formula
in `torch.utils.flop_counter` is counted, and the bytes of the tensors that each makes,
with sizes that may be symbolic. What torch computes by several kernels it takes apart
as on any device.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.fx.experimental.symbolic_shapes import ShapeEnv
from torch.utils.flop_counter import flop_registry

from modelspec.backends.torch.shapes.strict import check_kernel
from modelspec.backends.torch.tensors_within import storage_of, tensors_in

_FLASH = torch.ops.aten._scaled_dot_product_flash_attention
_FORMULAS = {
    **flop_registry,
    # What has arguments in the same order, and no formula of its own.
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: flop_registry[_FLASH],
}
_BATCH_NORM = torch.ops.aten.native_batch_norm.default

Tell = Callable[["int | torch.SymInt"], None]


class CountingFakes(FakeTensorMode):  # type: ignore[no-untyped-call] # of torch's
    """A flop counter's multiplication and addition are one multiply-add."""

    def __init__(self, environment: ShapeEnv) -> None:
        super().__init__(shape_env=environment, allow_non_fake_inputs=True)
        # Calls that repeat are known (see `repeats`); of others it only takes time,
        # and what is computed anew asks anew what it asked of sizes.
        self.cache_enabled = False
        self._is_counting = False
        self._depth = 0

    def tell(self, multiply_adds: Tell, bytes_made: Tell) -> None:
        """Whom to tell."""
        self._tell = multiply_adds
        self._tell_made = bytes_made

    def dispatch(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> object:
        """Compute shapes, and count what the outermost kernel makes."""
        check_kernel(func, args, kwargs or {})
        self._depth += 1
        try:
            output = self._counted(func, types, args, kwargs)
        finally:
            self._depth -= 1
        if not self._depth:
            self._tell_made(_bytes_made((args, kwargs), output))
        return output

    def _counted(self, func: Any, types: Any, args: Any, kwargs: Any) -> object:
        """The kernel; a formula tells all of what is inside too."""
        if func is _BATCH_NORM and _is_plain(args):
            return self._normalized(args[0])
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

    def _normalized(self, given: FakeTensor) -> tuple[FakeTensor, ...]:
        """What comes of normalization outside of training: torch finds it by a dozen
        operations in Python, each of which computes symbolic sizes anew."""
        shapes = (given.shape, (0,), (0,))
        return tuple(
            FakeTensor(
                self, torch.empty(one, dtype=given.dtype, device="meta"), given.device
            )
            for one in shapes
        )


def _is_plain(args: tuple[Any, ...]) -> bool:
    """Whether the arguments of a batch normalization are those of an eval mode, and
    its input lies in memory as it is written."""
    given, _, _, mean, variance, trains = args[:6]
    return (
        not trains
        and isinstance(given, FakeTensor)
        and mean is not None
        and variance is not None
        and given.device.type == "cpu"
        and given.is_contiguous()
    )


def _bytes_made(inputs: object, output: object) -> int | torch.SymInt:
    """Bytes of tensors that see no memory of what came in."""
    made = tensors_in(output)
    taken = {storage_of(one) for one in tensors_in(inputs)}
    found: dict[int, int | torch.SymInt] = {}
    for one in made:
        if (storage := storage_of(one)) not in taken:
            found[storage] = one.numel() * one.element_size()
    return sum(found.values())
