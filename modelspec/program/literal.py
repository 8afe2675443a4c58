"""Layers of torch made of literals alone, `nn.Linear(8, 8)`: most of any network.

They read no name, so that whatever goes through expressions may pass over them.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Final, TypeAlias

from modelspec.records import dataclass

_NOT: Final = object()

# What makes two values alike for types and choices: a text itself, the kinds of the
# items of a tuple, else the type.
Sort: TypeAlias = "type | str | tuple[Sort, ...]"


@dataclass(frozen=True, slots=True, eq=False)
class LayerForm:
    """What calls that differ in their numbers share: the layer, the names of the last
    arguments, and what each argument is."""

    layer: str
    names: tuple[str, ...]
    sorts: tuple[Sort, ...]


@dataclass(frozen=True, slots=True, eq=False)
class LayerCall:
    """A layer with these literals; calls that are written alike may share one."""

    form: LayerForm
    values: Sequence[object]


def form_of(node: ast.AST, values: Sequence[object]) -> LayerForm | None:
    """The form of a layer of these literals; None for any other expression."""
    found = literal_layer(node)
    if found is None:
        return None
    layer, own, names = found
    sorts = tuple(map(sort_of, own))
    is_same = own == list(values) and sorts == tuple(map(sort_of, values))
    return LayerForm(layer, tuple(names), sorts) if is_same else None


def sort_of(value: object) -> Sort:
    if type(value) is str:
        return value
    return tuple(map(sort_of, value)) if type(value) is tuple else type(value)


def literal_layer(node: ast.AST) -> tuple[str, list[object], list[str]] | None:
    """The layer, the values of the arguments, and the names of the last of these, of a
    canonical call of literals; None for any other expression."""
    if type(node) is not ast.Call:
        return None
    function = node.func
    if type(function) is not ast.Attribute or type(function.value) is not ast.Name:
        return None
    if function.value.id != "nn":
        return None
    values, names = [_value(one) for one in node.args], []
    for keyword in node.keywords:
        if keyword.arg is None:
            return None
        names.append(keyword.arg)
        values.append(_value(keyword.value))
    return None if _NOT in values else (function.attr, values, names)


def _value(node: ast.expr) -> object:
    """A number, a text, None, a truth value, or a tuple of these; else `_NOT`."""
    if type(node) is ast.Constant:
        return node.value
    if isinstance(node, ast.Tuple):
        items = tuple(map(_value, node.elts))
        return _NOT if _NOT in items else items
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        number = _value(node.operand)
        return -number if type(number) in (int, float) else _NOT  # type: ignore[operator]
    return _NOT
