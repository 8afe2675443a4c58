"""Calls that need no second look: layers of torch made of literals, rightly.

A network makes thousands of these (`nn.Linear(64, 64)`), and there is nothing in them
that a pass could find but what is asked here once: whether the arguments fit the
signature, their types and choices, and what the layer demands. Where the answer is
yes, no pass has a word to say; where it is no, the passes tell why.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Mapping
from typing import TypeAlias

from modelspec.analysis.demands import unmet
from modelspec.analysis.places import is_chosen, places_of_torch
from modelspec.analysis.standins import fits
from modelspec.catalog import load_catalog
from modelspec.program.ir import Layer
from modelspec.program.literal import LayerForm, Sort, literal_layer, sort_of

Settled: TypeAlias = "tuple[str, Mapping[str, object]]"
"""A layer, and its arguments by name."""


def settled(node: ast.expr | Layer) -> Settled | None:
    """What is called, and with what, in a call with which nothing is wrong."""
    if isinstance(node, Layer):
        form, values = node.call.form, node.call.values
        layer, names = form.layer, _names_in(form)
    else:
        literal = literal_layer(node)
        if literal is None:
            return None
        layer, values, keywords = literal
        names = _names(layer, tuple(keywords), tuple([sort_of(one) for one in values]))
    if names is None:
        return None
    given = dict(zip(names, values, strict=True))
    return (layer, given) if unmet(layer, given) is None else None


@functools.lru_cache(maxsize=1024)
def _names_in(form: LayerForm) -> tuple[str, ...] | None:
    return _names(form.layer, form.names, form.sorts)


@functools.lru_cache(maxsize=1024)
def _names(
    layer: str, keywords: tuple[str, ...], sorts: tuple[Sort, ...]
) -> tuple[str, ...] | None:
    """The names of arguments of some sorts, those by keyword last, if they fit.

    Numbers, of which every call has others, play no part in it.
    """
    found, count = load_catalog().layer(layer), len(sorts) - len(keywords)
    if found is None or found.is_container or found.signature.bind(count, keywords):
        return None
    order = [one.name for one in found.signature.positional[:count]]
    names, places = (*order, *keywords), places_of_torch(layer, "layer").named
    if len(names) < len(sorts):
        return None  # the rest go into a `*args`
    values = map(_sample, sorts)
    placed = [
        (places.get(one), value) for one, value in zip(names, values, strict=True)
    ]
    fitting = (
        place is None or (fits(place.type, value) and is_chosen(value, place))
        for place, value in placed
    )
    return names if all(fitting) else None


def _sample(sort: Sort) -> object:
    """Some value of a sort."""
    if isinstance(sort, tuple):
        return tuple(map(_sample, sort))
    return sort() if isinstance(sort, type) else sort
