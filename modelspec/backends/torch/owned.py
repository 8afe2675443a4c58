"""What a block owns besides modules: parameters, buffers, attributes, kept values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import torch
from torch import nn

from modelspec.backends.torch.arguments import describe_value
from modelspec.backends.torch.expressions import Expressions, Read
from modelspec.backends.torch.failure import fail, reason
from modelspec.diagnostics.span import Span
from modelspec.program import ir

if TYPE_CHECKING:
    from modelspec.backends.torch.construct import Construction, Step


def compile_own(
    one: ir.OwnParameter | ir.OwnBuffer | ir.OwnAttribute | ir.Keep,
    expressions: Expressions,
    name: Read,
) -> Step:
    """`name` reads, and checks, the name under which to register."""
    match one:
        case ir.OwnParameter():
            return _parameter(one, expressions, name)
        case ir.OwnBuffer():
            return _buffer(one, expressions, name)
        case ir.OwnAttribute():
            return _attribute(name, expressions, one)
    kept = one.name
    plain = expressions.plain

    def keep(at: Construction, sink: Any) -> None:
        setattr(at.module, kept, plain(at.scope.locals[kept]))

    return keep


def _parameter(one: ir.OwnParameter, expressions: Expressions, name: Read) -> Step:
    read = expressions.read(one.value)
    wants = None if one.requires_grad is None else expressions.test(one.requires_grad)
    span = expressions.span(one.value)

    def register(at: Construction, sink: Any) -> None:
        key, value = str(name(at.scope)), read(at.scope)
        parameter = made(value, at)
        if parameter is not None and key.isidentifier():
            setattr(at.module, key, parameter)
        else:
            at.module.register_parameter(key, parameter)

    def made(value: object, at: Construction) -> nn.Parameter | None:
        if value is None:
            return None
        if not isinstance(value, torch.Tensor):
            _refuse("parameter", value, span)
        gradient = None if wants is None else wants(at.scope)
        try:
            if isinstance(value, nn.Parameter):
                if gradient is not None:
                    value.requires_grad_(gradient)
                return value
            return nn.Parameter(value, requires_grad=gradient is not False)
        except Exception as error:
            fail("constructor-error", f"Parameter: {reason(error)}", span)

    return _guarded(register, one.span)


def _buffer(one: ir.OwnBuffer, expressions: Expressions, name: Read) -> Step:
    read = expressions.read(one.value)
    lasts = None if one.persistent is None else expressions.test(one.persistent)
    span = expressions.span(one.value)

    def register(at: Construction, sink: Any) -> None:
        key, value = str(name(at.scope)), read(at.scope)
        if value is not None and not isinstance(value, torch.Tensor):
            _refuse("buffer", value, span)
        persistent = lasts is None or lasts(at.scope)
        at.module.register_buffer(key, value, persistent=persistent)

    return _guarded(register, one.span)


def _attribute(name: Read, expressions: Expressions, one: ir.OwnAttribute) -> Step:
    read, plain = expressions.made(one.value, one.span), expressions.plain

    def assign(at: Construction, sink: Any) -> None:
        setattr(at.module, str(name(at.scope)), plain(read(at.scope)))

    return _guarded(assign, one.span)


def _guarded(step: Step, span: Span) -> Step:
    """Torch's refusal of a name or a value, told with the place."""

    def guarded(at: Construction, sink: Any) -> None:
        try:
            step(at, sink)
        except (KeyError, TypeError, RuntimeError) as error:
            fail("constructor-error", reason(error), span)

    return guarded


def _refuse(kind: str, value: object, span: Span) -> NoReturn:
    fail(
        "not-a-tensor",
        f"a {kind} is a tensor or None, got {describe_value(value)}",
        span,
        help="`torch.tensor(...)` makes one of numbers",
    )
