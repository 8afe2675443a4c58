"""What a construction registers in a stand-in, and what it may not.

In: a name and a value. Out: nothing, or an `EvaluationError` where the build would
refuse them; `Unknowable` where it cannot be told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from typing import NoReturn, TypeAlias

from modelspec.analysis.members import layer_members
from modelspec.analysis.standins import (
    LayerType,
    Module,
    Opaque,
    Unknowable,
    describe,
)
from modelspec.diagnostics.span import Span
from modelspec.diagnostics.suggest import edit_distance, suggest
from modelspec.pysubset.faults import Fault, at_span
from modelspec.pysubset.values import PLAIN, Scope
from modelspec.records import dataclass

# Layers of torch that make other layers.
_COMPOSITE = frozenset(
    """
    AdaptiveLogSoftmaxWithLoss MultiheadAttention Transformer TransformerDecoder
    TransformerDecoderLayer TransformerEncoder TransformerEncoderLayer
    """.split()
)


class Children(dict[str, object]):
    """The children of a container while it is made; `is_partial` as of a module."""

    is_partial = False


Sink: TypeAlias = "Children | None"


@dataclass(slots=True)
class Construction:
    """One module while it is made; `names` are those that the block has registered."""

    module: Module
    scope: Scope
    names: set[str] = field(default_factory=set)


def keep(at: Construction, name: str) -> None:
    """Makes a param or var an attribute."""
    at.module.attributes[name] = at.scope.locals.get(name, Opaque())


def register(
    at: Construction, sink: Sink, name: str | None, value: object, span: Span
) -> None:
    into = at.module.children if sink is None else sink
    key = str(len(into)) if name is None else name
    taken = at.names if sink is None else sink
    if name is not None and key in taken:
        fail(
            "duplicate-name",
            f"'{key}' is registered twice",
            span,
            "in a loop, compute the name: `fc${i}`",
        )
    if sink is None:
        at.names.add(key)
    into[key] = value


def forget(at: Construction, sink: Sink, names: Iterable[str]) -> None:
    """After statements that could not be followed: they may have registered anything,
    and given these names any value."""
    if sink is None:
        at.module.is_open = at.module.is_partial = True
    else:
        sink.is_partial = True
    for name in names:
        at.scope.locals[name] = Opaque()


def check_module(value: object, span: Span) -> None:
    if value is None or isinstance(value, Module | Opaque):
        return
    advice = ""
    if isinstance(value, LayerType):
        advice = f"call it: `{value.name}(...)`"
    elif isinstance(value, list | tuple | dict):
        advice = (
            "a list or mapping of modules goes into a container: `Sequential: ${...}`"
        )
    fail(
        "not-a-module",
        f"a module is expected here, got {describe(value)}",
        span,
        advice,
    )


def check_tensor(value: object, what: str, span: Span) -> None:
    if value is None or isinstance(value, Opaque):
        return
    is_module = isinstance(value, Module | LayerType)
    fail(
        "not-a-tensor",
        f"a {what} is a tensor or None, got {describe(value)}",
        span,
        "" if is_module else "`torch.tensor(...)` makes one of numbers",
    )


def spread(value: object, span: Span) -> list[tuple[str | None, object]]:
    if isinstance(value, Opaque) or (isinstance(value, Module) and value.is_open):
        raise Unknowable
    if isinstance(value, Module) and value.is_container:
        named = value.container == "ModuleDict"
        items = value.children.items()
        return [(key if named else None, one) for key, one in items]
    if isinstance(value, dict):
        return [(str(key), one) for key, one in value.items()]
    if isinstance(value, list | tuple):
        return [(None, one) for one in value]
    if type(value) in PLAIN:
        message = f"expected a list or mapping of modules, got {describe(value)}"
        fail("not-a-module-list", message, span)
    raise Unknowable


def is_there(module: Module, path: str) -> bool:
    """Whether there is, or may be, a module or tensor of a dotted name."""
    at: object = module
    for part in path.split("."):
        if not isinstance(at, Module) or at.is_open:
            return True
        if part in at.children:
            at = at.children[part]
        elif part in at.attributes:
            at = at.attributes[part]
        else:
            return False
    return True


def misspelt_leaf(module: Module, path: str) -> tuple[str, str] | None:
    """The layer of torch and the tensor of it that the last part of a dotted name
    means, where that is a letter off."""
    layer, leaf = layer_without(module, path), path.rpartition(".")[2]
    names = layer_members(layer) if layer is not None else None
    near = suggest(leaf, sorted(names or ()))
    if near is None or edit_distance(leaf.casefold(), near.casefold()) > 1:
        return None
    return str(layer), near


def layer_without(module: Module, path: str) -> str | None:
    """The layer of torch in which the last part of a dotted name is looked for, where
    it is known to have nothing of that name."""
    *parts, leaf = path.split(".")
    at: object = module
    for part in parts:
        at = at.children.get(part) if isinstance(at, Module) else None
    if not parts or not isinstance(at, Module) or at.type.block is not None:
        return None
    names = layer_members(at.type.name)
    known = names is None or leaf in names or leaf in at.children
    return None if known else at.type.name


def leaf_of(span: Span) -> Span:
    """The last part of a dotted name, of which this is the place."""
    text = span.text.rstrip("'\"")
    start = text.rfind(".") + 1
    return Span(span.source, span.start + start, span.start + len(text))


def types_in(module: Module) -> set[LayerType] | None:
    """The types of a module and all in it; None where they are not all seen."""
    found = {module.type}
    if module.is_partial:
        return None
    if module.type.block is None and module.type.name in _COMPOSITE:
        return None
    for child in module.children.values():
        inner = types_in(child) if isinstance(child, Module) else None
        if child is None:
            continue
        if inner is None:
            return None
        found |= inner
    return found


def fail(
    code: str, message: str, span: Span, help: str = "", meant: str | None = None
) -> NoReturn:
    raise at_span(Fault(code, message, help, wrong=span.text, meant=meant), span)
