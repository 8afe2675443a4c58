"""The `World` of stand-ins: what an evaluated expression may do with them.

In: layer types, modules and opaque values. Out: the same. A refusal is raised only
where the build would refuse too; where the answer depends on what is not known,
`Unknowable` ends the elaboration without a word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias, TypeGuard

from modelspec.analysis.standins import (
    LayerType,
    Module,
    Opaque,
    Unknowable,
    describe,
    layer_type,
)
from modelspec.catalog import load_catalog
from modelspec.diagnostics.suggest import suggest
from modelspec.pysubset.faults import WorldError

Call: TypeAlias = "Callable[[LayerType, list[object], dict[str, object]], object]"

_MODULE_LISTS = {
    "children": lambda module: list(module.children.values()),
    "named_children": lambda module: list(module.children.items()),
}
_DICT_LISTS = {
    "items": lambda module: list(module.children.items()),
    "keys": lambda module: list(module.children),
    "values": lambda module: list(module.children.values()),
}


class BoundMethod:
    """A method of a module that lists its children, on its way to its call."""

    __slots__ = ("function", "owner")

    def __init__(self, owner: Module, function: Callable[[Module], object]) -> None:
        self.owner = owner
        self.function = function


class StandInWorld:
    """See `modelspec.pysubset.world.World`. `make` makes the module of a type."""

    def __init__(self, make: Call) -> None:
        self._make = make

    def resolve(self, dotted: str) -> object | None:
        root, _, last = dotted.rpartition(".")
        if root == "nn" and load_catalog().layer(last) is not None:
            return layer_type(last)
        return Opaque()

    # --- attributes and calls -----------------------------------------------------

    def attribute(self, value: object, name: str) -> object:
        if isinstance(value, Module):
            return self._module_attribute(value, name)
        if isinstance(value, LayerType):
            return type_attribute(value, name)
        return Opaque()

    def _module_attribute(self, module: Module, name: str) -> object:
        for table in (module.children, module.attributes):
            if name in table:
                return table[name]
        if module.is_open:
            return Opaque()
        if name in _MODULE_LISTS:
            return BoundMethod(module, _MODULE_LISTS[name])
        if name in _DICT_LISTS and module.container in ("ModuleDict", "ParameterDict"):
            return BoundMethod(module, _DICT_LISTS[name])
        if name in load_catalog().module_methods or name == "training":
            return Opaque()
        if name in module.type.constants:
            return module.type.constants[name]
        if module.container and name in load_catalog().module_names(module.container):
            return Opaque()
        known = [*module.children, *module.attributes]
        raise no_attribute(describe(module), name, known)

    def call(
        self, function: object, args: list[object], kwargs: dict[str, object]
    ) -> object:
        if isinstance(function, LayerType):
            return self._make(function, args, kwargs)
        if isinstance(function, BoundMethod):
            return function.function(function.owner)
        if isinstance(function, Module):
            message = f"{describe(function)} is no layer type or function"
            raise WorldError("not-callable", message)
        return Opaque()

    # --- operators ----------------------------------------------------------------

    def binary(self, operator: str, left: object, right: object) -> object:
        operands = (left, right)
        known = [one for one in operands if isinstance(one, LayerType | Module)]
        others = [one for one in operands if isinstance(one, Opaque)]
        containers = [o for o in known if isinstance(o, Module) and _may_hold(o)]
        if known and not others and not containers:
            shown = " and ".join(map(describe, operands))
            message = f"`{operator}` does not work on {shown}"
            raise WorldError("unsupported-operand", message)
        return Opaque()

    def unary(self, operator: str, value: object) -> object:
        if isinstance(value, LayerType | Module):
            message = f"`{operator}` does not work on {describe(value)}"
            raise WorldError("unsupported-operand", message)
        return Opaque()

    def compare(self, operator: str, left: object, right: object) -> object:
        if operator == "in" and _is_dict(right) and isinstance(left, str):
            return left in right.children
        known = all(
            isinstance(one, LayerType) or _is_text(one) for one in (left, right)
        )
        if operator in ("==", "!=") and known and not _may_be_same(left, right):
            return (left is right) is (operator == "==")
        return Opaque()

    # --- items --------------------------------------------------------------------

    def subscript(self, value: object, index: object) -> object:
        if isinstance(value, LayerType):
            message = f"{describe(value)} has no items"
            raise WorldError("not-subscriptable", message)
        if isinstance(value, Module) and value.is_container:
            return _item(value, index)
        return Opaque()

    def set_item(self, value: object, index: object, item: object) -> None:
        return None

    def iterate(self, value: object) -> Iterator[object]:
        if isinstance(value, LayerType):
            message = f"{describe(value)} is nothing to go through"
            raise WorldError("not-iterable", message)
        if isinstance(value, Module) and value.is_container:
            named = value.container in ("ModuleDict", "ParameterDict")
            return iter(list(value.children if named else value.children.values()))
        raise Unknowable

    def length(self, value: object) -> int:
        if isinstance(value, LayerType):
            raise WorldError("wrong-argument", f"{describe(value)} has no length")
        if isinstance(value, Module) and value.is_container:
            return len(value.children)
        raise Unknowable

    def truth(self, value: object) -> bool:
        if isinstance(value, LayerType):
            return True
        if isinstance(value, Module) and not _may_hold(value):
            return True
        return self.length(value) > 0

    def is_instance(self, value: object, kind: object) -> bool:
        if isinstance(value, Opaque) or not isinstance(kind, LayerType):
            raise Unknowable
        return isinstance(value, Module) and derives(value.type, kind)

    def text(self, value: object) -> str:
        if isinstance(value, LayerType):
            return value.name
        raise Unknowable


def _may_hold(module: Module) -> bool:
    """Whether it is, or may be, a container."""
    return module.container is not None or module.type.is_strange


def _may_be_same(left: object, right: object) -> bool:
    """Whether two types of Python modules may be one, which has two names."""
    types = [one for one in (left, right) if isinstance(one, LayerType)]
    return left is not right and len([one for one in types if one.is_external]) == 2


def _is_dict(value: object) -> TypeGuard[Module]:
    if not isinstance(value, Module) or not value.is_container:
        return False
    return value.container == "ModuleDict"


def _is_text(value: object) -> bool:
    return value is None or isinstance(value, str | int | float)


def _item(module: Module, index: object) -> object:
    children = list(module.children.values())
    if isinstance(index, str):
        if index in module.children:
            return module.children[index]
        raise _no_key(index, module)
    if isinstance(index, slice):
        try:
            chosen = list(module.children.items())[index]
        except (TypeError, ValueError):
            raise Unknowable from None
        return Module(layer_type(module.container or ""), dict(chosen), {}, False)
    if isinstance(index, int):
        if -len(children) <= index < len(children):
            return children[index]
        message = f"index {index} is out of range"
        count = f"it has {len(children)} item{'' if len(children) == 1 else 's'}"
        raise WorldError("index-out-of-range", message, note=count)
    return Opaque()


def _no_key(name: str, module: Module) -> WorldError:
    nearest = suggest(name, module.children)
    message = f"{describe(module)} has no child '{name}'"
    return WorldError("unknown-key", message, wrong=name, meant=nearest)


def no_attribute(what: str, name: str, known: list[str]) -> WorldError:
    nearest = suggest(name, known)
    message = f"{what} has no attribute '{name}'"
    return WorldError("unknown-attribute", message, wrong=name, meant=nearest)


def type_attribute(value: LayerType, name: str) -> object:
    """A constant of a block; of a layer of torch nothing is told."""
    if name in value.constants:
        return value.constants[name]
    if value.is_open:
        return Opaque()
    raise no_attribute(f"the block {value.name}", name, list(value.constants))


def derives(made: LayerType, kind: LayerType) -> bool:
    """Whether modules of one type are instances of another; raises if not known."""
    if kind in (made, *made.bases):
        return True
    if kind is layer_type("Module"):
        return True
    if made.is_strange or kind.is_external:
        raise Unknowable
    layers = [one for one in (made, *made.bases) if one.block is None]
    is_sublayer = load_catalog().is_sublayer
    if kind.block is None and any(is_sublayer(one.name, kind.name) for one in layers):
        return True
    blocks = [one for one in (made, *made.bases) if one.block is not None]
    if not all(one.bases for one in blocks):
        raise Unknowable  # what it extends is not known
    return False
