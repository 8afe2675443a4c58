"""One module, on a device, of a dtype, from a seed: what a caller asked for.

Comes in: the classes of a program and a caller's values. Goes out: a module, made as
the handwritten class would be made, or `SpecError`. Whatever is set for the time of
the construction is as before afterwards, also after a failure; the state of torch's
random numbers is what it would be after the handwritten construction.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from traceback import clear_frames

import torch
from torch import nn

from modelspec.backends.torch.arguments import (
    BindError,
    ParamTypeError,
    ParamValueError,
)
from modelspec.backends.torch.classes import ModuleClasses
from modelspec.backends.torch.devices import find_device
from modelspec.backends.torch.dtypes import default_dtype, find_dtype
from modelspec.backends.torch.failure import fail
from modelspec.backends.torch.without_dynamo import without_dynamo
from modelspec.diagnostics.diagnostic import SpecError

DEEPEST = 256
"""Modules inside one another: torch itself goes through them by recursion."""


def instantiate(
    classes: ModuleClasses,
    params: Mapping[str, object],
    *,
    block: str | None = None,
    device: str | torch.device | None = None,
    dtype: str | torch.dtype | None = None,
    seed: int | None = None,
) -> nn.Module:
    """Make the root block, or another one. None means torch's own default."""
    name = block or classes.program.root
    if name is None:
        fail("no-root", "this spec only holds blocks: say which one to build", None)
    cls, made_of = classes[name], classes.program.block(name)
    span = None if made_of is None else made_of.span
    where = nullcontext() if device is None else find_device(device)
    # Kernels of meta, which initialise weights there, are marked by torch's compiler.
    on_meta = isinstance(where, torch.device) and where.type == "meta"
    unmarked = without_dynamo() if on_meta else nullcontext()
    kind = None if dtype is None else find_dtype(dtype)
    if seed is not None:
        torch.manual_seed(seed)
    with where, unmarked, default_dtype(kind):
        try:
            made = cls(**params)
        except ParamTypeError as error:
            fail("param-type", str(error), error.param.span)
        except ParamValueError as error:
            fail("param-value", str(error), error.param.span)
        except BindError as error:
            fail(error.code, str(error).replace(".__init__()", ""), span)
        except SpecError as error:
            _release(error)
            raise
    if _depth(made) > DEEPEST:
        fail("limit-exceeded", f"modules nest more than {DEEPEST} deep", span)
    return made


def _release(error: BaseException | None) -> None:
    """Let go of what was made before a failure, which may be much of a device's memory.

    Who keeps the error, as an interactive session does, would keep it otherwise.
    """
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__


def _depth(module: nn.Module) -> int:
    """How deep modules nest, up to what torch's own recursion still takes."""
    depth, level = 0, [module]
    while level and depth <= DEEPEST:
        inside = {
            id(m): m for one in level for m in one._modules.values() if m is not None
        }
        level = list(inside.values())
        depth += 1
    return depth
