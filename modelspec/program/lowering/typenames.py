"""Which texts name a type of module at a place of a spec.

In: a text as it is written, a context. Out: whether it is a container of torch, or
any type that is known there; nothing is reported.
"""

from __future__ import annotations

from modelspec.program.lowering.context import Context
from modelspec.syntax.keys import CONTAINERS


def container_name(text: str, context: Context) -> str | None:
    """`Sequential` for every way to write a container's type, if no block hides it."""
    name = text.removeprefix("torch.").removeprefix("nn.")
    if name not in CONTAINERS:
        return None
    return name if name != text or context.scope.is_torch_layer(name) else None


def is_type_name(text: str, context: Context) -> bool:
    name = text.removeprefix("torch.").removeprefix("nn.")
    bare = context.scope.is_block(text)
    return bare or context.scope.is_torch_layer(name) or name in CONTAINERS
