"""What torch, or the language, refuses: told as a `WorldError` in plain words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from modelspec.backends.torch.arguments import (
    BindError,
    ParamTypeError,
    ParamValueError,
    describe_value,
)
from modelspec.backends.torch.failure import reason
from modelspec.backends.torch.memory import ADVICE, is_exhausted
from modelspec.diagnostics.diagnostic import SpecError
from modelspec.pysubset.faults import EvaluationError, WorldError


def attempt(
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
        raise failed(code, name, error) from error


def failed(code: str, name: str, error: Exception) -> WorldError:
    """What torch raised, under this code; for want of memory in words of ours."""
    if is_exhausted(error):
        message = f"{name}: the device has no memory left for it"
        return WorldError("limit-exceeded", message, ADVICE)
    return WorldError(code, f"{name}: {reason(error)}")


def refused(layer: type, error: Exception) -> WorldError:
    """What a constructor raised, in words for the spec's author."""
    if isinstance(error, BindError):
        return WorldError(error.code, str(error).replace(".__init__()", ""))
    if isinstance(error, ParamTypeError):
        return WorldError("param-type", str(error))
    if isinstance(error, ParamValueError):
        return WorldError("param-value", str(error))
    if isinstance(error, RecursionError):
        return WorldError("limit-exceeded", "blocks nest too deep")
    return failed("constructor-error", layer.__name__, error)


def no_attribute(value: object, name: str) -> WorldError:
    message = f"{describe_value(value)} has no attribute '{name}' that a spec can read"
    return WorldError("unknown-attribute", message)


def no_operator(operator: str, *operands: object) -> WorldError:
    shown = " and ".join(map(describe_value, operands))
    return WorldError("unsupported-operand", f"`{operator}` does not work on {shown}")
