"""The names of torch that a spec may use, and what they are.

Comes in: a dotted name in canonical form. Goes out: the class, function or constant
that the catalogue lists under it, else None. A name is looked up whole in the tables;
only then, and only through the submodules written here, is torch asked for it.
"""

from __future__ import annotations

import functools
from enum import Enum
from types import ModuleType

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import parametrizations

from modelspec.catalog import load_catalog

_MODULES: dict[str, ModuleType] = {
    "nn": nn,
    "nn.init": nn.init,
    "nn.utils.parametrizations": parametrizations,
    "F": functional,
    "torch": torch,
    "torch.fft": torch.fft,
    "torch.linalg": torch.linalg,
    "torch.special": torch.special,
}


class Growth(Enum):
    """How the size of a call's result follows from its arguments."""

    NONE = "fills a tensor in place"
    PLAIN = "at most the product of their sizes"
    BY_DATA = "by the values of a tensor, or by a power of a size"


# Calls whose result can be larger than the product of what they are given, by the
# values of a tensor or by more than one factor of its size.
_DATA_SIZED = frozenset(
    """
    bincount block_diag cartesian_prod combinations diag diag_embed diagflat eye
    one_hot repeat_interleave tril_indices triu_indices vander
    """.split()
)


@functools.cache
def find_name(dotted: str) -> object | None:
    """What a dotted name means; None for what is not offered."""
    owner, _, name = dotted.rpartition(".")
    if owner not in _MODULES or not _is_listed(dotted, owner, name):
        return None
    found: object = getattr(_MODULES[owner], name, None)
    return found


def _is_listed(dotted: str, owner: str, name: str) -> bool:
    catalog = load_catalog()
    if owner == "nn":
        return name in catalog.layer_names or name == "Parameter"
    if owner == "nn.init":
        return name in catalog.init_names
    if owner == "nn.utils.parametrizations":
        return name in catalog.parametrization_names
    if catalog.is_constant(dotted) or dotted in catalog.type_names:
        return True
    return dotted in _functions() and dotted not in catalog.context_names


@functools.cache
def _functions() -> frozenset[str]:
    return frozenset(load_catalog().function_names())


@functools.cache
def tensor_methods() -> frozenset[str]:
    """The names of methods of Tensor that a spec may call."""
    return frozenset(load_catalog().tensor_method_names())


@functools.cache
def growth_of(function: object) -> Growth:
    """How large the result of a function of torch can be."""
    name = getattr(function, "__name__", "")
    if name in _DATA_SIZED:
        return Growth.BY_DATA
    module = getattr(function, "__module__", None) or ""
    if module == "torch.nn.init":
        return Growth.NONE
    return Growth.PLAIN
