"""What a built module is run on by us: its declared inputs, and how it is called.

Comes in: the classes of a program, a module of theirs, values of params, sizes. Goes
out: shapes of inputs, tensors without memory of these shapes, the call. On what device
the run is, and what is watched meanwhile, is the caller's.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import nn

from modelspec.backends.torch.classes import ModuleClasses
from modelspec.backends.torch.dtypes import find_dtype
from modelspec.backends.torch.inputs import InputPlan, plan_inputs
from modelspec.program.ir import Block


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """A run of a module of a block; without `inputs` there is nothing to run on.

    `sizes` are those that symbols have.
    """

    block: Block
    inputs: tuple[InputPlan, ...]
    sizes: Mapping[str, int]

    def tensors(self, device: str | torch.device) -> dict[str, torch.Tensor]:
        """What the module is called with, by name."""
        return {
            one.name: torch.empty(one.shape, dtype=one.dtype, device=device)
            for one in self.inputs
        }

    @property
    def positional(self) -> tuple[str, ...]:
        """Inputs up to the first that is left out, which go by position: a container's
        own `forward` knows no names."""
        names = [one.name for one in self.block.inputs]
        skipped = [one.optional for one in self.block.inputs]
        return tuple(names[: skipped.index(True)] if True in skipped else names)

    def symbols(self) -> dict[str, tuple[str | None, ...]]:
        """The symbol of each size of what the module is called with, by name."""
        shapes = {one.name: one.shape or () for one in self.block.inputs}
        return {
            one.name: tuple(
                size if isinstance(size, str) else None for size in shapes[one.name]
            )
            for one in self.inputs
        }

    def arguments(
        self, tensors: Mapping[str, torch.Tensor]
    ) -> tuple[tuple[torch.Tensor, ...], dict[str, torch.Tensor]]:
        """What goes by position, and what by name."""
        first = self.positional
        named = {name: one for name, one in tensors.items() if name not in first}
        return tuple(tensors[name] for name in first), named

    def call(self, module: nn.Module, tensors: Mapping[str, torch.Tensor]) -> object:
        """What the module returns."""
        args, kwargs = self.arguments(tensors)
        return module(*args, **kwargs)


def plan_run(
    classes: ModuleClasses,
    module: nn.Module,
    params: Mapping[str, object] | None = None,
    sizes: Mapping[str, int] | None = None,
    dtype: str | torch.dtype | None = None,
) -> PlannedRun:
    """A run on inputs as the module's block declares them.

    `params` are those it was built with; sizes of inputs may depend on them. Symbols
    without a size among `sizes` get a usual one. `dtype` is what it was built with;
    inputs that are float32 get it, None is torch's default.
    """
    block = classes.block_of(type(module))
    assert block is not None, "not a module of these classes"
    scope = classes.bind_params(block.name, params or {})
    floating = torch.get_default_dtype() if dtype is None else find_dtype(dtype)
    inputs, known = plan_inputs(
        block, lambda node: classes.evaluate(node, block, scope), sizes or {}, floating
    )
    return PlannedRun(block, tuple(inputs), known)


@contextmanager
def quiet() -> Iterator[None]:
    """What torch warns and logs about stand-ins is not about the spec."""
    logger = logging.getLogger("torch._subclasses.fake_tensor")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
