"""What an expression may read of modules, tensors and classes of blocks.

Comes in: a value and a name. Goes out: a child, a parameter, a plain attribute, or a
`BoundMethod` of those listed; a `WorldError` for anything else. Names of tensors and
layers come from the catalogue's tables only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from modelspec.backends.torch.pickling import BlockType
from modelspec.backends.torch.refusals import attempt, no_attribute
from modelspec.backends.torch.vocabulary import tensor_methods
from modelspec.catalog import load_catalog

_MODULE_METHODS = frozenset(
    """
    buffers children get_buffer get_parameter get_submodule modules named_buffers
    named_children named_modules named_parameters parameters
    """.split()
)
_CONTAINER_METHODS = frozenset("items keys values".split())
CONTAINERS = (
    nn.Sequential,
    nn.ModuleList,
    nn.ModuleDict,
    nn.ParameterList,
    nn.ParameterDict,
)
_PLAIN_ATTRIBUTES = (int, float, bool, str, tuple, list, dict, type(None), torch.dtype)
_VALUES = (torch.dtype, torch.device, torch.finfo, torch.iinfo, torch.Size)

CONSTANTS = "__modelspec_constants__"
"""Under this name a built class holds the names of its constants."""


@dataclass(frozen=True, slots=True)
class BoundMethod:
    """A method that was checked, on its way to its call."""

    owner: object
    name: str
    function: Callable[..., object]


def read_attribute(value: object, name: str) -> object:
    if name.startswith("_"):
        raise no_attribute(value, name)
    if isinstance(value, nn.Module):
        return _module_attribute(value, name)
    if isinstance(value, torch.Tensor):
        return _tensor_attribute(value, name)
    if isinstance(value, BlockType):
        return _constant(value, name)
    is_value = isinstance(value, _VALUES) or _is_result(value)
    if is_value and name in load_catalog().value_attributes:
        return _plain(_read(value, name), value, name)
    raise no_attribute(value, name)


def _module_attribute(module: nn.Module, name: str) -> object:
    for table in (module._modules, module._parameters, module._buffers):
        if name in table:
            return table[name]
    own = vars(module)
    if name in own and _is_plain(own[name]):
        return own[name]
    if name in _MODULE_METHODS or (
        name in _CONTAINER_METHODS
        and isinstance(module, (nn.ModuleDict, nn.ParameterDict))
    ):
        return BoundMethod(module, name, getattr(module, name))
    if isinstance(type(module), BlockType) and name not in vars(nn.Module):
        return _constant(type(module), name)
    if name in _listed_attributes(type(module)):
        # A property: what a parametrized layer has for its weight.
        return attempt(name, "unknown-attribute", getattr, (module, name), {})
    raise no_attribute(module, name)


def _listed_attributes(cls: type) -> frozenset[str]:
    """Attributes that the catalogue names for a layer, its subclasses included."""
    names: set[str] = set()
    for one in cls.__mro__:
        layer = load_catalog().layer(one.__name__)
        if layer is not None:
            names.update(layer.attributes)
    return frozenset(names)


def _is_plain(value: object) -> bool:
    if isinstance(value, type):
        return issubclass(value, nn.Module)
    kinds = (*_PLAIN_ATTRIBUTES, torch.Tensor, nn.Module, torch.device)
    return isinstance(value, kinds) or type(value).__name__ == "partial"


def _constant(cls: type, name: str) -> object:
    """A constant of a block, its own or inherited from another block."""
    for one in cls.__mro__:
        if isinstance(one, BlockType) and name in vars(one).get(CONSTANTS, ()):
            return vars(one)[name]
    raise no_attribute(cls, name)


def _tensor_attribute(tensor: torch.Tensor, name: str) -> object:
    if name in load_catalog().tensor_attributes:
        return _plain(_read(tensor, name), tensor, name)
    if name in tensor_methods():
        return BoundMethod(tensor, name, getattr(tensor, name))
    raise no_attribute(tensor, name)


def _read(value: object, name: str) -> object:
    return attempt(name, "unknown-attribute", getattr, (value, name), {})


def _plain(found: object, owner: object, name: str) -> object:
    if callable(found) and not isinstance(found, torch.Tensor):
        return BoundMethod(owner, name, found)
    return plain_result(found)


def plain_result(value: object) -> object:
    """A size as the tuple it is, so that the evaluator knows it."""
    return tuple(value) if isinstance(value, torch.Size) else value


def _is_result(value: object) -> bool:
    """A named tuple of torch: what `max` along a dimension returns."""
    return type(value).__module__ == "torch.return_types"


def has_items(value: object) -> bool:
    kinds = (torch.Tensor, torch.Size, *CONTAINERS)
    return isinstance(value, kinds) or _is_result(value)
