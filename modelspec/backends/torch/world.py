"""The `World` of torch: what an evaluated expression may do with layers and tensors.

Comes in: values that the evaluator does not know itself. Goes out: the result of the
operation, or a `WorldError` in the words of whoever refused. Names come from the
catalogue's tables only; of a module nothing can be reached but its children, its
parameters, plain attributes and the methods listed here. Everything that is made is
charged to the account of the construction first.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from modelspec.backends.torch.account import Account
from modelspec.backends.torch.arguments import (
    ParamTypeError,
    ParamValueError,
    describe_value,
)
from modelspec.backends.torch.failure import reason
from modelspec.backends.torch.pickling import BlockType
from modelspec.backends.torch.vocabulary import (
    Growth,
    find_name,
    growth_of,
    tensor_methods,
)
from modelspec.catalog import load_catalog
from modelspec.diagnostics.diagnostic import SpecError
from modelspec.pysubset.faults import EvaluationError, WorldError

PlainOf = Callable[[object], object]

_MODULE_METHODS = frozenset(
    """
    buffers children get_buffer get_parameter get_submodule modules named_buffers
    named_children named_modules named_parameters parameters
    """.split()
)
_CONTAINER_METHODS = frozenset("items keys values".split())
_CONTAINERS = (
    nn.Sequential,
    nn.ModuleList,
    nn.ModuleDict,
    nn.ParameterList,
    nn.ParameterDict,
)
_PLAIN_ATTRIBUTES = (int, float, bool, str, tuple, list, dict, type(None), torch.dtype)
_VALUES = (torch.dtype, torch.device, torch.finfo, torch.iinfo, torch.Size)

_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "@": operator.matmul,
    "<<": operator.lshift,
    ">>": operator.rshift,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "+=": operator.iadd,
    "-=": operator.isub,
    "*=": operator.imul,
    "/=": operator.itruediv,
    "//=": operator.ifloordiv,
    "%=": operator.imod,
    "**=": operator.ipow,
    "@=": operator.imatmul,
    "<<=": operator.ilshift,
    ">>=": operator.irshift,
    "&=": operator.iand,
    "|=": operator.ior,
    "^=": operator.ixor,
}
_UNARY: dict[str, Callable[[Any], Any]] = {
    "-": operator.neg,
    "+": operator.pos,
    "~": operator.invert,
    "abs": abs,
}
_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


CONSTANTS = "__modelspec_constants__"
"""Under this name a built class holds the names of its constants."""


@dataclass(frozen=True, slots=True)
class BoundMethod:
    """A method that was checked, on its way to its call."""

    owner: object
    name: str
    function: Callable[..., object]


class TorchWorld:
    """See `modelspec.pysubset.world.World`.

    `plain_of` gives the plain function for a spec's own one where it becomes part of
    a module (an activation, say), and other values as they are.
    """

    def __init__(self, account: Account, plain_of: PlainOf) -> None:
        self.account = account
        self.plain_of = plain_of

    def resolve(self, dotted: str) -> object | None:
        return find_name(dotted)

    # --- attributes -------------------------------------------------------------

    def attribute(self, value: object, name: str) -> object:
        if name.startswith("_"):
            raise _no_attribute(value, name)
        if isinstance(value, nn.Module):
            return _module_attribute(value, name)
        if isinstance(value, torch.Tensor):
            return _tensor_attribute(value, name)
        if isinstance(value, BlockType):
            return _constant(value, name)
        is_value = isinstance(value, _VALUES) or _is_result(value)
        if is_value and name in load_catalog().value_attributes:
            return _plain(_read(value, name), value, name)
        raise _no_attribute(value, name)

    # --- calls ------------------------------------------------------------------

    def call(
        self, function: object, args: list[object], kwargs: dict[str, object]
    ) -> object:
        given = tuple(map(self.plain_of, args))
        named = kwargs
        if kwargs:
            named = {name: self.plain_of(value) for name, value in kwargs.items()}
        if isinstance(function, type) and issubclass(function, nn.Module):
            return self.call_layer(function, given, named)
        if isinstance(function, BoundMethod):
            return self._call_method(function, given, named)
        if isinstance(function, (nn.Module, torch.Tensor)) or not callable(function):
            message = f"{describe_value(function)} is no layer type or function"
            raise WorldError("not-callable", message)
        return self._attempt("", function, given, named, growth_of(function))

    def call_layer(
        self,
        layer: type[nn.Module],
        args: tuple[object, ...],
        kwargs: Mapping[str, object],
    ) -> nn.Module:
        """Make a layer or a block."""
        try:
            if isinstance(layer, BlockType):
                self.account.charge_modules(1)
                return layer(*args, **kwargs)
            return self.account.make_layer(layer, args, kwargs)
        except (SpecError, EvaluationError, WorldError):
            raise
        except Exception as error:
            raise refused(layer, error) from error

    def start_base(
        self,
        base: type[nn.Module],
        initialize: Callable[..., nn.Module],
        args: list[object],
        kwargs: dict[str, object],
    ) -> None:
        """Initialise the base of a module that exists, with the checks of a call."""
        given = tuple(map(self.plain_of, args))
        named = {name: self.plain_of(value) for name, value in kwargs.items()}
        try:
            if isinstance(base, BlockType):
                initialize(*given, **named)
            else:
                self.account.make_layer(base, given, named, initialize)
        except (SpecError, EvaluationError, WorldError):
            raise
        except Exception as error:
            raise refused(base, error) from error

    def _call_method(
        self, method: BoundMethod, args: tuple[object, ...], kwargs: dict[str, object]
    ) -> object:
        if isinstance(method.owner, torch.Tensor):
            args = (method.owner, *args)
            function = getattr(torch.Tensor, method.name)
            return _plain_result(
                self._attempt(method.name, function, args, kwargs, growth_of(function))
            )
        made = _attempt(method.name, "call-error", method.function, args, kwargs)
        if isinstance(made, Iterator):
            # What goes through a module, which may change before it is at the end.
            return list(made)
        return _plain_result(made)

    def _attempt(
        self,
        name: str,
        function: Callable[..., object],
        args: tuple[object, ...],
        kwargs: Mapping[str, object],
        growth: Growth = Growth.PLAIN,
    ) -> object:
        try:
            made = self.account.call(function, args, kwargs, growth)
        except (SpecError, EvaluationError, WorldError):
            raise
        except Exception as error:
            name = name or getattr(function, "__name__", type(function).__name__)
            raise WorldError("call-error", f"{name}: {reason(error)}") from error
        return tuple(made) if made.__class__ is torch.Size else made

    # --- operators --------------------------------------------------------------

    def binary(self, operator: str, left: object, right: object) -> object:
        operands = (left, right)
        kinds = (torch.Tensor, torch.Size, *_CONTAINERS)
        if not any(isinstance(one, kinds) for one in operands):
            raise _no_operator(operator, *operands)
        return self._attempt(operator, _BINARY[operator], operands, {})

    def unary(self, operator: str, value: object) -> object:
        if not isinstance(value, torch.Tensor):
            raise _no_operator(operator, value)
        return self._attempt(operator, _UNARY[operator], (value,), {})

    def compare(self, operator: str, left: object, right: object) -> object:
        operands = (left, right)
        if operator == "in":
            if not isinstance(right, (torch.Tensor, *_CONTAINERS, torch.Size)):
                raise _no_operator(operator, *operands)
            return bool(_attempt("in", "call-error", _contains, operands, {}))
        kinds = (torch.Tensor, torch.Size)
        known = any(isinstance(one, kinds) for one in operands)
        if not known and operator not in ("==", "!="):
            raise _no_operator(operator, *operands)
        return self._attempt(operator, _COMPARISONS[operator], operands, {})

    # --- items ------------------------------------------------------------------

    def subscript(self, value: object, index: object) -> object:
        if not _has_items(value):
            raise WorldError(
                "not-subscriptable", f"{describe_value(value)} has no items"
            )
        if isinstance(value, nn.Module) and isinstance(index, slice):
            self.account.charge_modules(1)
        name = type(value).__name__
        made = _attempt(name, "invalid-index", operator.getitem, (value, index), {})
        return _plain_result(made)

    def set_item(self, value: object, index: object, item: object) -> None:
        if not isinstance(value, torch.Tensor):
            message = f"items of {describe_value(value)} cannot be set"
            raise WorldError("not-assignable", message)
        _attempt("Tensor", "invalid-index", operator.setitem, (value, index, item), {})

    def iterate(self, value: object) -> Iterator[object]:
        if not _has_items(value):
            raise WorldError(
                "not-iterable", f"{describe_value(value)} is nothing to go through"
            )
        if isinstance(value, torch.Tensor) and value.dim() == 0:
            raise WorldError("not-iterable", "a tensor without dimensions has no items")
        items: Iterable[object] = value  # type: ignore[assignment]  # has items
        return iter(items)

    def length(self, value: object) -> int:
        if not _has_items(value):
            raise WorldError("wrong-argument", f"{describe_value(value)} has no length")
        length = _attempt("len", "call-error", len, (value,), {})
        assert isinstance(length, int)
        return length

    def truth(self, value: object) -> bool:
        return bool(_attempt("bool", "call-error", bool, (value,), {}))

    def is_instance(self, value: object, kind: object) -> bool:
        if not isinstance(kind, type):
            message = f"expected a type, got {describe_value(kind)}"
            raise WorldError("wrong-argument", message)
        return isinstance(value, kind)

    def text(self, value: object) -> str:
        if isinstance(value, type):
            return value.__name__
        if isinstance(value, (torch.dtype, torch.device)):
            return str(value)
        if isinstance(value, torch.Tensor) and value.numel() == 1 and not value.is_meta:
            return str(value.item())
        return describe_value(value)


# --- attributes of modules and tensors --------------------------------------------


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
        return _attempt(name, "unknown-attribute", getattr, (module, name), {})
    raise _no_attribute(module, name)


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
    raise _no_attribute(cls, name)


def _tensor_attribute(tensor: torch.Tensor, name: str) -> object:
    if name in load_catalog().tensor_attributes:
        return _plain(_read(tensor, name), tensor, name)
    if name in tensor_methods():
        return BoundMethod(tensor, name, getattr(tensor, name))
    raise _no_attribute(tensor, name)


def _read(value: object, name: str) -> object:
    return _attempt(name, "unknown-attribute", getattr, (value, name), {})


def _plain(found: object, owner: object, name: str) -> object:
    if callable(found) and not isinstance(found, torch.Tensor):
        return BoundMethod(owner, name, found)
    return _plain_result(found)


def _plain_result(value: object) -> object:
    """A size as the tuple it is, so that the evaluator knows it."""
    return tuple(value) if isinstance(value, torch.Size) else value


def _is_result(value: object) -> bool:
    """A named tuple of torch: what `max` along a dimension returns."""
    return type(value).__module__ == "torch.return_types"


def _has_items(value: object) -> bool:
    kinds = (torch.Tensor, torch.Size, *_CONTAINERS)
    return isinstance(value, kinds) or _is_result(value)


def _contains(item: Any, container: Any) -> bool:
    return item in container


# --- refusals ---------------------------------------------------------------------


def _attempt(
    name: str,
    code: str,
    function: Callable[..., object],
    args: Iterable[object],
    kwargs: Mapping[str, object],
) -> object:
    try:
        return function(*args, **kwargs)
    except (SpecError, EvaluationError, WorldError):
        raise
    except Exception as error:
        raise WorldError(code, f"{name}: {reason(error)}") from error


def refused(layer: type, error: Exception) -> WorldError:
    """What a constructor raised, in words for the spec's author."""
    if isinstance(error, ParamTypeError):
        return WorldError("param-type", str(error))
    if isinstance(error, ParamValueError):
        return WorldError("param-value", str(error))
    if isinstance(error, RecursionError):
        return WorldError("limit-exceeded", "blocks nest too deep")
    return WorldError("constructor-error", f"{layer.__name__}: {reason(error)}")


def _no_attribute(value: object, name: str) -> WorldError:
    message = f"{describe_value(value)} has no attribute '{name}' that a spec can read"
    return WorldError("unknown-attribute", message)


def _no_operator(operator: str, *operands: object) -> WorldError:
    shown = " and ".join(map(describe_value, operands))
    return WorldError("unsupported-operand", f"`{operator}` does not work on {shown}")
