"""Built-in functions of what can be gone through, bounded: `sum`, `max`, `zip`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from modelspec.pysubset.arithmetic import binary
from modelspec.pysubset.builtin import linspace
from modelspec.pysubset.builtin_arguments import (
    as_number,
    as_whole,
    bounded,
    check_count,
    take_named,
    take_positional,
)
from modelspec.pysubset.collecting import add_to_set, update
from modelspec.pysubset.faults import Fault
from modelspec.pysubset.runtime import Arguments, Builtin, Keywords, Runtime
from modelspec.pysubset.values import MISSING, NUMBERS, kind_of

# What becomes one value


def _sum(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    if not args:
        check_count("sum", 0, 1, 2)
    items, start = take_named("sum", args, kwargs, ("iterable", "start"), 1)
    if "iterable" in kwargs:
        raise Fault("unexpected-argument", "sum has no argument 'iterable'")
    total: Any = 0 if start is MISSING else start
    if type(total) is str:
        message = "sum adds no strings"
        raise Fault("wrong-argument", message, 'write `"".join(...)`')
    found: list[Any] = run.listed(items)
    if type(total) in NUMBERS and all(type(one) in NUMBERS for one in found):
        return bounded(run, sum(found, total))
    for one in found:
        total = binary(run, "Add", total, one)
    return total


def _all(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    take_positional("all", args, kwargs, 1, 1)
    for one in run.iterate(args[0]):
        run.budget.charge(1)
        if not run.truth(one):
            return False
    return True


def _any(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    take_positional("any", args, kwargs, 1, 1)
    for one in run.iterate(args[0]):
        run.budget.charge(1)
        if run.truth(one):
            return True
    return False


def _extreme(function: Callable[..., Any]) -> Builtin:
    name = function.__name__

    def call(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
        for key in kwargs:
            if key not in ("key", "default"):
                raise Fault("unexpected-argument", f"{name} has no argument '{key}'")
        if not args:
            raise Fault(
                "wrong-argument", f"{name} takes something to compare, got nothing"
            )
        if len(args) > 1 and "default" in kwargs:
            raise Fault("wrong-argument", f"{name} takes a default only with one list")
        items = run.listed(args[0] if len(args) == 1 else args)
        if not items:
            if "default" in kwargs:
                return kwargs["default"]
            raise Fault("invalid-value", f"{name} of nothing")
        keys = _keys(run, items, kwargs.get("key"))
        order = functools.partial(function, range(len(items)), key=keys.__getitem__)
        return items[_ordered(run, name, keys, order)]

    return call


def _keys(run: Runtime, items: list[Any], key: object) -> list[Any]:
    keys = items if key is None else [run.call(key, [one], {}) for one in items]
    if not all(type(one) in NUMBERS for one in keys):
        run.weigh(keys)
    return keys


def _ordered(run: Runtime, name: str, keys: list[Any], order: Callable[[], Any]) -> Any:
    try:
        return run.guard(order)
    except Fault as fault:
        if fault.code != "wrong-argument":
            raise
        kinds = dict.fromkeys(kind_of(one) for one in keys)
        message = f"{name} cannot compare {' and '.join(list(kinds)[:2])}"
        raise Fault("unsupported-operand", message) from None


# What becomes several


def _sorted(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    options = dict(kwargs)
    key = options.pop("key", None)
    backwards = run.truth(options.pop("reverse", False))
    take_positional("sorted", args, options, 1, 1)
    items = run.listed(args[0])
    keys = _keys(run, items, key)
    for _ in range(len(items).bit_length() // 4):
        # Each round of comparisons goes through everything once more.
        run.weigh(keys)
    order = functools.partial(
        sorted, range(len(items)), key=keys.__getitem__, reverse=backwards
    )
    return [items[index] for index in _ordered(run, "sorted", keys, order)]


def _len(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    take_positional("len", args, kwargs, 1, 1)
    return run.length(args[0])


def _list(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    take_positional("list", args, kwargs, 0, 1)
    return run.listed(args[0]) if args else []


def _tuple(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    take_positional("tuple", args, kwargs, 0, 1)
    if args and type(args[0]) is tuple:
        return args[0]
    return tuple(run.listed(args[0])) if args else ()


def _set(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    take_positional("set", args, kwargs, 0, 1)
    found: set[object] = set()
    for one in run.iterate(args[0]) if args else ():
        add_to_set(run, found, one)
    return found


def _dict(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    check_count("dict", len(args), 0, 1)
    found: dict[object, object] = {}
    update(run, found, args[0] if args else MISSING, kwargs)
    return found


def _range(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    take_positional("range", args, kwargs, 1, 3)
    return run.guard(range, *(as_whole("range", one) for one in args))


def _enumerate(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    items, start = take_named("enumerate", args, kwargs, ("iterable", "start"), 1)
    first = 0 if start is MISSING else as_whole("enumerate", start)
    return enumerate(run.iterate(items), first)


def _zip(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    options = dict(kwargs)
    strict = run.truth(options.pop("strict", False))
    take_positional("zip", args, options, 0, len(args))
    run.budget.charge(len(args))
    return zip(*(run.iterate(one) for one in args), strict=strict)


def _reversed(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    take_positional("reversed", args, kwargs, 1, 1)
    value: Any = args[0]
    if run.is_plain(value):
        return run.guard(reversed, value)
    items = run.listed(value)
    return reversed(items)


def _linspace(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    start, stop, count = take_named("linspace", args, kwargs, ("start", "stop", "n"), 3)
    as_number("linspace", start)
    as_number("linspace", stop)
    run.budget.items(max(0, as_whole("linspace", count)))
    return run.guard(linspace, start, stop, count)


SEQUENTIAL: dict[object, Builtin] = {
    all: _all,
    any: _any,
    dict: _dict,
    enumerate: _enumerate,
    len: _len,
    linspace: _linspace,
    list: _list,
    max: _extreme(max),
    min: _extreme(min),
    range: _range,
    reversed: _reversed,
    set: _set,
    sorted: _sorted,
    sum: _sum,
    tuple: _tuple,
    zip: _zip,
}
