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
from typing import Any, TypeAlias

import torch
from torch import nn

from modelspec.backends.torch.account import Account
from modelspec.backends.torch.arguments import describe_value
from modelspec.backends.torch.attributes import (
    CONTAINERS,
    BoundMethod,
    has_items,
    plain_result,
    read_attribute,
)
from modelspec.backends.torch.operators import BINARY, COMPARISONS, UNARY
from modelspec.backends.torch.pickling import BlockType
from modelspec.backends.torch.refusals import (
    attempt,
    failed,
    no_operator,
    refused,
)
from modelspec.backends.torch.vocabulary import Growth, find_name, growth_of
from modelspec.diagnostics.diagnostic import SpecError
from modelspec.pysubset.faults import EvaluationError, WorldError

PlainOf: TypeAlias = "Callable[[object], object]"


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

    def attribute(self, value: object, name: str) -> object:
        return read_attribute(value, name)

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
            if _is_of_torch(layer):
                return self.account.make_layer(layer, args, kwargs)
            return self.account.make_foreign(layer, args, kwargs)
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
            elif _is_of_torch(base):
                self.account.make_layer(base, given, named, initialize)
            else:
                self.account.make_foreign(base, given, named, initialize)
        except (SpecError, EvaluationError, WorldError):
            raise
        except Exception as error:
            raise refused(base, error) from error

    def initialize(
        self,
        function: Callable[..., object],
        tensor: torch.Tensor,
        args: Iterable[object],
        kwargs: Mapping[str, object],
    ) -> None:
        """Fill a tensor in place, which takes no memory."""
        try:
            self.account.fill(function, tensor, args, kwargs)
        except (SpecError, EvaluationError, WorldError):
            raise
        except Exception as error:
            raise failed("call-error", function.__name__, error) from error

    def _call_method(
        self, method: BoundMethod, args: tuple[object, ...], kwargs: dict[str, object]
    ) -> object:
        if isinstance(method.owner, torch.Tensor):
            args = (method.owner, *args)
            function = getattr(torch.Tensor, method.name)
            return plain_result(
                self._attempt(method.name, function, args, kwargs, growth_of(function))
            )
        made = attempt(method.name, "call-error", method.function, args, kwargs)
        if isinstance(made, Iterator):
            # What goes through a module, which may change before it is at the end.
            return list(made)
        return plain_result(made)

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
            raise failed("call-error", name, error) from error
        return tuple(made) if made.__class__ is torch.Size else made

    # --- operators --------------------------------------------------------------

    def binary(self, operator: str, left: object, right: object) -> object:
        operands = (left, right)
        kinds = (torch.Tensor, torch.Size, *CONTAINERS)
        if not any(isinstance(one, kinds) for one in operands):
            raise no_operator(operator, *operands)
        return self._attempt(operator, BINARY[operator], operands, {})

    def unary(self, operator: str, value: object) -> object:
        if not isinstance(value, torch.Tensor):
            raise no_operator(operator, value)
        return self._attempt(operator, UNARY[operator], (value,), {})

    def compare(self, operator: str, left: object, right: object) -> object:
        operands = (left, right)
        if operator == "in":
            if not isinstance(right, (torch.Tensor, *CONTAINERS, torch.Size)):
                raise no_operator(operator, *operands)
            return bool(attempt("in", "call-error", _contains, operands, {}))
        kinds = (torch.Tensor, torch.Size)
        known = any(isinstance(one, kinds) for one in operands)
        if not known and operator not in ("==", "!="):
            raise no_operator(operator, *operands)
        return self._attempt(operator, COMPARISONS[operator], operands, {})

    # --- items ------------------------------------------------------------------

    def subscript(self, value: object, index: object) -> object:
        if not has_items(value):
            raise WorldError(
                "not-subscriptable", f"{describe_value(value)} has no items"
            )
        if isinstance(value, nn.Module) and isinstance(index, slice):
            self.account.charge_modules(1)
        name = type(value).__name__
        made = _at_index(name, operator.getitem, value, index)
        return plain_result(made)

    def set_item(self, value: object, index: object, item: object) -> None:
        if not isinstance(value, torch.Tensor):
            message = f"items of {describe_value(value)} cannot be set"
            raise WorldError("invalid-target", message)
        _at_index("Tensor", operator.setitem, value, index, item)

    def iterate(self, value: object) -> Iterator[object]:
        if not has_items(value):
            raise WorldError(
                "not-iterable", f"{describe_value(value)} is nothing to go through"
            )
        if isinstance(value, torch.Tensor) and value.dim() == 0:
            raise WorldError("not-iterable", "a tensor without dimensions has no items")
        items: Iterable[object] = value  # type: ignore[assignment]  # has items
        return iter(items)

    def length(self, value: object) -> int:
        if not has_items(value):
            raise WorldError("wrong-argument", f"{describe_value(value)} has no length")
        length = attempt("len", "call-error", len, (value,), {})
        assert isinstance(length, int)
        return length

    def truth(self, value: object) -> bool:
        return bool(attempt("bool", "call-error", bool, (value,), {}))

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


def _is_of_torch(layer: type[nn.Module]) -> bool:
    return layer.__module__.startswith("torch.")


def _contains(item: Any, container: Any) -> bool:
    return item in container


def _at_index(name: str, function: Callable[..., object], *args: object) -> object:
    try:
        return attempt(name, "wrong-argument", function, args, {})
    except WorldError as error:
        if isinstance(error.__cause__, (IndexError, KeyError)):
            raise WorldError("index-out-of-range", str(error)) from error.__cause__
        raise
