"""The methods of strings, lists, tuples and dicts that a spec may call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from modelspec.pysubset.collecting import update
from modelspec.pysubset.faults import Fault
from modelspec.pysubset.runtime import Arguments, Keywords, Runtime
from modelspec.pysubset.template import fill
from modelspec.pysubset.values import kind_of, shown

# `Any` as each method takes the type it is listed under.
Method = Callable[[Runtime, Any, Arguments, Keywords], object]


def method(value: object, name: str) -> Method | None:
    """What a plain value's method does; None where it has none of that name."""
    return _METHODS.get((type(value), name))


def methods_of(value: object) -> list[str]:
    return [name for kind, name in _METHODS if kind is type(value)]


def _plain(name: str, args: Arguments, kwargs: Keywords, least: int, most: int) -> None:
    if kwargs:
        raise Fault(
            "unexpected-argument", f"{name} has no argument '{next(iter(kwargs))}'"
        )
    if not least <= len(args) <= most:
        wanted = str(least) if least == most else f"{least} to {most}"
        message = f"{name} takes {wanted} arguments, got {len(args)}"
        raise Fault("wrong-argument", message)


# Lists and tuples


def _append(run: Runtime, value: Any, args: Arguments, kwargs: Keywords) -> None:
    _plain("append", args, kwargs, 1, 1)
    _room(run, value, 1)
    value.append(args[0])


def _room(run: Runtime, value: Any, more: int) -> None:
    run.budget.charge(1)
    if len(value) + more > run.budget.limits.items:
        run.budget.items(len(value) + more)


def _extend(run: Runtime, value: Any, args: Arguments, kwargs: Keywords) -> None:
    _plain("extend", args, kwargs, 1, 1)
    items = run.listed(args[0])
    _room(run, value, len(items))
    value.extend(items)


def _insert(run: Runtime, value: Any, args: Arguments, kwargs: Keywords) -> None:
    _plain("insert", args, kwargs, 2, 2)
    _room(run, value, 1)
    run.budget.charge(len(value) >> 6)
    run.guard(value.insert, *args)


def _pop(run: Runtime, value: Any, args: Arguments, kwargs: Keywords) -> object:
    _plain("pop", args, kwargs, 0, 1)
    run.budget.charge(len(value) >> 6)
    try:
        return value.pop(*args)
    except IndexError:
        message = "pop from an empty list" if not value else "pop beyond the list"
        raise Fault("index-out-of-range", message, note=_holds(value)) from None
    except TypeError:
        message = f"pop takes an integer, got {shown(args[0])}"
        raise Fault("wrong-argument", message) from None


def _holds(value: Any) -> str:
    return f"it has {len(value)} items"


def _count(run: Runtime, value: Any, args: Arguments, kwargs: Keywords) -> object:
    _plain("count", args, kwargs, 1, 1)
    run.weigh(args[0])
    run.weigh(value)
    return run.guard(value.count, args[0])


def _index(run: Runtime, value: Any, args: Arguments, kwargs: Keywords) -> object:
    _plain("index", args, kwargs, 1, 3)
    run.weigh(args[0])
    run.weigh(value)
    try:
        return run.guard(value.index, *args)
    except Fault as fault:
        if fault.code != "invalid-value":
            raise
        message = f"{shown(args[0])} is not in the {kind_of(value)}"
        raise Fault("invalid-value", message) from None


# Dicts


def _items(run: Runtime, value: Any, args: Arguments, kwargs: Keywords) -> object:
    _plain("items", args, kwargs, 0, 0)
    return value.items()


def _keys(run: Runtime, value: Any, args: Arguments, kwargs: Keywords) -> object:
    _plain("keys", args, kwargs, 0, 0)
    return value.keys()


def _values(run: Runtime, value: Any, args: Arguments, kwargs: Keywords) -> object:
    _plain("values", args, kwargs, 0, 0)
    return value.values()


def _get(run: Runtime, value: Any, args: Arguments, kwargs: Keywords) -> object:
    _plain("get", args, kwargs, 1, 2)
    run.weigh(args[0])
    return run.guard(value.get, *args)


def _update(run: Runtime, value: Any, args: Arguments, kwargs: Keywords) -> None:
    _plain("update", args, {}, 0, 1)
    update(run, value, args[0] if args else {}, kwargs)


# Strings


def _join(run: Runtime, value: Any, args: Arguments, kwargs: Keywords) -> object:
    _plain("join", args, kwargs, 1, 1)
    items: list[Any] = run.listed(args[0])
    size = len(value) * max(0, len(items) - 1)
    for one in items:
        if type(one) is not str:
            raise Fault("wrong-argument", f"join takes strings, got {shown(one)}")
        size += len(one)
    run.budget.characters(size)
    return value.join(items)


def _split(run: Runtime, value: Any, args: Arguments, kwargs: Keywords) -> object:
    _known("split", kwargs, ("sep", "maxsplit"))
    _plain("split", args, {}, 0, 2)
    run.budget.characters(len(value))
    found = run.guard(value.split, *args, **kwargs)
    run.budget.items(len(found))  # type: ignore[arg-type]  # a list of strings
    return found


def _known(name: str, kwargs: Keywords, names: tuple[str, ...]) -> None:
    for key in kwargs:
        if key not in names:
            raise Fault("unexpected-argument", f"{name} has no argument '{key}'")


def _ends(name: str) -> Method:
    """`startswith` and `endswith`."""

    def call(run: Runtime, value: Any, args: Arguments, kwargs: Keywords) -> object:
        _plain(name, args, kwargs, 1, 3)
        run.weigh(args[0])
        return run.guard(getattr(str, name), value, *args)

    return call


def _cased(name: str) -> Method:
    """`lower` and `upper`."""

    def call(run: Runtime, value: Any, args: Arguments, kwargs: Keywords) -> object:
        _plain(name, args, kwargs, 0, 0)
        run.budget.characters(len(value))
        changed: str = getattr(str, name)(value)
        run.budget.characters(len(changed))
        return changed

    return call


def _replace(run: Runtime, value: Any, args: Arguments, kwargs: Keywords) -> object:
    if "count" in kwargs:
        # By name only since Python 3.13.
        args, kwargs = (
            [*args, kwargs["count"]],
            {k: v for k, v in kwargs.items() if k != "count"},
        )
    _plain("replace", args, kwargs, 2, 3)
    old, new = args[0], args[1]
    for one in (old, new):
        if type(one) is not str:
            raise Fault("wrong-argument", f"replace takes strings, got {shown(one)}")
    run.budget.characters(len(value))
    growth = max(0, len(new) - len(old))  # type: ignore[arg-type]  # seen to be strings
    run.budget.characters(len(value) + value.count(old) * growth)
    return run.guard(value.replace, *args)


def _strip(run: Runtime, value: Any, args: Arguments, kwargs: Keywords) -> object:
    _plain("strip", args, kwargs, 0, 1)
    run.weigh(args[0] if args else None)
    run.budget.characters(len(value))
    return run.guard(value.strip, *args)


def _format(run: Runtime, value: Any, args: Arguments, kwargs: Keywords) -> object:
    return fill(run, value, args, kwargs)


_METHODS: dict[tuple[type, str], Method] = {
    (list, "append"): _append,
    (list, "extend"): _extend,
    (list, "insert"): _insert,
    (list, "pop"): _pop,
    (list, "count"): _count,
    (list, "index"): _index,
    (tuple, "count"): _count,
    (tuple, "index"): _index,
    (dict, "items"): _items,
    (dict, "keys"): _keys,
    (dict, "values"): _values,
    (dict, "get"): _get,
    (dict, "update"): _update,
    (str, "join"): _join,
    (str, "split"): _split,
    (str, "startswith"): _ends("startswith"),
    (str, "endswith"): _ends("endswith"),
    (str, "format"): _format,
    (str, "lower"): _cased("lower"),
    (str, "upper"): _cased("upper"),
    (str, "replace"): _replace,
    (str, "strip"): _strip,
}
METHOD_NAMES = frozenset(name for _, name in _METHODS)
"""The methods of plain values that the language has (section 3)."""
