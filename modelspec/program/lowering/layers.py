"""Layers of literals, written again: what was lowered once is lowered no more.

A network writes few layers many times, the same but for their numbers. Here is kept
what the first of a form became; the next of its form is a `Layer` of that form and of
its own values, whose expression is lowered as the first was, should anyone ask for it.

In: a text, or a type with its arguments under it, and the names that may mean something
else than they did before. Out: a `Layer`, or None for what must be lowered.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import field
from functools import partial
from typing import TypeAlias

from modelspec.policy import Limits
from modelspec.program.ir import Layer
from modelspec.program.literal import (
    LayerCall,
    LayerForm,
    form_of,
    literal_layer,
    sort_of,
)
from modelspec.pysubset.repeated import Form, Found, Repeated
from modelspec.records import dataclass
from modelspec.syntax.nodes import Entry, MappingNode, Node, ScalarNode, SequenceNode

_MOST_KEPT = 1024

_Shape: TypeAlias = "tuple[object, ...]"
# The call of a type, whose callee is made already, with what stands under it.
Call: TypeAlias = Callable[[ast.expr], ast.expr]


@dataclass(frozen=True, slots=True, eq=False)
class Arguments:
    """Literals under the name of a type: their values, and what those have in common
    that are lowered alike."""

    shape: _Shape
    values: Sequence[object]


@dataclass(slots=True, eq=False)
class _Kept:
    """What a type with arguments of one shape became: its form, how its callee is
    written, and the calls there were, by their values."""

    form: LayerForm
    callee: Form
    calls: dict[tuple[object, ...], LayerCall] = field(default_factory=dict)

    def call(self, values: Sequence[object]) -> LayerCall:
        found = self.calls.get(key := tuple(values))
        if found is None:
            found = LayerCall(self.form, values)
            if len(self.calls) < _MOST_KEPT:
                self.calls[key] = found
        return found


class LayerForms:
    """The forms of a file's layers, by how they are written."""

    def __init__(self, texts: Repeated) -> None:
        self._texts = texts
        self._of_texts: dict[Form, LayerForm | None] = {}
        self._calls: dict[Found, LayerCall] = {}
        self._of_arguments: dict[_Shape, _Kept] = {}

    # --- Linear(8, 9) ---------------------------------------------------------------

    def of_text(
        self, node: ScalarNode, hidden: Collection[str], limits: Limits
    ) -> Layer | None:
        found = self._texts.find(node, "module", hidden, limits)
        if found is None:
            return None
        call = self._calls.get(found) or self._call(found, node)
        if call is None:
            return None
        return Layer(call, partial(found.at, node), node.span)

    def _call(self, found: Found, node: ScalarNode) -> LayerCall | None:
        form = found.form
        if form not in self._of_texts:
            tree = found.at(node)
            is_layer = literal_layer(tree) is not None
            self._of_texts[form] = form_of(tree, found.values()) if is_layer else None
        layer = self._of_texts[form]
        if layer is None:
            return None
        call = LayerCall(layer, found.values())
        if len(self._calls) < _MOST_KEPT:
            self._calls[found] = call
        return call

    # --- Linear: {in_features: 8, out_features: 9} -----------------------------------

    def of_arguments(
        self,
        entry: Entry,
        given: Arguments,
        node: MappingNode,
        hidden: Collection[str],
        call: Call,
    ) -> Layer | None:
        """`call` makes of a callee what the long way makes of it."""
        kept = self._of_arguments.get(given.shape)
        if kept is None or (hidden and kept.callee.reads(hidden)):
            return None
        make = partial(_called, kept.callee, entry.key, call)
        return Layer(kept.call(given.values), make, node.span)

    def keep(
        self,
        entry: Entry,
        given: Arguments,
        hidden: Collection[str],
        limits: Limits,
        made: ast.expr,
    ) -> None:
        """Keeps what a type with arguments was lowered to, without a word to report."""
        found = self._texts.find(entry.key, "callee", hidden, limits)
        form = form_of(made, given.values)
        if found is not None and form is not None:
            self._of_arguments[given.shape] = _Kept(form, found.form)


def _called(callee: Form, key: ScalarNode, call: Call) -> ast.expr:
    return call(callee.at(key, ()))


def arguments_of(entry: Entry) -> Arguments | None:
    """The literals under a type's name; None where there is anything else."""
    if entry.key.style != "plain":
        return None
    under = entry.value
    shape: list[object] = [entry.key.text]
    values: list[object] = []
    if isinstance(under, MappingNode):
        for one in under.entries:
            shape.append(one.key.text)
            if not _take(one.value, shape, values):
                return None
    elif isinstance(under, SequenceNode):
        for item in under.items:
            if not _take(item, shape, values):
                return None
    elif not ((under.is_null and not under.refused) or _take(under, shape, values)):
        return None
    return Arguments((type(under), *shape), values)


def _take(node: Node, shape: list[object], values: list[object]) -> bool:
    """Adds a literal, and what it shares with those that are lowered as it is."""
    value: object
    if isinstance(node, ScalarNode):
        value = node.value
        if node.refused or (type(value) is float and not math.isfinite(value)):
            return False
    elif isinstance(node, SequenceNode):
        items: list[object] = []
        if not all(_take_scalar(one, items) for one in node.items):
            return False
        value = tuple(items)
    else:
        return False
    values.append(value)
    shape.append(sort_of(value))
    return True


def _take_scalar(node: Node, items: list[object]) -> bool:
    return isinstance(node, ScalarNode) and _take(node, [], items)
