"""Built-in functions of numbers, bounded: `abs`, `int`, `round`, all of `math`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from modelspec.pysubset.arithmetic import binary, power
from modelspec.pysubset.builtin import MATH
from modelspec.pysubset.builtin_arguments import (
    as_number,
    as_whole,
    bounded,
    computed,
    take_named,
    take_positional,
)
from modelspec.pysubset.faults import Fault, limit
from modelspec.pysubset.runtime import Arguments, Builtin, Keywords, Runtime
from modelspec.pysubset.values import MISSING, shown

_LONGEST_DIGITS = 400


def _of_number(function: Callable[..., object]) -> Builtin:
    """A function of one number: `math.sqrt`, `math.ceil`, ..."""
    name = function.__name__

    def call(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
        take_positional(name, args, kwargs, 1, 1)
        value = as_number(name, args[0])
        return bounded(run, computed(run, name, function, value))

    return call


def _abs(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    take_positional("abs", args, kwargs, 1, 1)
    if not run.is_plain(args[0]):
        return run.world.unary("abs", args[0])
    return bounded(run, abs(as_number("abs", args[0])))


def _of_numbers(function: Callable[..., object], least: int, most: int) -> Builtin:
    """A function of some numbers: `math.log`, `math.atan2`, ..."""
    name = function.__name__

    def call(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
        take_positional(name, args, kwargs, least, most)
        return computed(run, name, function, *(as_number(name, one) for one in args))

    return call


def _hypot(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    run.budget.charge(len(args))
    return _of_numbers(math.hypot, 0, len(args))(run, args, kwargs)


def _numbers(run: Runtime, name: str, value: object) -> list[Any]:
    return [as_number(name, one) for one in run.listed(value)]


def _dist(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    take_positional("dist", args, kwargs, 2, 2)
    return run.guard(math.dist, *(_numbers(run, "dist", one) for one in args))


def _fsum(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    take_positional("fsum", args, kwargs, 1, 1)
    return run.guard(math.fsum, _numbers(run, "fsum", args[0]))


def _isclose(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    for key in kwargs:
        if key not in ("rel_tol", "abs_tol"):
            raise Fault("unexpected-argument", f"isclose has no argument '{key}'")
    take_positional("isclose", args, {}, 2, 2)
    for one in (*args, *kwargs.values()):
        as_number("isclose", one)
    return run.guard(math.isclose, *args, **kwargs)


def _lcm(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    take_positional("lcm", args, kwargs, 0, len(args))
    run.budget.charge(len(args))
    total = 1
    for one in args:
        total = run.budget.integer(math.lcm(total, as_whole("lcm", one)))
    return total


def _counting(name: str, least: int, most: int) -> Builtin:
    """`factorial`, `perm` and `comb`, whose values outgrow every limit early."""

    def call(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
        take_positional(name, args, kwargs, least, most)
        given = [as_whole(name, one) for one in args if one is not None]
        factors = given[-1]
        if name == "comb":
            factors = min(factors, given[0] - factors)
        if factors <= given[0]:
            # So many factors make more bits than that.
            bits = run.budget.limits.integer_bits
            run.budget.integer(1 << max(0, min(factors, bits)))
        return bounded(run, computed(run, name, MATH[name], *given))

    return call


def _gcd(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    take_positional("gcd", args, kwargs, 0, len(args))
    run.budget.charge(len(args))
    return bounded(run, math.gcd(*(as_whole("gcd", one) for one in args)))


def _pow(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    names = ("base", "exp", "mod")
    base, exponent, modulus = take_named("pow", args, kwargs, names, 2)
    if modulus is MISSING or modulus is None:
        if run.is_plain(base) and run.is_plain(exponent):
            return power(run, as_number("pow", base), as_number("pow", exponent))
        return binary(run, "Pow", base, exponent)
    whole = (as_whole("pow", one) for one in (base, exponent, modulus))
    return computed(run, "pow", pow, *whole)


def _round(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    number, digits = take_named("round", args, kwargs, ("number", "ndigits"), 1)
    as_number("round", number)
    if digits is MISSING or digits is None:
        return bounded(run, computed(run, "round", round, number))
    if type(number) is not float and as_whole("round", digits) < -_LONGEST_DIGITS:
        return 0
    places = max(-_LONGEST_DIGITS, min(as_whole("round", digits), 2 * _LONGEST_DIGITS))
    return bounded(run, computed(run, "round", round, number, places))


def _int(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    if "base" in kwargs:
        args, kwargs = (
            [*args, kwargs["base"]],
            {k: v for k, v in kwargs.items() if k != "base"},
        )
    take_positional("int", args, kwargs, 0, 2)
    if not args:
        return 0
    value = args[0]
    if type(value) is str:
        if len(value) > _LONGEST_DIGITS:
            raise limit("a number has too many digits")
        base = as_whole("int", args[1]) if len(args) > 1 else 10
        return bounded(run, _converted(run, "int", int, value, base))
    if len(args) > 1:
        message = f"int takes a base only with a string, got {shown(value)}"
        raise Fault("wrong-argument", message)
    return bounded(run, computed(run, "int", int, as_number("int", value)))


def _float(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    take_positional("float", args, kwargs, 0, 1)
    if not args:
        return 0.0
    value = args[0]
    if type(value) is str:
        run.budget.characters(len(value))
        return _converted(run, "float", float, value)
    return float(as_number("float", value))


def _converted(
    run: Runtime, name: str, function: Callable[..., object], *args: object
) -> object:
    try:
        return run.guard(function, *args)
    except Fault as fault:
        if fault.code != "invalid-value":
            raise
        message = f"expected the text of a number, got {shown(args[0])}"
        raise Fault("invalid-value", message) from None


def _bool(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    take_positional("bool", args, kwargs, 0, 1)
    return bool(args) and run.truth(args[0])


def _prod(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    start = kwargs.pop("start", 1)
    take_positional("prod", args, kwargs, 1, 1)
    total = start
    for one in run.listed(args[0]):
        total = binary(run, "Mult", total, one)
    return total


def _math_handlers() -> dict[object, Builtin]:
    """One for each function of `MATH`: those of one number, and the others."""
    names = "atan2 copysign fmod ldexp nextafter pow remainder".split()
    others: dict[str, Builtin] = {
        **{name: _of_numbers(MATH[name], 2, 2) for name in names},
        "comb": _counting("comb", 2, 2),
        "dist": _dist,
        "factorial": _counting("factorial", 1, 1),
        "fsum": _fsum,
        "gcd": _gcd,
        "hypot": _hypot,
        "isclose": _isclose,
        "lcm": _lcm,
        "log": _of_numbers(math.log, 1, 2),
        "perm": _counting("perm", 1, 2),
        "prod": _prod,
    }
    functions = {name: one for name, one in MATH.items() if callable(one)}
    return {one: others.get(name) or _of_number(one) for name, one in functions.items()}


NUMERIC: dict[object, Builtin] = {
    abs: _abs,
    bool: _bool,
    float: _float,
    int: _int,
    pow: _pow,
    round: _round,
    **_math_handlers(),
}
