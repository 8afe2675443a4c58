"""The arguments of a block's constructor: bound as Python binds, checked as declared.

Comes in: the params of a block and what a caller gave. Goes out: a fresh scope, or
`TypeError` in Python's own words, or `ParamTypeError`/`ParamValueError` where a value
is not what the param says it takes. Never evaluates anything but defaults.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import torch
from torch import nn

from modelspec.program.ir import Block, Param, TypeExpression

Default = Callable[[dict[str, object]], object]
Fits = Callable[[object], bool]


class BindError(TypeError):
    """A call does not fit the params; `code` is that of the diagnostic."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class ParamTypeError(TypeError):
    """A value is not of its param's type."""

    def __init__(self, param: Param, message: str) -> None:
        self.param = param
        super().__init__(message)


class ParamValueError(ValueError):
    """A value is out of its param's bounds or not among its choices."""

    def __init__(self, param: Param, message: str) -> None:
        self.param = param
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class _Slot:
    """One param, ready for binding."""

    param: Param
    fits: Fits | None
    default: Default | None
    is_bounded: bool


class ParamBinder:
    """Binds calls of one block's constructor."""

    def __init__(self, block: Block, defaults: Mapping[str, Default]) -> None:
        self._name = block.name
        self._slots = tuple(
            _Slot(p, build_test(p.type), defaults.get(p.name), _is_bounded(p))
            for p in block.params
        )
        self._names = frozenset(param.name for param in block.params)
        self._positional = tuple(p.name for p in block.params if not p.keyword_only)

    def bind(
        self, args: tuple[object, ...], kwargs: dict[str, object]
    ) -> dict[str, object]:
        """The params' values by name; a new dict, the scope of a construction."""
        if len(args) > len(self._positional):
            raise BindError("too-many-arguments", self._too_many(len(args)))
        given = dict(zip(self._positional, args, strict=False))
        for name, value in kwargs.items():
            if name in given:
                problem = f"got multiple values for argument '{name}'"
                raise self._error("duplicate-argument", problem)
            if name not in self._names:
                problem = f"got an unexpected keyword argument '{name}'"
                raise self._error("unexpected-argument", problem)
            given[name] = value
        for slot in self._slots:
            if slot.param.name in given:
                self._check(slot, given[slot.param.name])
            elif slot.default is not None:
                given[slot.param.name] = slot.default({})
            else:
                raise self._error("missing-argument", self._missing(given))
        return given

    def _check(self, slot: _Slot, value: object) -> None:
        param = slot.param
        if slot.fits is not None and not slot.fits(value):
            raise ParamTypeError(
                param,
                f"{self._name}: '{param.name}' takes {param.type}, "
                f"got {describe_value(value)}",
            )
        if slot.is_bounded and (problem := find_bound(param, value)):
            raise ParamValueError(param, f"{self._name}: '{param.name}' {problem}")

    def _error(self, code: str, problem: str) -> BindError:
        return BindError(code, f"{self._name}.__init__() {problem}")

    def _too_many(self, count: int) -> str:
        most = len(self._positional) + 1
        required = 1 + sum(
            slot.default is None for slot in self._slots if not slot.param.keyword_only
        )
        takes = f"{most}" if required == most else f"from {required} to {most}"
        plural = "" if most == 1 else "s"
        return (
            f"{self._name}.__init__() takes {takes} positional argument{plural} "
            f"but {count + 1} were given"
        )

    def _missing(self, given: Mapping[str, object]) -> str:
        names = [
            f"'{slot.param.name}'"
            for slot in self._slots
            if slot.default is None and slot.param.name not in given
        ]
        plural = "" if len(names) == 1 else "s"
        listed = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
        return f"missing {len(names)} required argument{plural}: {listed}"


def build_signature(block: Block, defaults: Mapping[str, Default]) -> inspect.Signature:
    """What `inspect.signature` shows, `self` first."""
    kind = inspect.Parameter
    parameters = [kind("self", kind.POSITIONAL_OR_KEYWORD)]
    for param in block.params:
        parameters.append(
            kind(
                param.name,
                kind.KEYWORD_ONLY if param.keyword_only else kind.POSITIONAL_OR_KEYWORD,
                default=_shown_default(defaults.get(param.name)),
                annotation=str(param.type),
            )
        )
    ordered = sorted(parameters, key=lambda one: one.kind)
    return inspect.Signature(ordered, __validate_parameters__=False)


def _shown_default(default: Default | None) -> object:
    return inspect.Parameter.empty if default is None else default({})


def find_bound(param: Param, value: object) -> str | None:
    """What bound or choice of the param a value breaks, if any."""
    if param.choices and not any(_same(value, one) for one in param.choices):
        listed = ", ".join(repr(one) for one in param.choices)
        return f"must be one of {listed}, got {describe_value(value)}"
    values = value if isinstance(value, (list, tuple)) else (value,)
    for one in values:
        if isinstance(one, bool) or not isinstance(one, (int, float)):
            continue
        # `not >=` and not `<`: nan is within no bounds
        if param.minimum is not None and not one >= param.minimum:
            return f"must be at least {param.minimum}, got {one}"
        if param.maximum is not None and not one <= param.maximum:
            return f"must be at most {param.maximum}, got {one}"
    return None


def describe_value(value: object) -> str:
    """A value in a few words, for messages."""
    if value is None:
        return "None"
    if isinstance(value, type):
        return f"the layer type {value.__name__}"
    if isinstance(value, nn.Module):
        return f"a module ({type(value).__name__})"
    if isinstance(value, torch.Tensor):
        return f"a tensor of shape {list(value.shape)}"
    if isinstance(value, (bool, int, float, str)):
        text = repr(value)
        return text if len(text) <= 40 else f"{text[:37]}..."
    name = type(value).__name__
    return f"{'an' if name[:1] in 'aeiouAEIOU' else 'a'} {name}"


def build_test(type_: TypeExpression) -> Fits | None:
    """A test whether values are of a type; None where everything is."""
    name = type_.name
    if name == "union":
        tests = [build_test(one) for one in type_.arguments]
        known = [test for test in tests if test is not None]
        if len(known) < len(tests):
            return None
        return lambda value: any(test(value) for test in known)
    if name in ("list", "tuple"):
        return _sequence_test(type_)
    if name == "dict":
        inside = build_test(type_.arguments[0]) if type_.arguments else None
        return partial(_is_dict, inside)
    return _TESTS.get(name)


def _sequence_test(type_: TypeExpression) -> Fits:
    tests = [build_test(one) for one in type_.arguments]
    if type_.name == "list" or type_.variadic or not tests:
        return partial(_is_sequence, tests[0] if tests else None)
    return partial(_is_row, tests)


def _is_sequence(inside: Fits | None, value: object) -> bool:
    # A list and a tuple are one to who writes YAML, so they are here.
    if not isinstance(value, (list, tuple)):
        return False
    return inside is None or all(inside(one) for one in value)


def _is_row(tests: list[Fits | None], value: object) -> bool:
    if not isinstance(value, (list, tuple)) or len(value) != len(tests):
        return False
    pairs = zip(tests, value, strict=True)
    return all(test is None or test(one) for test, one in pairs)


def _is_dict(inside: Fits | None, value: object) -> bool:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        return False
    return inside is None or all(inside(one) for one in value.values())


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_float(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_layer(value: object) -> bool:
    if isinstance(value, type):
        return issubclass(value, nn.Module)
    return callable(value) and not isinstance(value, nn.Module)


def _is_children(value: object) -> bool:
    if isinstance(value, (nn.ModuleList, nn.ModuleDict)):
        return True
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, (list, tuple)):
        return False
    return all(one is None or isinstance(one, nn.Module) for one in value)


_TESTS: dict[str, Fits] = {
    "int": _is_int,
    "float": _is_float,
    "bool": lambda value: isinstance(value, bool),
    "str": lambda value: isinstance(value, str),
    "layer": _is_layer,
    "module": lambda value: isinstance(value, nn.Module),
    "children": _is_children,
    "dtype": lambda value: isinstance(value, torch.dtype),
    "None": lambda value: value is None,
}


def _is_bounded(param: Param) -> bool:
    bounds = (param.minimum, param.maximum)
    return bool(param.choices) or any(bound is not None for bound in bounds)


def _same(value: object, choice: object) -> bool:
    """Equal, where `True` is not 1."""
    return value == choice and isinstance(value, bool) == isinstance(choice, bool)
