"""Values put into a dict or a set, one after another, each counted."""

from __future__ import annotations

from typing import Any

from modelspec.pysubset.faults import Fault
from modelspec.pysubset.runtime import Keywords, Runtime
from modelspec.pysubset.values import MISSING, NUMBERS, in_words


def add_to_set(run: Runtime, found: set[object], value: object) -> None:
    if type(value) not in NUMBERS:
        run.weigh(value)
    run.budget.charge(1)
    try:
        found.add(value)
    except TypeError:
        raise Fault("unhashable", f"{in_words(value)} cannot be in a set") from None
    if len(found) > run.budget.limits.items:
        run.budget.items(len(found))


def update(
    run: Runtime, found: dict[object, object], given: Any, kwargs: Keywords
) -> None:
    """`found.update(given, **kwargs)`."""
    if type(given) is dict:
        run.budget.items(len(given))
        for key in list(given):
            put(run, found, key, given[key])
    elif given is not MISSING:
        for pair in run.iterate(given):
            items = run.listed(pair)
            if len(items) != 2:
                message = f"expected pairs of key and value, got {len(items)} values"
                raise Fault("unpack-mismatch", message)
            put(run, found, items[0], items[1])
    for name, value in kwargs.items():
        put(run, found, name, value)


def put(run: Runtime, found: dict[Any, Any], key: object, value: object) -> None:
    """`found[key] = value`."""
    if type(key) not in NUMBERS:
        run.weigh(key)
    run.budget.charge(1)
    try:
        found[key] = value
    except TypeError:
        raise Fault(
            "unhashable", f"{in_words(key)} cannot be a key of a dict"
        ) from None
    if len(found) > run.budget.limits.items:
        run.budget.items(len(found))
