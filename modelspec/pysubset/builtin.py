"""The built-in functions, each bounded, with Python's own semantics.

A built-in is the Python object itself (`max`, `int`, `math.sqrt`), so that it can be
handed on as a value; what a call of it does is looked up in `HANDLERS`.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, cast

from modelspec.pysubset.arithmetic import binary, power
from modelspec.pysubset.faults import Fault, limit
from modelspec.pysubset.runtime import (
    Arguments,
    Builtin,
    Keywords,
    Runtime,
    SpecCallable,
)
from modelspec.pysubset.template import text
from modelspec.pysubset.values import MISSING, NUMBERS, PLAIN, in_words, kind_of, shown

_LONGEST_DIGITS = 400


def linspace(start: float, stop: float, n: int) -> list[float]:
    """`n` numbers from `start` to `stop`, both included, at equal distances."""
    if n == 1:
        return [start]
    return [start + (stop - start) * i / (n - 1) for i in range(n)]


_PYTHON: dict[str, object] = {
    one.__name__: one
    for one in (
        abs, all, any, bool, dict, enumerate, float, int, isinstance, len, list, max,
        min, pow, range, reversed, round, set, sorted, str, sum, tuple, zip,
    )
}  # fmt: skip
_BARE_MATH = frozenset("ceil exp floor gcd inf log log2 pi prod sqrt".split())
MATH: dict[str, Any] = {
    name: getattr(math, name)
    for name in """acos acosh asin asinh atan atan2 atanh ceil comb copysign cos cosh
    degrees dist e erf erfc exp expm1 fabs factorial floor fmod frexp fsum gamma gcd
    hypot inf isclose isfinite isinf isnan isqrt lcm ldexp lgamma log log10 log1p log2
    modf nan nextafter perm pi pow prod radians remainder sin sinh sqrt tan tanh tau
    trunc ulp""".split()
}
"""What follows `math.`: all that the oldest Python that we run on has there."""
NAMES: dict[str, object] = {
    **_PYTHON,
    "partial": functools.partial,
    "linspace": linspace,
}
"""What bare names mean where nothing else has them."""

BUILTINS: frozenset[str] = frozenset({*NAMES, *(_BARE_MATH - {"pi"}), "math.pi"})
"""The built-in names of the language, as a spec writes them."""


def canonical_builtin(name: str) -> str:
    """How generated code writes a built-in: `ceil` is `math.ceil`, `max` is `max`."""
    return f"math.{name}" if name in _BARE_MATH else name


# Arguments


def _positional(
    name: str, args: Arguments, kwargs: Keywords, least: int, most: int
) -> None:
    """Refuse anything but so many arguments without names."""
    if kwargs:
        raise Fault(
            "unexpected-argument", f"{name} has no argument '{next(iter(kwargs))}'"
        )
    _count(name, len(args), least, most)


def _count(name: str, given: int, least: int, most: int) -> None:
    if least <= given <= most:
        return
    wanted = str(least) if least == most else f"{least} to {most}"
    message = f"{name} takes {wanted} arguments, got {given}"
    raise Fault("wrong-argument", message)


def _named(
    name: str, args: Arguments, kwargs: Keywords, names: tuple[str, ...], least: int
) -> list[Any]:
    """The arguments in the order of their names, MISSING where not given."""
    for key in kwargs:
        if key not in names:
            raise Fault("unexpected-argument", f"{name} has no argument '{key}'")
        if names.index(key) < len(args):
            raise Fault("wrong-argument", f"{name} is given '{key}' twice")
    _count(name, len(args) + len(kwargs), least, len(names))
    found = [kwargs.get(key, MISSING) for key in names]
    found[: len(args)] = args
    if MISSING in found[:least]:
        missing = names[found.index(MISSING)]
        raise Fault("missing-argument", f"{name} lacks its argument '{missing}'")
    return found


def _number(name: str, value: object) -> Any:
    if type(value) not in NUMBERS:
        raise Fault("wrong-argument", f"{name} takes a number, got {shown(value)}")
    return value


def _whole(name: str, value: object) -> int:
    if type(value) not in (int, bool):
        raise Fault("wrong-argument", f"{name} takes an integer, got {shown(value)}")
    return value  # type: ignore[return-value]


def _bounded(run: Runtime, value: object) -> object:
    return run.budget.integer(value) if type(value) is int else value


# Numbers


def _of_number(function: Callable[..., object]) -> Builtin:
    """A function of one number: `math.sqrt`, `math.ceil`, ..."""
    name = function.__name__

    def call(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
        _positional(name, args, kwargs, 1, 1)
        value = _number(name, args[0])
        return _bounded(run, _computed(run, name, function, value))

    return call


def _computed(
    run: Runtime, name: str, function: Callable[..., object], *args: object
) -> object:
    try:
        return run.guard(function, *args)
    except Fault as fault:
        if fault.code != "invalid-value":
            raise
        given = ", ".join(shown(value) for value in args)
        message = f"{name}({given}) is not a number: {fault.message}"
        raise Fault("number-out-of-range", message) from None


def _abs(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    _positional("abs", args, kwargs, 1, 1)
    if not run.is_plain(args[0]):
        return run.world.unary("abs", args[0])
    return _bounded(run, abs(_number("abs", args[0])))


def _of_numbers(function: Callable[..., object], least: int, most: int) -> Builtin:
    """A function of some numbers: `math.log`, `math.atan2`, ..."""
    name = function.__name__

    def call(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
        _positional(name, args, kwargs, least, most)
        return _computed(run, name, function, *(_number(name, one) for one in args))

    return call


def _hypot(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    run.budget.charge(len(args))
    return _of_numbers(math.hypot, 0, len(args))(run, args, kwargs)


def _numbers(run: Runtime, name: str, value: object) -> list[Any]:
    return [_number(name, one) for one in run.listed(value)]


def _dist(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    _positional("dist", args, kwargs, 2, 2)
    return run.guard(math.dist, *(_numbers(run, "dist", one) for one in args))


def _fsum(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    _positional("fsum", args, kwargs, 1, 1)
    return run.guard(math.fsum, _numbers(run, "fsum", args[0]))


def _isclose(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    for key in kwargs:
        if key not in ("rel_tol", "abs_tol"):
            raise Fault("unexpected-argument", f"isclose has no argument '{key}'")
    _positional("isclose", args, {}, 2, 2)
    for one in (*args, *kwargs.values()):
        _number("isclose", one)
    return run.guard(math.isclose, *args, **kwargs)


def _lcm(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    _positional("lcm", args, kwargs, 0, len(args))
    run.budget.charge(len(args))
    total = 1
    for one in args:
        total = run.budget.integer(math.lcm(total, _whole("lcm", one)))
    return total


def _counting(name: str, least: int, most: int) -> Builtin:
    """`factorial`, `perm` and `comb`, whose values outgrow every limit early."""

    def call(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
        _positional(name, args, kwargs, least, most)
        given = [_whole(name, one) for one in args if one is not None]
        factors = given[-1]
        if name == "comb":
            factors = min(factors, given[0] - factors)
        if factors <= given[0]:
            # So many factors make more bits than that.
            bits = run.budget.limits.integer_bits
            run.budget.integer(1 << max(0, min(factors, bits)))
        return _bounded(run, _computed(run, name, MATH[name], *given))

    return call


def _gcd(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    _positional("gcd", args, kwargs, 0, len(args))
    run.budget.charge(len(args))
    return _bounded(run, math.gcd(*(_whole("gcd", one) for one in args)))


def _pow(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    names = ("base", "exp", "mod")
    base, exponent, modulus = _named("pow", args, kwargs, names, 2)
    if modulus is MISSING or modulus is None:
        if run.is_plain(base) and run.is_plain(exponent):
            return power(run, _number("pow", base), _number("pow", exponent))
        return binary(run, "Pow", base, exponent)
    whole = (_whole("pow", one) for one in (base, exponent, modulus))
    return _computed(run, "pow", pow, *whole)


def _round(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    number, digits = _named("round", args, kwargs, ("number", "ndigits"), 1)
    _number("round", number)
    if digits is MISSING or digits is None:
        return _bounded(run, _computed(run, "round", round, number))
    if type(number) is not float and _whole("round", digits) < -_LONGEST_DIGITS:
        return 0
    places = max(-_LONGEST_DIGITS, min(_whole("round", digits), 2 * _LONGEST_DIGITS))
    return _bounded(run, _computed(run, "round", round, number, places))


def _int(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    if "base" in kwargs:
        args, kwargs = (
            [*args, kwargs["base"]],
            {k: v for k, v in kwargs.items() if k != "base"},
        )
    _positional("int", args, kwargs, 0, 2)
    if not args:
        return 0
    value = args[0]
    if type(value) is str:
        if len(value) > _LONGEST_DIGITS:
            raise limit("a number has too many digits")
        base = _whole("int", args[1]) if len(args) > 1 else 10
        return _bounded(run, _converted(run, "int", int, value, base))
    if len(args) > 1:
        message = f"int takes a base only with a string, got {shown(value)}"
        raise Fault("wrong-argument", message)
    return _bounded(run, _computed(run, "int", int, _number("int", value)))


def _float(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    _positional("float", args, kwargs, 0, 1)
    if not args:
        return 0.0
    value = args[0]
    if type(value) is str:
        run.budget.characters(len(value))
        return _converted(run, "float", float, value)
    return float(_number("float", value))


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
    _positional("bool", args, kwargs, 0, 1)
    return bool(args) and run.truth(args[0])


# Reductions


def _sum(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    if not args:
        _count("sum", 0, 1, 2)
    items, start = _named("sum", args, kwargs, ("iterable", "start"), 1)
    if "iterable" in kwargs:
        raise Fault("unexpected-argument", "sum has no argument 'iterable'")
    total: Any = 0 if start is MISSING else start
    if type(total) is str:
        message = "sum adds no strings"
        raise Fault("wrong-argument", message, 'write `"".join(...)`')
    found: list[Any] = run.listed(items)
    if type(total) in NUMBERS and all(type(one) in NUMBERS for one in found):
        return _bounded(run, sum(found, total))
    for one in found:
        total = binary(run, "Add", total, one)
    return total


def _prod(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    start = kwargs.pop("start", 1)
    _positional("prod", args, kwargs, 1, 1)
    total = start
    for one in run.listed(args[0]):
        total = binary(run, "Mult", total, one)
    return total


def _all(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    _positional("all", args, kwargs, 1, 1)
    for one in run.iterate(args[0]):
        run.budget.charge(1)
        if not run.truth(one):
            return False
    return True


def _any(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    _positional("any", args, kwargs, 1, 1)
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


# Sequences


def _sorted(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    options = dict(kwargs)
    key = options.pop("key", None)
    backwards = run.truth(options.pop("reverse", False))
    _positional("sorted", args, options, 1, 1)
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
    _positional("len", args, kwargs, 1, 1)
    return run.length(args[0])


def _list(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    _positional("list", args, kwargs, 0, 1)
    return run.listed(args[0]) if args else []


def _tuple(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    _positional("tuple", args, kwargs, 0, 1)
    if args and type(args[0]) is tuple:
        return args[0]
    return tuple(run.listed(args[0])) if args else ()


def _set(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    _positional("set", args, kwargs, 0, 1)
    found: set[object] = set()
    for one in run.iterate(args[0]) if args else ():
        add_to_set(run, found, one)
    return found


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


def _dict(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    _count("dict", len(args), 0, 1)
    found: dict[object, object] = {}
    update(run, found, args[0] if args else MISSING, kwargs)
    return found


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


def _range(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    _positional("range", args, kwargs, 1, 3)
    return run.guard(range, *(_whole("range", one) for one in args))


def _enumerate(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    items, start = _named("enumerate", args, kwargs, ("iterable", "start"), 1)
    first = 0 if start is MISSING else _whole("enumerate", start)
    return enumerate(run.iterate(items), first)


def _zip(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    options = dict(kwargs)
    strict = run.truth(options.pop("strict", False))
    _positional("zip", args, options, 0, len(args))
    run.budget.charge(len(args))
    return zip(*(run.iterate(one) for one in args), strict=strict)


def _reversed(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    _positional("reversed", args, kwargs, 1, 1)
    value: Any = args[0]
    if run.is_plain(value):
        return run.guard(reversed, value)
    items = run.listed(value)
    return reversed(items)


def _linspace(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    start, stop, count = _named("linspace", args, kwargs, ("start", "stop", "n"), 3)
    _number("linspace", start)
    _number("linspace", stop)
    run.budget.items(max(0, _whole("linspace", count)))
    return run.guard(linspace, start, stop, count)


# Text, types, calls


def _str(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    _positional("str", args, kwargs, 0, 1)
    return text(run, args[0]) if args else ""


def _partial(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    if not args:
        raise Fault("wrong-argument", "partial takes what to call, got nothing")
    function: Any = args[0]
    if type(function) in PLAIN and type(function) is not functools.partial:
        message = f"partial takes what to call, got {in_words(function)}"
        raise Fault("not-callable", message)
    called = cast("Callable[..., object]", function)
    return run.guard(lambda: functools.partial(called, *args[1:], **kwargs))


_TYPES = (int, float, bool, str, list, tuple, dict, set, range)


def _isinstance(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    _positional("isinstance", args, kwargs, 2, 2)
    return _is_a(run, args[0], args[1])


def _is_a(run: Runtime, value: object, kind: Any) -> bool:
    if type(kind) is tuple:
        run.weigh(kind)
        return any(_is_a(run, value, one) for one in kind)
    if kind in _TYPES:
        return run.is_plain(value) and isinstance(value, kind)
    if run.is_plain(kind):
        message = f"isinstance takes a type, got {shown(kind)}"
        raise Fault("wrong-argument", message)
    if type(value) in PLAIN or isinstance(value, SpecCallable):
        return False
    return run.world.is_instance(value, kind)


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


HANDLERS: dict[object, Builtin] = {
    abs: _abs,
    all: _all,
    any: _any,
    bool: _bool,
    dict: _dict,
    enumerate: _enumerate,
    float: _float,
    functools.partial: _partial,
    int: _int,
    isinstance: _isinstance,
    len: _len,
    linspace: _linspace,
    list: _list,
    max: _extreme(max),
    min: _extreme(min),
    pow: _pow,
    range: _range,
    reversed: _reversed,
    round: _round,
    set: _set,
    sorted: _sorted,
    str: _str,
    sum: _sum,
    tuple: _tuple,
    zip: _zip,
    **_math_handlers(),
}
