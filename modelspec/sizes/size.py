"""Sizes that are not known yet: whole numbers, computed from symbols.

A `Size` is an int, or a `Symbolic`: a polynomial with whole coefficients over atoms,
in canonical form, so that two which are written differently (`2*(N + 1)`, `N*2 + 2`)
are equal. An atom is a `Symbol`, a `Quotient` (`(H - 1)//2`), an `Extreme`
(`max(T, 3)`) or an `Opaque`, a number that torch computed in a way that is not followed
here. Values are immutable; arithmetic gives an int again where nothing symbolic is
left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from math import gcd
from typing import Literal, TypeAlias

from modelspec.records import dataclass

Atom: TypeAlias = "Symbol | Quotient | Extreme | Opaque"
Monomial: TypeAlias = "tuple[tuple[Atom, int], ...]"
"""Atoms and their powers, in the order of `_key`; empty for the constant term."""
Size: TypeAlias = "int | Symbolic"


@dataclass(frozen=True, slots=True)
class Symbol:
    """A size that the inputs name: `N`."""

    name: str


@dataclass(frozen=True, slots=True)
class Quotient:
    """`numerator // divisor`, rounded down."""

    numerator: Size
    divisor: Size


@dataclass(frozen=True, slots=True)
class Extreme:
    """The smallest or the largest of some sizes."""

    which: Literal["min", "max"]
    of: tuple[Size, ...]


@dataclass(frozen=True, slots=True)
class Opaque:
    """What torch computed otherwise: its text, and its value for the sizes it met."""

    text: str
    value: int


@dataclass(frozen=True, slots=True, repr=False)
class Symbolic:
    """A polynomial: monomials and their coefficients, none of them zero."""

    terms: tuple[tuple[Monomial, int], ...]

    def __add__(self, other: Size) -> Size:
        return _sum((*self.terms, *_terms(other)))

    __radd__ = __add__

    def __neg__(self) -> Size:
        return self * -1

    def __sub__(self, other: Size) -> Size:
        return self + -other

    def __rsub__(self, other: Size) -> Size:
        return -self + other

    def __mul__(self, other: Size) -> Size:
        return _sum(
            (_times(left, right), a * b)
            for left, a in self.terms
            for right, b in _terms(other)
        )

    __rmul__ = __mul__

    def __floordiv__(self, other: Size) -> Size:
        return floor_divide(self, other)

    def __repr__(self) -> str:
        from modelspec.sizes.text import render_size

        return render_size(self)


def symbol(name: str) -> Symbolic:
    """The size that an input names."""
    return _of_atom(Symbol(name))


def opaque(text: str, value: int) -> Symbolic:
    """A size that cannot be followed; `value` is what it was."""
    return _of_atom(Opaque(text, value))


def extreme(which: Literal["min", "max"], of: Iterable[Size]) -> Size:
    """The smallest or largest; known ones are compared at once."""
    sizes = list(dict.fromkeys(of))
    known = [one for one in sizes if isinstance(one, int)]
    if known:
        best = min(known) if which == "min" else max(known)
        sizes = [best, *(one for one in sizes if not isinstance(one, int))]
    if len(sizes) == 1:
        return sizes[0]
    return _of_atom(Extreme(which, tuple(sorted(sizes, key=_size_key))))


def floor_divide(size: Size, divisor: Size) -> Size:
    """`size // divisor`; what divides without a rest is taken out of the floor.

    Raises:
        ZeroDivisionError: the divisor is 0.
    """
    if isinstance(divisor, Symbolic):
        return _divide_by_symbol(size, divisor)
    if isinstance(size, int):
        return size // divisor
    if divisor < 0:
        return floor_divide(-size, -divisor)
    whole = _sum((one, c // divisor) for one, c in size.terms)
    rest = _sum((one, c % divisor) for one, c in size.terms)
    if isinstance(rest, int):
        return whole  # a rest of less than the divisor
    return whole + _quotient(rest, divisor)


def evaluate(size: Size, values: Mapping[str, int]) -> int:
    """The number that a size is, where symbols have these values.

    Raises:
        KeyError: a symbol has no value.
    """
    if isinstance(size, int):
        return size
    total = 0
    for one, coefficient in size.terms:
        for atom, power in one:
            coefficient *= _value(atom, values) ** power
        total += coefficient
    return total


def substitute(size: Size, replace: Callable[[Symbol], Size]) -> Size:
    """The size with something else for each symbol."""
    if isinstance(size, int):
        return size
    total: Size = 0
    for one, coefficient in size.terms:
        product: Size = coefficient
        for atom, power in one:
            made = _replaced(atom, replace)
            for _ in range(power):
                product = product * made
        total = total + product
    return total


def symbols_of(size: Size) -> Iterator[str]:
    """The names of the symbols in a size, each as often as it stands there."""
    for atom in atoms_of(size):
        if isinstance(atom, Symbol):
            yield atom.name


def atoms_of(size: Size) -> Iterator[Atom]:
    """All atoms of a size, those inside others too."""
    if isinstance(size, int):
        return
    for one, _ in size.terms:
        for atom, _ in one:
            yield atom
            for inner in _inside(atom):
                yield from atoms_of(inner)


def _inside(atom: Atom) -> tuple[Size, ...]:
    if isinstance(atom, Quotient):
        return (atom.numerator, atom.divisor)
    return atom.of if isinstance(atom, Extreme) else ()


def _value(atom: Atom, values: Mapping[str, int]) -> int:
    if isinstance(atom, Symbol):
        return values[atom.name]
    if isinstance(atom, Opaque):
        return atom.value
    inside = [evaluate(one, values) for one in _inside(atom)]
    if isinstance(atom, Quotient):
        return inside[0] // inside[1]
    return min(inside) if atom.which == "min" else max(inside)


def _replaced(atom: Atom, replace: Callable[[Symbol], Size]) -> Size:
    if isinstance(atom, Symbol):
        return replace(atom)
    if isinstance(atom, Opaque):
        return _of_atom(atom)
    inside = [substitute(one, replace) for one in _inside(atom)]
    if isinstance(atom, Quotient):
        return floor_divide(inside[0], inside[1])
    return extreme(atom.which, inside)


def _quotient(size: Symbolic, divisor: int) -> Size:
    """Of a rest that is smaller than the divisor in each coefficient."""
    common = divisor
    for _, coefficient in size.terms:
        common = gcd(common, coefficient)
    if common > 1:
        # The constant was among them: (2*H + 2)//4 is (H + 1)//2.
        smaller = _sum((one, c // common) for one, c in size.terms)
        return floor_divide(smaller, divisor // common)
    inner = _sole_quotient(size)
    if inner is not None:
        # (a//b + c)//d is (a + b*c)//(b*d)
        quotient, constant = inner
        below = quotient.divisor
        assert isinstance(below, int)
        return floor_divide(quotient.numerator + below * constant, below * divisor)
    return _of_atom(Quotient(size, divisor))


def _sole_quotient(size: Symbolic) -> tuple[Quotient, int] | None:
    """The quotient and the constant that a size is the sum of, if it is."""
    constant = dict(size.terms).get((), 0)
    rest = [term for term in size.terms if term[0]]
    if len(rest) != 1 or rest[0][1] != 1:
        return None
    monomial = rest[0][0]
    atom, power = monomial[0]
    if len(monomial) > 1 or power != 1 or not isinstance(atom, Quotient):
        return None
    return (atom, constant) if isinstance(atom.divisor, int) else None


def _divide_by_symbol(size: Size, divisor: Symbolic) -> Size:
    if size in (0, divisor):
        return int(size != 0)
    if len(divisor.terms) == 1 and isinstance(size, Symbolic):
        below, coefficient = divisor.terms[0]
        taken = [_without(one, below) for one, _ in size.terms]
        if all(one is not None for one in taken):
            whole = _sum(
                (one, c)
                for one, (_, c) in zip(taken, size.terms, strict=True)
                if one is not None
            )
            return floor_divide(whole, coefficient)
    return _of_atom(Quotient(size, divisor))


def _without(one: Monomial, taken: Monomial) -> Monomial | None:
    """A monomial divided by another; None where it does not divide."""
    powers = dict(one)
    for atom, power in taken:
        left = powers.get(atom, 0) - power
        if left < 0:
            return None
        powers[atom] = left
    return tuple((atom, powers[atom]) for atom, _ in one if powers[atom])


def _of_atom(atom: Atom) -> Symbolic:
    return Symbolic(((((atom, 1),), 1),))


def _terms(size: Size) -> tuple[tuple[Monomial, int], ...]:
    if isinstance(size, int):
        return (((), size),) if size else ()
    return size.terms


def _sum(terms: Iterable[tuple[Monomial, int]]) -> Size:
    total: dict[Monomial, int] = {}
    for one, coefficient in terms:
        total[one] = total.get(one, 0) + coefficient
    kept = [(one, c) for one, c in total.items() if c]
    if not kept:
        return 0
    if len(kept) == 1 and not kept[0][0]:
        return kept[0][1]
    return Symbolic(tuple(sorted(kept, key=_term_key)))


def _times(left: Monomial, right: Monomial) -> Monomial:
    powers = dict(left)
    for atom, power in right:
        powers[atom] = powers.get(atom, 0) + power
    return tuple(sorted(powers.items(), key=lambda pair: _key(pair[0])))


def _term_key(term: tuple[Monomial, int]) -> tuple[int, list[tuple[str, int]]]:
    """By degree, highest first."""
    monomial, _ = term
    degree = sum(power for _, power in monomial)
    return -degree, [(_key(atom), power) for atom, power in monomial]


def _key(atom: Atom) -> str:
    """One text for each atom, the same in every process."""
    if isinstance(atom, Symbol):
        return f"a {atom.name}"
    if isinstance(atom, Opaque):
        return f"d {atom.text}"
    kind = "b" if isinstance(atom, Quotient) else f"c {atom.which}"
    return f"{kind} {' '.join(map(_size_key, _inside(atom)))}"


def _size_key(size: Size) -> str:
    if isinstance(size, int):
        return f"{size:+d}"
    parts = (
        f"{c:+d}" + "".join(f"*[{_key(atom)}]^{power}" for atom, power in one)
        for one, c in size.terms
    )
    return "".join(parts)
