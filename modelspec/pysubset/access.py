"""Subscripts and attributes of values, read and assigned."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from modelspec.diagnostics.suggest import suggest
from modelspec.pysubset.collecting import put
from modelspec.pysubset.faults import Fault
from modelspec.pysubset.methods import methods_of
from modelspec.pysubset.runtime import Runtime
from modelspec.pysubset.values import NUMBERS, in_words, kind_of, shown

_MOST_KEYS = 1000


def subscript(run: Runtime, value: Any, index: Any) -> object:
    kind = type(value)
    if kind is list or kind is tuple:
        if type(index) is slice:
            return _slice(run, value, index)
        try:
            return value[index]
        except IndexError:
            raise _beyond(value, index) from None
        except TypeError:
            raise _no_index(value, index) from None
    if kind is dict:
        return _key(run, value, index)
    if kind is str or kind is range:
        if type(index) is slice:
            return _slice(run, value, index)
        if type(index) not in (int, bool):
            raise _no_index(value, index)
        if not -(size := run.length(value)) <= index < size:
            raise _beyond(value, index)
        return value[index]
    if run.is_plain(value):
        message = f"{in_words(value)} has no items, so none can be taken"
        raise Fault("unsupported-operand", message)
    return run.world.subscript(value, index)


def _beyond(value: Any, index: object) -> Fault:
    message = f"index {index} is out of range"
    count = len(value)
    note = f"it has {count} item{'' if count == 1 else 's'}"
    return Fault("index-out-of-range", message, note=note)


def _no_index(value: object, index: object) -> Fault:
    message = f"a {kind_of(value)} takes an integer as index, got {shown(index)}"
    return Fault("wrong-argument", message)


def _slice(run: Runtime, value: Any, index: slice) -> object:
    run.budget.charge(len(value) >> 3 if type(value) is not range else 1)
    return run.guard(lambda: value[index])


def _key(run: Runtime, value: dict[Any, Any], key: Any) -> object:
    if type(key) not in NUMBERS:
        run.weigh(key)
    try:
        return value[key]
    except KeyError:
        raise unknown_key(value, key) from None
    except TypeError:
        message = f"{in_words(key)} cannot be a key of a dict"
        raise Fault("unhashable", message) from None


def unknown_key(value: dict[Any, Any], key: object) -> Fault:
    near = nearest(key, (one for one in value if type(one) is str))
    help = ""
    if not near and len(value) <= 8:
        help = f"its keys are {', '.join(shown(one) for one in value)}" if value else ""
    message = f"the dict has no key {shown(key)}"
    return Fault("unknown-key", message, help, wrong=key, meant=near)


def nearest(name: object, known: Iterable[str]) -> str | None:
    return suggest(name, islice(known, _MOST_KEYS)) if type(name) is str else None


def attribute(run: Runtime, value: Any, name: str) -> object:
    """`value.name` where it is not called."""
    if type(value) is dict:
        if name in value:
            return value[name]
        raise unknown_key(value, name)
    if not run.is_plain(value):
        return run.world.attribute(value, name)
    raise no_attribute(value, name)


def no_attribute(value: object, name: str) -> Fault:
    known = methods_of(value)
    message = f"{in_words(value)} has no attribute '{name}'"
    if name in known:
        message = f"'{name}' of {in_words(value)} can only be called"
    near = nearest(name, known)
    meant = near if near != name else None
    help = f"{in_words(value)} has {', '.join(known)}" if known and not meant else ""
    return Fault("unknown-attribute", message, help, wrong=name, meant=meant)


def set_item(run: Runtime, value: Any, index: Any, item: Any) -> None:
    """`value[index] = item`."""
    kind = type(value)
    if kind is list:
        if type(index) is slice:
            items = run.listed(item)
            run.budget.items(len(value) + len(items))
            run.guard(value.__setitem__, index, items)
            return
        try:
            value[index] = item
        except IndexError:
            raise _beyond(value, index) from None
        except TypeError:
            raise _no_index(value, index) from None
    elif kind is dict:
        put(run, value, index, item)
    elif run.is_plain(value):
        message = f"the items of {in_words(value)} cannot be assigned to"
        raise Fault("unsupported-operand", message)
    else:
        run.world.set_item(value, index, item)
