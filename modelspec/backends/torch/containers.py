"""Containers of torch, and blocks that take children, around what was made for them."""

from __future__ import annotations

import ast
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from torch import nn

from modelspec.backends.torch.arguments import describe_value
from modelspec.backends.torch.expressions import Expressions
from modelspec.backends.torch.failure import fail, reason
from modelspec.diagnostics.span import Span
from modelspec.program.ir import Container
from modelspec.pysubset.values import Scope

Finish = Callable[[Scope, Any], object]


def build_container(one: Container, expressions: Expressions) -> Finish:
    """A function that makes the container of a list or dict of its children."""
    if one.into is not None:
        return _finish_block(one, one.into, expressions)
    kind = ast.unparse(one.callee)
    make = _MAKERS[kind, one.named]
    account = expressions.account

    def finish(scope: Scope, children: Any) -> object:
        expressions.charge_module(account, one.span)
        try:
            return make(children)
        except Exception as error:
            fail("constructor-error", f"{kind[3:]}: {reason(error)}", one.span)

    return finish


def _finish_block(one: Container, into: str, expressions: Expressions) -> Finish:
    assert isinstance(one.callee, ast.Call)
    function, arguments = expressions.call_parts(one.callee)

    def finish(scope: Scope, children: Any) -> object:
        args, kwargs = arguments(scope)
        kwargs[into] = children
        return expressions.call(function(scope), args, kwargs, one.span)

    return finish


_MAKERS: dict[tuple[str, bool], Callable[[Any], nn.Module]] = {
    ("nn.Sequential", False): lambda children: nn.Sequential(*children),
    ("nn.Sequential", True): lambda children: nn.Sequential(OrderedDict(children)),
    ("nn.ModuleList", False): nn.ModuleList,
    ("nn.ModuleDict", True): nn.ModuleDict,
    ("nn.ParameterList", False): nn.ParameterList,
    ("nn.ParameterDict", True): nn.ParameterDict,
}


def spread(value: object, span: Span) -> list[tuple[Any, object]]:
    """The items of a list or dict of children, each with its name or None."""
    if isinstance(value, (nn.ModuleDict, nn.ParameterDict)):
        return list(value.items())
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, (list, tuple, nn.ModuleList, nn.Sequential, nn.ParameterList)):
        return [(None, item) for item in value]
    fail(
        "not-a-module-list",
        f"expected a list or mapping of modules, got {describe_value(value)}",
        span,
    )
