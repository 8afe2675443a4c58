"""The dtypes that parameters can be made as.

Comes in: a dtype as a caller names it. Goes out: torch's, and a context in which new
tensors have it, or `SpecError` with the code `unknown-dtype`. Nothing is converted: as
with handwritten code under `torch.set_default_dtype`, parameters and floating buffers
are made of it in the first place, and what the spec gives a dtype of its own keeps it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from modelspec.backends.torch.failure import fail
from modelspec.catalog import load_catalog
from modelspec.diagnostics.suggest import did_you_mean, suggest

_MADE = ("float32", "float64", "bfloat16", "float16")
"""What torch takes as its default."""

_CALLED = {
    **{"bf16": "bfloat16", "fp16": "float16", "f16": "float16"},
    **{"fp32": "float32", "f32": "float32", "fp64": "float64", "f64": "float64"},
}
"""What people call them besides."""


def find_dtype(dtype: str | torch.dtype) -> torch.dtype:
    """A dtype that can be torch's default, and so that of parameters.

    Raises:
        SpecError: torch has none of that name, or makes no parameters of it.
    """
    name = str(dtype).removeprefix("torch.")
    known = load_catalog().dtype_names
    found = getattr(torch, name, None) if f"torch.{name}" in known else None
    if not isinstance(found, torch.dtype):
        message = f"'{name}' is no dtype of torch"
        fail("unknown-dtype", message, None, help=_meant(name) or _listed())
    if str(found).removeprefix("torch.") not in _MADE:
        message = f"parameters cannot be made as {name}"
        fail("unknown-dtype", message, None, help=_listed())
    return found


def _meant(name: str) -> str | None:
    """The one meant; no edit makes another number of bits of one."""
    near = _CALLED.get(name.casefold()) or suggest(name, _MADE)
    numbers = [one for one in name if one.isdigit()]
    if near is None or (numbers and not near.endswith("".join(numbers))):
        return None
    return did_you_mean(near)


def _listed() -> str:
    return f"{', '.join(_MADE[:-1])} and {_MADE[-1]} can"


@contextmanager
def default_dtype(dtype: torch.dtype | None) -> Iterator[None]:
    """New floating tensors have this dtype; None leaves torch's default."""
    if dtype is None:
        yield
        return
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)
