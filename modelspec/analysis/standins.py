"""Values that stand in for what only torch has: layer types, modules, tensors.

An `Opaque` is a value of which nothing is known: what is done with it gives another.
A `LayerType` is a class of torch.nn or a block; a `Module` is what a call of one gives,
with its children and attributes where these can be seen.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Mapping
from dataclasses import field
from typing import NoReturn

from modelspec.catalog import load_catalog
from modelspec.diagnostics.diagnostic import Diagnostic
from modelspec.program.ir import Block, TypeExpression
from modelspec.pysubset.faults import EvaluationError
from modelspec.pysubset.runtime import SpecCallable
from modelspec.pysubset.values import Unsayable, in_words
from modelspec.records import dataclass
from modelspec.syntax.keys import CONTAINERS


class Unknowable(EvaluationError):  # noqa: N818  # nothing is wrong
    """The way on depends on a value that only the build knows."""

    def __init__(self) -> None:
        super().__init__(Diagnostic("unknowable", "not known here", None))


class Exhausted(Unknowable):
    """The way on would take more steps than an elaboration has."""


class Opaque(Unsayable):
    """A value of which nothing is known, not even whether it equals another."""

    __slots__ = ()

    def stop(self) -> NoReturn:
        raise Unknowable

    def _ask(self, *args: object) -> NoReturn:
        raise Unknowable

    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = __ne__ = _ask
    __bool__ = __len__ = __iter__ = __index__ = __int__ = __float__ = _ask

    def __hash__(self) -> int:
        return id(self)

    def __call__(self, *args: object, **kwargs: object) -> Opaque:
        """Only so that `partial` takes it: calls go through the world."""
        return self


@dataclass(slots=True, eq=False)
class LayerType:
    """A class that makes modules; `block` is set for one of the spec, `is_external`
    for one of a Python module, of which nothing is known but that it makes modules.

    `bases` are the types it derives from, nearest first; where `is_open`, it may have
    more class attributes than its constants.
    """

    name: str
    block: Block | None = None
    constants: dict[str, object] = field(default_factory=dict)
    bases: tuple[LayerType, ...] = ()
    is_open: bool = True
    is_external: bool = False

    @property
    def is_strange(self) -> bool:
        """Whether code that nobody has read may decide what its modules do."""
        return self.is_external or any(one.is_external for one in self.bases)

    def __call__(self, *args: object, **kwargs: object) -> Opaque:
        """Only so that `partial` takes it: calls go through the world."""
        return Opaque()


@dataclass(slots=True, eq=False)
class Module:
    """A module. Where `is_open`, it may have more than its children and attributes;
    where it `is_partial`, what was to be registered in it could not be followed."""

    type: LayerType
    children: dict[str, object] = field(default_factory=dict)
    attributes: dict[str, object] = field(default_factory=dict)
    is_open: bool = True
    is_partial: bool = False

    @property
    def is_container(self) -> bool:
        """Whether it is, or derives from, a container with all children in sight."""
        return self.container is not None and not self.is_open

    @property
    def container(self) -> str | None:
        block = self.type.block
        name = self.type.name if block is None else block.base.kind
        return name if name in CONTAINERS and not self.type.is_external else None


@functools.cache
def layer_type(name: str) -> LayerType:
    """The one type of a class of torch.nn, so that `is` tells types apart."""
    return LayerType(name)


def static_value(node: ast.expr, blocks: Mapping[str, LayerType]) -> object:
    """What a literal, a layer's name or a call of one is; else an `Opaque`.

    `blocks` are the blocks that bare names mean, those that locals hide left out.
    """
    match node:
        case ast.Constant(value=value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float())):
            inner = node.operand.value  # type: ignore[attr-defined]  # matched above
            return -inner
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return static_value(operand, blocks)
        case ast.List(elts=items) | ast.Tuple(elts=items):
            if any(isinstance(item, ast.Starred) for item in items):
                return Opaque()
            values = [static_value(item, blocks) for item in items]
            return values if isinstance(node, ast.List) else tuple(values)
        case ast.Dict(keys=keys, values=held):
            return _static_dict(keys, held, blocks)
        case ast.JoinedStr():
            return "..."
        case ast.Name(id=name):
            return blocks.get(name, Opaque())
        case ast.Attribute(value=ast.Name(id="nn"), attr=name):
            known = load_catalog().layer(name) is not None
            return layer_type(name) if known else Opaque()
        case ast.Call(func=function):
            made = static_value(function, blocks)
            return Module(made) if isinstance(made, LayerType) else Opaque()
    return Opaque()


def _static_dict(
    keys: list[ast.expr | None], values: list[ast.expr], blocks: Mapping[str, LayerType]
) -> object:
    names = [key.value if isinstance(key, ast.Constant) else None for key in keys]
    if not all(isinstance(name, str) for name in names):
        return Opaque()
    held = [static_value(value, blocks) for value in values]
    return dict(zip(names, held, strict=True))


_MOST_SHOWN = 8
_LONGEST_SHOWN = 40


def describe(value: object) -> str:
    """A value in a few words, for messages."""
    if value is None or isinstance(value, bool | int | float | str):
        text = repr(value)
        return text if len(text) <= _LONGEST_SHOWN else f"{text[:37]}..."
    if isinstance(value, LayerType):
        return f"the layer type {value.name}"
    if isinstance(value, Module):
        return f"a module ({value.type.name})"
    if isinstance(value, functools.partial):
        return "a layer type with arguments"
    if isinstance(value, list | tuple) and _is_short(value):
        return repr(value)
    return in_words(value)


def _is_short(value: list[object] | tuple[object, ...]) -> bool:
    """Whether a list or tuple is shown as it is."""
    shown = (bool, int, float, str, type(None))
    plain = len(value) <= _MOST_SHOWN and all(type(one) in shown for one in value)
    return plain and len(repr(value)) <= _LONGEST_SHOWN


def type_in_words(type_: TypeExpression) -> str:
    """A type as messages call it."""
    return "a list or mapping of modules" if type_.name == "children" else str(type_)


# --- types of params --------------------------------------------------------------

_PLAIN: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "str": (str,),
    "None": (type(None),),
}


def fits(type_: TypeExpression, value: object) -> bool:
    """Whether a value may be of a type; as the build tells it."""
    if isinstance(value, Opaque) or type_.name == "any":
        return True
    if type_.name in _PLAIN:
        is_bool = isinstance(value, bool)
        return isinstance(value, _PLAIN[type_.name]) and (
            not is_bool or type_.name == "bool"
        )
    if type_.name == "union":
        return any(fits(one, value) for one in type_.arguments)
    if type_.name in ("list", "tuple"):
        return _fits_sequence(type_, value)
    if type_.name == "dict":
        inner = type_.arguments[:1]
        return isinstance(value, dict) and all(
            fits(one, item) for one in inner for item in value.values()
        )
    return _fits_special(type_.name, value)


def _fits_sequence(type_: TypeExpression, value: object) -> bool:
    if not isinstance(value, list | tuple):
        return False
    if type_.name == "list" or type_.variadic or not type_.arguments:
        return all(fits(one, item) for one in type_.arguments[:1] for item in value)
    pairs = zip(type_.arguments, value, strict=False)
    return len(value) == len(type_.arguments) and all(fits(t, v) for t, v in pairs)


def _fits_special(name: str, value: object) -> bool:
    if name == "layer":
        return isinstance(value, LayerType | functools.partial | SpecCallable)
    if name == "module":
        return isinstance(value, Module)
    if name == "dtype":
        return False  # a dtype is opaque
    if name == "children":
        items = list(value.values()) if isinstance(value, dict) else value
        if isinstance(items, Module):
            return items.container is not None or items.type.is_strange
        return isinstance(items, list | tuple) and all(
            item is None or isinstance(item, Module | Opaque) for item in items
        )
    return True
