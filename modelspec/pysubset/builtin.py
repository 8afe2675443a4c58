"""The names of the built-in functions, and what they are: the Python objects themselves
(`max`, `int`, `math.sqrt`), so that they can be handed on as values.

What a call of one does is told in `builtin_calls`.
"""

from __future__ import annotations

import functools
import math
from typing import Any


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
