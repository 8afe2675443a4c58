"""Values held against what a place expects."""

from __future__ import annotations

import functools

from torch import nn

from modelspec.backends.torch.arguments import describe_value
from modelspec.backends.torch.failure import fail
from modelspec.diagnostics.span import Span


def check_module(value: object, span: Span) -> nn.Module | None:
    """A module or None, or a diagnostic that says what else it is."""
    if value is None or isinstance(value, nn.Module):
        return value
    help = ""
    if isinstance(value, type):
        help = f"call it: `{value.__name__}(...)`"
    elif isinstance(value, functools.partial):
        help = "call it: it is a layer type with arguments"
    elif isinstance(value, (list, tuple, dict)):
        help = (
            "a list or mapping of modules goes into a container: `Sequential: ${...}`"
        )
    fail(
        "not-a-module",
        f"expected a module, got {describe_value(value)}",
        span,
        help=help,
    )
