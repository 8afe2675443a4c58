"""`+ - * / // % ** @ << >> & | ^` and `- + ~`, with bounded results."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from modelspec.pysubset.faults import Fault, limit
from modelspec.pysubset.runtime import Runtime
from modelspec.pysubset.template import percent
from modelspec.pysubset.values import NUMBERS, SEQUENCES, kind_of

# `Any` as the operands' types are looked at when the operation runs.
Operation = Callable[[Any, Any], Any]

SYMBOLS: dict[str, tuple[str, Operation, str]] = {
    # node type: (symbol, operation, verb)
    "Add": ("+", operator.add, "add"),
    "Sub": ("-", operator.sub, "subtract"),
    "Mult": ("*", operator.mul, "multiply"),
    "Div": ("/", operator.truediv, "divide"),
    "FloorDiv": ("//", operator.floordiv, "divide"),
    "Mod": ("%", operator.mod, "take the remainder of"),
    "Pow": ("**", operator.pow, "raise to a power"),
    "MatMult": ("@", operator.matmul, "matrix-multiply"),
    "LShift": ("<<", operator.lshift, "shift"),
    "RShift": (">>", operator.rshift, "shift"),
    "BitAnd": ("&", operator.and_, "combine"),
    "BitOr": ("|", operator.or_, "combine"),
    "BitXor": ("^", operator.xor, "combine"),
}
_UNARY: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "USub": ("-", operator.neg),
    "UAdd": ("+", operator.pos),
    "Invert": ("~", operator.invert),
}


def binary(run: Runtime, name: str, left: Any, right: Any) -> object:
    symbol, operation, _ = SYMBOLS[name]
    if type(left) in NUMBERS and type(right) in NUMBERS:
        return _numbers(run, name, operation, left, right)
    if not run.is_plain(left) or not run.is_plain(right):
        return run.world.binary(symbol, left, right)
    done = _plain(run, name, operation, left, right)
    if done is NotImplemented:
        raise unsupported(name, left, right)
    return done


def in_place(run: Runtime, name: str, left: Any, right: Any) -> object:
    """`left += right`: lists, sets and dicts change, other values are made anew."""
    if type(left) is list and name == "Add":
        items = run.listed(right)
        run.budget.items(len(left) + len(items))
        left.extend(items)
        return left
    if type(left) is list and name == "Mult" and type(right) in (int, bool):
        left[:] = _repeated(run, left, right)
        return left
    if type(left) is set and type(right) is set and name in _SET_UPDATES:
        run.weigh(left)
        run.weigh(right)
        run.budget.items(len(left) + len(right))
        run.guard(_SET_UPDATES[name], left, right)
        return left
    if type(left) is dict and type(right) is dict and name == "BitOr":
        run.budget.items(len(left) + len(right))
        run.guard(left.update, right)
        return left
    if type(left) not in NUMBERS and not run.is_plain(left):
        return run.world.binary(SYMBOLS[name][0] + "=", left, right)
    return binary(run, name, left, right)


_SET_UPDATES: dict[str, Operation] = {
    "BitOr": set.update,
    "BitAnd": set.intersection_update,
    "Sub": set.difference_update,
    "BitXor": set.symmetric_difference_update,
}


def unary(run: Runtime, name: str, value: Any) -> object:
    symbol, operation = _UNARY[name]
    if type(value) in NUMBERS and not (name == "Invert" and type(value) is float):
        result = int.__invert__(value) if name == "Invert" else operation(value)
        return run.budget.integer(result) if type(result) is int else result
    if run.is_plain(value):
        message = f"cannot apply `{symbol}` to {kind_of(value)}"
        raise Fault("unsupported-operand", message)
    return run.world.unary(symbol, value)


def unsupported(name: str, left: object, right: object) -> Fault:
    symbol, _, verb = SYMBOLS[name]
    message = f"cannot {verb} {kind_of(left)} and {kind_of(right)} with `{symbol}`"
    return Fault("unsupported-operand", message)


def _numbers(
    run: Runtime, name: str, operation: Operation, left: Any, right: Any
) -> object:
    if name == "Pow":
        return power(run, left, right)
    if name == "LShift":
        _check_shift(run, left, right)
    try:
        result = operation(left, right)
    except ZeroDivisionError:
        message = f"`{left} {SYMBOLS[name][0]} {right}` divides by zero"
        raise Fault("division-by-zero", message) from None
    except OverflowError:
        raise Fault("number-out-of-range", "the result is too large") from None
    except ValueError:
        raise Fault("invalid-value", "cannot shift by a negative number") from None
    except TypeError:
        raise unsupported(name, left, right) from None
    return run.budget.integer(result) if type(result) is int else result


def power(run: Runtime, left: Any, right: Any) -> object:
    bits = run.budget.limits.integer_bits
    whole = type(left) is not float and type(right) is not float
    if whole and right > bits and abs(left) > 1:
        raise limit(f"an integer has more than {bits} bits")
    try:
        result = left**right
    except ZeroDivisionError:
        raise Fault("division-by-zero", "zero has no negative power") from None
    except OverflowError:
        raise Fault("number-out-of-range", "the result is too large") from None
    if type(result) is complex:
        message = "a negative number has no real power of that kind"
        raise Fault("number-out-of-range", message)
    return run.budget.integer(result) if type(result) is int else result


def _check_shift(run: Runtime, left: Any, right: Any) -> None:
    whole = type(left) is not float and type(right) is not float
    bits = run.budget.limits.integer_bits
    if whole and left and right > bits:
        raise limit(f"an integer has more than {bits} bits")


def _plain(
    run: Runtime, name: str, operation: Operation, left: Any, right: Any
) -> object:
    """Of strings, lists, tuples, sets and dicts; NotImplemented where there is none."""
    kinds = type(left), type(right)
    same = kinds[0] is kinds[1]
    if name == "Add" and same and kinds[0] in SEQUENCES:
        run.budget.items(len(left) + len(right))
        return operation(left, right)
    if name == "Add" and same and kinds[0] is str:
        run.budget.characters(len(left) + len(right))
        return operation(left, right)
    if name == "Mult" and kinds[1] in (int, bool):
        return _repeated(run, left, right)
    if name == "Mult" and kinds[0] in (int, bool):
        return _repeated(run, right, left)
    if name == "Mod" and kinds[0] is str:
        return percent(run, left, right)
    if same and kinds[0] is set and name in ("BitOr", "BitAnd", "Sub", "BitXor"):
        run.weigh(left)
        run.weigh(right)
        run.budget.items(len(left) + len(right))
        return run.guard(operation, left, right)
    if same and kinds[0] is dict and name == "BitOr":
        run.budget.items(len(left) + len(right))
        return run.guard(operation, left, right)
    return NotImplemented


def _repeated(run: Runtime, value: Any, times: int) -> Any:
    size = len(value) * max(times, 0) if type(value) in (str, list, tuple) else 0
    if type(value) in SEQUENCES:
        run.budget.items(size)
    elif type(value) is str:
        run.budget.characters(size)
    else:
        return NotImplemented
    # Python wants a count of machine size even where there is nothing to repeat.
    return value * (times if size else 0)
