"""What sort of value an expression is, as far as it can be seen without running it.

The language needs little: whether a name holds a layer type (then it is called where
a module is expected) and whether it holds a dict (then its keys read as attributes).
Everything else is `VALUE` or, where nothing is known, `UNKNOWN`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import TypeAlias

from modelspec.program.ir import TypeExpression
from modelspec.pysubset import Hole
from modelspec.records import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """`element` is that of a list's items or a dict's values; `fields` those of the
    keys of a dict or the positions of a tuple, where they are known one by one."""

    name: str
    element: Kind | None = None
    fields: tuple[tuple[str, Kind], ...] = ()

    def field(self, key: str) -> Kind:
        found = dict(self.fields).get(key)
        return found or self.element or UNKNOWN


UNKNOWN = Kind("unknown")
VALUE = Kind("value")
LAYER = Kind("layer")
MODULE = Kind("module")
DICT = Kind("dict")

Lookup: TypeAlias = Callable[[str], Kind]

_SAME_ITEMS = frozenset({"list", "tuple", "sorted", "reversed", "set"})


def kind_of_type(type_: TypeExpression) -> Kind:
    """The kind of a param's values."""
    inner = [kind_of_type(argument) for argument in type_.arguments]
    if type_.name == "union":
        return join([kind for kind in inner if kind != VALUE] or inner)
    if type_.name in ("layer", "module"):
        return LAYER if type_.name == "layer" else MODULE
    if type_.name == "dict":
        return Kind("dict", inner[0] if inner else None)
    if type_.name in ("list", "tuple"):
        return Kind("sequence", join(inner) if inner else None)
    return UNKNOWN if type_.name == "any" else VALUE


def join(kinds: Iterable[Kind]) -> Kind:
    """The kind of a value that is one of several."""
    found = list(kinds)
    if not found:
        return UNKNOWN
    if all(kind == found[0] for kind in found):
        return found[0]
    names = {kind.name for kind in found}
    if names in ({"dict"}, {"sequence"}):
        keys = {key for kind in found for key, _ in kind.fields}
        fields = ((key, join(k.field(key) for k in found)) for key in sorted(keys))
        elements = [kind.element for kind in found if kind.element]
        return Kind(names.pop(), join(elements) if elements else None, tuple(fields))
    return UNKNOWN


def kind_of(node: ast.expr, lookup: Lookup) -> Kind:
    """The kind of a canonical expression; `lookup` tells that of a bare name."""
    match node:
        case ast.Constant():
            return VALUE
        case ast.Name(id=name):
            return lookup(name)
        case ast.Attribute(value=ast.Name(id="nn")):
            return LAYER
        case ast.IfExp(body=body, orelse=orelse):
            return join([kind_of(body, lookup), kind_of(orelse, lookup)])
        case ast.BoolOp(values=values):
            return join(kind_of(value, lookup) for value in values)
        case ast.BinOp(left=left, right=right):
            sides = [kind_of(left, lookup), kind_of(right, lookup)]
            lists = [side for side in sides if side.name == "sequence"]
            return join(lists) if lists else VALUE
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            return _sequence([kind_of(item, lookup) for item in items])
        case ast.Dict(keys=keys, values=values):
            return _dict(keys, [kind_of(value, lookup) for value in values])
        case ast.Subscript(value=value, slice=index):
            return _subscript(kind_of(value, lookup), index)
        case ast.ListComp() | ast.GeneratorExp():
            return _comprehension(node, lookup)
        case ast.Call():
            return _call(node, lookup)
        case ast.Starred(value=value):
            return kind_of(value, lookup).element or UNKNOWN
        case ast.Attribute() | Hole():
            return UNKNOWN
        case _:
            return VALUE


def bind_target(target: ast.expr, kind: Kind) -> dict[str, Kind]:
    """The kinds of the names that an assignment of a value of this kind binds."""
    if isinstance(target, ast.Name):
        return {target.id: kind}
    if isinstance(target, ast.Tuple | ast.List):
        bound: dict[str, Kind] = {}
        for at, item in enumerate(target.elts):
            inner = item.value if isinstance(item, ast.Starred) else item
            bound |= bind_target(inner, kind.field(str(at)))
        return bound
    return {}


def _sequence(items: list[Kind]) -> Kind:
    fields = tuple((str(at), kind) for at, kind in enumerate(items))
    return Kind("sequence", join(items) if items else None, fields)


def _dict(keys: list[ast.expr | None], values: list[Kind]) -> Kind:
    fields = tuple(
        (key.value, value)
        for key, value in zip(keys, values, strict=True)
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    )
    return Kind("dict", join(values) if values else None, fields)


def _subscript(kind: Kind, index: ast.expr) -> Kind:
    if isinstance(index, ast.Slice):
        return Kind(kind.name, kind.element)
    if isinstance(index, ast.Constant):
        return kind.field(str(index.value))
    return kind.element or UNKNOWN


def _comprehension(node: ast.ListComp | ast.GeneratorExp, lookup: Lookup) -> Kind:
    bound: dict[str, Kind] = {}

    def inner(name: str) -> Kind:
        return bound[name] if name in bound else lookup(name)

    for generator in node.generators:
        element = kind_of(generator.iter, inner).element or UNKNOWN
        bound.update(bind_target(generator.target, element))
    return Kind("sequence", kind_of(node.elt, inner))


def _call(node: ast.Call, lookup: Lookup) -> Kind:
    arguments = [kind_of(argument, lookup) for argument in node.args]
    match node.func:
        case ast.Name(id="partial"):
            return LAYER
        case ast.Name(id="range"):
            return Kind("sequence", VALUE)
        case ast.Name(id="enumerate") if arguments:
            inner = arguments[0].element or UNKNOWN
            return Kind("sequence", _sequence([VALUE, inner]))
        case ast.Name(id="zip"):
            items = [argument.element or UNKNOWN for argument in arguments]
            return Kind("sequence", _sequence(items))
        case ast.Name(id="dict"):
            given = [(k.arg, kind_of(k.value, lookup)) for k in node.keywords if k.arg]
            return Kind("dict", None, tuple(given)) if given else _first(arguments)
        case ast.Name(id=name) if name in _SAME_ITEMS:
            return _first(arguments)
        case ast.Attribute(value=value, attr=attribute):
            return _method(kind_of(value, lookup), attribute, node, lookup)
        case _:
            callee = kind_of(node.func, lookup)
            return MODULE if callee == LAYER else UNKNOWN


def _method(owner: Kind, name: str, node: ast.Call, lookup: Lookup) -> Kind:
    if kind_of(node.func, lookup) == LAYER:
        return MODULE
    if owner.name == "dict" and name in ("items", "values"):
        value = owner.element or join(kind for _, kind in owner.fields)
        return Kind(
            "sequence", value if name == "values" else _sequence([VALUE, value])
        )
    if owner.name == "dict" and name == "get" and node.args:
        return _subscript(owner, node.args[0])
    return UNKNOWN


def _first(kinds: list[Kind]) -> Kind:
    return kinds[0] if kinds else UNKNOWN
