"""Example inputs for a block, from what its spec says about them.

Comes in: a block's `inputs`, the values that its sizes are computed from, and sizes
for symbols. Goes out: shapes and dtypes, or tensors of them. Draws from a generator of
its own: torch's is not touched.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch

from modelspec.backends.torch.failure import fail
from modelspec.catalog import load_catalog
from modelspec.program.ir import Block, Input
from modelspec.pysubset import span_of

Evaluate = Callable[[ast.expr], object]

_BATCH = 2
_LENGTH = 16
# Images by rank, batch and channels first: large enough for the usual nets.
_IMAGES = {4: (_BATCH, 3, 224, 224), 5: (_BATCH, 3, 16, 112, 112)}
IMAGE_RANKS = frozenset(_IMAGES)


@dataclass(frozen=True, slots=True)
class InputPlan:
    """One tensor that `forward` is called with."""

    name: str
    shape: tuple[int, ...]
    dtype: torch.dtype
    low: int
    high: int


def plan_inputs(
    block: Block,
    evaluate: Evaluate,
    sizes: Mapping[str, int],
    floating: torch.dtype = torch.float32,
) -> tuple[list[InputPlan], dict[str, int]]:
    """Shapes of the inputs that must be given, and the sizes that symbols got.

    The list is empty where some input has no shape: there is nothing to run on.
    Inputs that are float32, as they are unless declared otherwise, are made `floating`.
    """
    known = dict(sizes)
    plans = []
    for one in block.inputs:
        if one.optional:
            continue
        if one.shape is None:
            return [], known
        shape = tuple(
            _size(one, index, evaluate, known) for index in range(len(one.shape))
        )
        low = _bound(one.minimum, evaluate, 0, one)
        high = _bound(one.maximum, evaluate, low + 2, one)
        dtype = find_dtype(one)
        dtype = floating if dtype is torch.float32 else dtype
        plans.append(InputPlan(one.name, shape, dtype, low, high))
    return plans, known


def build_input(plan: InputPlan, device: torch.device) -> torch.Tensor:
    """A tensor of a plan, the same on every run."""
    generator = torch.Generator().manual_seed(0)
    if plan.dtype.is_floating_point or plan.dtype.is_complex:
        made = torch.randn(plan.shape, generator=generator, device="cpu")
    elif plan.dtype is torch.bool:
        made = torch.ones(plan.shape, device="cpu")
    else:
        high = max(plan.high, plan.low + 1)
        made = torch.randint(
            plan.low, high, plan.shape, generator=generator, device="cpu"
        )
    return made.to(device=device, dtype=plan.dtype)


def find_dtype(one: Input) -> torch.dtype:
    """The dtype that an input declares."""
    name = f"torch.{one.dtype.removeprefix('torch.')}"
    if name not in load_catalog().dtype_names:
        fail("unknown-dtype", f"'{one.dtype}' is no dtype of torch", one.span)
    found = getattr(torch, name.removeprefix("torch."))
    assert isinstance(found, torch.dtype)
    return found


def _size(one: Input, index: int, evaluate: Evaluate, known: dict[str, int]) -> int:
    assert one.shape is not None
    size = one.shape[index]
    if isinstance(size, str):
        return known.setdefault(size, _default_size(index, len(one.shape)))
    value = evaluate(size) if isinstance(size, ast.expr) else size
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        fail(
            "invalid-size",
            f"a size of '{one.name}' must be a whole number, got {value!r}"[:200],
            span_of(size, one.span.source) if isinstance(size, ast.expr) else one.span,
        )
    return value


def _default_size(index: int, rank: int) -> int:
    if rank in _IMAGES:
        return _IMAGES[rank][index]
    return _BATCH if index == 0 else _LENGTH


def _bound(bound: ast.expr | None, evaluate: Evaluate, default: int, one: Input) -> int:
    if bound is None:
        return default
    value = evaluate(bound)
    if not isinstance(value, (int, float)):
        message = f"a bound of '{one.name}' must be a number, got {value!r}"[:200]
        fail("invalid-size", message, span_of(bound, one.span.source))
    return int(value)
