"""`== != < <= > >= is in` and their negations; long values are paid for by size."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from modelspec.pysubset.faults import Fault, limit
from modelspec.pysubset.runtime import Runtime
from modelspec.pysubset.values import CONTAINERS, LAZY, NUMBERS, in_words, kind_of

# `Any` as the operands' types are looked at when the comparison runs.
Comparison = Callable[[Any, Any], Any]

_SYMBOLS: dict[str, tuple[str, Comparison]] = {
    "Eq": ("==", operator.eq),
    "NotEq": ("!=", operator.ne),
    "Lt": ("<", operator.lt),
    "LtE": ("<=", operator.le),
    "Gt": (">", operator.gt),
    "GtE": (">=", operator.ge),
}


def compare(run: Runtime, name: str, left: Any, right: Any) -> object:
    if name == "Is":
        return left is right
    if name == "IsNot":
        return left is not right
    if name == "In":
        return contains(run, left, right)
    if name == "NotIn":
        return not run.truth(contains(run, left, right))
    symbol, comparison = _SYMBOLS[name]
    if type(left) in NUMBERS and type(right) in NUMBERS:
        return comparison(left, right)
    if not run.is_plain(left) or not run.is_plain(right):
        return run.world.compare(symbol, left, right)
    return _plain(run, symbol, comparison, left, right)


def _plain(
    run: Runtime, symbol: str, comparison: Comparison, left: Any, right: Any
) -> object:
    run.weigh(left)
    run.weigh(right)
    try:
        return run.guard(comparison, left, right)
    except Fault as fault:
        if fault.code != "wrong-argument":
            raise
        message = f"cannot compare {kind_of(left)} and {kind_of(right)} with `{symbol}`"
        raise Fault("unsupported-operand", message) from None


def contains(run: Runtime, item: Any, container: Any) -> object:
    kind = type(container)
    if kind is str:
        return _in_text(run, item, container)
    if kind in CONTAINERS:
        run.weigh(item)
        if kind is not dict and kind is not set:
            run.weigh(container)
        return run.guard(operator.contains, container, item)
    if kind is range:
        return _in_range(run, item, container)
    if kind in LAZY:
        for one in run.iterate(container):
            run.budget.charge(1)
            if one is item or run.truth(compare(run, "Eq", one, item)):
                return True
        return False
    if run.is_plain(container):
        message = f"cannot look for a value in {kind_of(container)}"
        raise Fault("unsupported-operand", message)
    return run.world.compare("in", item, container)


def _in_text(run: Runtime, item: Any, container: str) -> bool:
    if type(item) is not str:
        message = f"expected a string to look for in a string, got {in_words(item)}"
        raise Fault("unsupported-operand", message)
    run.budget.characters(len(container))
    return item in container


def _in_range(run: Runtime, item: Any, container: range) -> object:
    if type(item) in (int, bool):
        return item in container
    if type(item) is float:
        # Python would go through all of it.
        return item.is_integer() and int(item) in container
    if run.is_plain(item):
        return False
    if run.range_length(container) > run.budget.limits.items:
        raise limit("a range is too long to look for this value in it")
    run.budget.charge(len(container))
    return run.guard(operator.contains, container, item)
