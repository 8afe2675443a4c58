"""Sizes under the assumption that symbols are multiples: `(H + 3)//4` is `H//4`.

What a strided layer gives is rounded, which nobody writes down: images are taken to be
multiples of what they are divided by. In: all sizes of a run, and the values that its
symbols had. Out: the smallest multiples under which no rounding is left, and sizes
written so. A symbol whose value is no such multiple is left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import gcd, lcm, prod

from modelspec.sizes.size import (
    Atom,
    Extreme,
    Monomial,
    Quotient,
    Size,
    Symbol,
    Symbolic,
    atoms_of,
    extreme,
    floor_divide,
    substitute,
    symbol,
    symbols_of,
)

_LARGEST = 4096


def find_multiples(sizes: Iterable[Size], values: Mapping[str, int]) -> dict[str, int]:
    """For each symbol that is divided, what it is taken to be a multiple of."""
    found: dict[str, int] = {}
    for size in dict.fromkeys(sizes):
        for name, divisor in _divisors(size):
            found[name] = lcm(found.get(name, 1), divisor)
    return {
        name: multiple
        for name, multiple in sorted(found.items())
        if 1 < multiple <= _LARGEST and values.get(name, 0) % multiple == 0
    }


def assume_multiples(size: Size, multiples: Mapping[str, int]) -> Size:
    """The size with no rounding where the assumption tells that there is none."""
    if isinstance(size, int) or not any(n in multiples for n in symbols_of(size)):
        return size
    total: Size = 0
    for one, coefficient in size.terms:
        product: Size = 1
        for atom, power in one:
            closed = _closed(atom, multiples)
            for _ in range(power):
                product = product * closed
        total = total + _scaled(product, coefficient, multiples)
    return total


def _scaled(size: Size, factor: int, multiples: Mapping[str, int]) -> Size:
    """`factor * size`; `2*(H//4)` is `H//2`, where there is nothing else to divide."""
    if not isinstance(size, Symbolic) or len(size.terms) != 1:
        return size * factor
    ((one, coefficient),) = size.terms
    factor *= coefficient
    atom = one[0][0]
    if (
        len(one) == 1
        and one[0][1] == 1
        and isinstance(atom, Quotient)
        and isinstance(atom.divisor, int)
        and not _has_rest(Symbolic(((one, 1),)), multiples)
    ):
        common = gcd(factor, atom.divisor)
        return floor_divide(atom.numerator, atom.divisor // common) * (factor // common)
    return Symbolic(((one, factor),))


def _has_rest(size: Size, multiples: Mapping[str, int]) -> bool:
    """Whether a quotient stays one where symbols are multiples."""
    return any(
        isinstance(one, Quotient) for one in atoms_of(_in_parts(size, multiples))
    )


def _in_parts(size: Size, multiples: Mapping[str, int]) -> Size:
    """A size over parts of symbols: `H` is `multiple * part`."""
    return substitute(size, lambda s: multiples.get(s.name, 1) * symbol(s.name))


def _closed(atom: Atom, multiples: Mapping[str, int]) -> Size:
    """A quotient as a sum of `c*(H//d)`, where no rest is left; else as it is."""
    itself = Symbolic(((((atom, 1),), 1),))
    if not isinstance(atom, Quotient):
        return itself
    parts = _in_parts(itself, multiples)
    if any(isinstance(one, Quotient) for one in atoms_of(parts)):
        return itself
    return _over_symbols(parts, multiples)


def _over_symbols(parts: Size, multiples: Mapping[str, int]) -> Size:
    """A size over parts of symbols (`H` is `multiple * part`) over the symbols."""
    if isinstance(parts, int):
        return parts
    total: Size = 0
    for one, coefficient in parts.terms:
        total = total + _whole(one, coefficient, multiples)
    return total


def _divisors(size: Size) -> Iterable[tuple[str, int]]:
    """Each symbol in a quotient and the product of what divides it."""
    for atom in atoms_of(size):
        if isinstance(atom, Quotient) and isinstance(atom.divisor, int):
            for name in symbols_of(atom.numerator):
                yield name, atom.divisor * _below(atom.numerator, name)


def _below(size: Size, name: str) -> int:
    """What divides a symbol already inside a size."""
    inside = [d for other, d in _divisors(size) if other == name]
    return lcm(*inside) if inside else 1


def _whole(one: Monomial, coefficient: int, multiples: Mapping[str, int]) -> Size:
    """A term over parts of symbols over the symbols."""
    rest: Size = coefficient
    names: list[str] = []
    for atom, power in one:
        if isinstance(atom, Symbol) and atom.name in multiples:
            names += [atom.name] * power
            continue
        inner: Size = Symbolic(((((atom, 1),), 1),))
        if isinstance(atom, Extreme):
            inner = extreme(atom.which, (_over_symbols(s, multiples) for s in atom.of))
        for _ in range(power):
            rest = rest * inner
    divisor = prod(multiples[name] for name in names)
    common = gcd(coefficient, divisor)
    whole: Size = 1
    for name in names:
        whole = whole * symbol(name)
    return floor_divide(rest, common) * floor_divide(whole, divisor // common)
