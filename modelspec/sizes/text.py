"""Sizes as a person writes them: `H//4`, `(H//16)*(W//16) + 1`, `64*N`.

In: a `Size`. Out: text that Python reads as the same number, but for an `Opaque`.
`order` is the order of symbols within a product: that in which the inputs name them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from modelspec.sizes.size import (
    Atom,
    Extreme,
    Monomial,
    Opaque,
    Quotient,
    Size,
    Symbol,
    symbols_of,
)


def render_size(size: Size, order: Sequence[str] = ()) -> str:
    """One size."""
    if isinstance(size, int):
        return str(size)
    text = ""
    for one, coefficient in _positive_first(size.terms):
        sign = "-" if coefficient < 0 else "+"
        term = _term(one, abs(coefficient), order)
        if text:
            text += f" {sign} {term}"
        else:
            text = f"-{term}" if sign == "-" else term
    return text


def render_shape(shape: Iterable[Size], order: Sequence[str] = ()) -> str:
    """A shape in brackets: `[N, 64, H//4, W//4]`."""
    return f"[{', '.join(render_size(size, order) for size in shape)}]"


def _positive_first(
    terms: tuple[tuple[Monomial, int], ...],
) -> list[tuple[Monomial, int]]:
    """No sum begins with what is taken away if it can be helped."""
    return sorted(terms, key=lambda term: term[1] < 0)


def _term(one: Monomial, coefficient: int, order: Sequence[str]) -> str:
    factors = [str(coefficient)] if coefficient != 1 or not one else []
    alone = len(one) == 1 and not factors
    ranked = sorted(one, key=lambda pair: _rank(pair[0], order))
    for atom, power in ranked:
        text = _atom(atom, order)
        if isinstance(atom, Quotient) and (not alone or power > 1):
            text = f"({text})"
        factors += [text] * power
    return "*".join(factors)


def _atom(atom: Atom, order: Sequence[str]) -> str:
    match atom:
        case Symbol(name):
            return name
        case Opaque(text, _):
            return text
        case Extreme(which, of):
            return f"{which}({', '.join(render_size(one, order) for one in of)})"
        case Quotient(numerator, divisor):
            return f"{_operand(numerator, order)}//{_operand(divisor, order)}"


def _operand(size: Size, order: Sequence[str]) -> str:
    text = render_size(size, order)
    return text if text.isidentifier() or text.isdecimal() else f"({text})"


def _rank(atom: Atom, order: Sequence[str]) -> tuple[int, str]:
    """Where the first of an atom's symbols stands in the order."""
    names = [atom.name] if isinstance(atom, Symbol) else _names(atom)
    places = [order.index(name) for name in names if name in order]
    return (min(places, default=len(order)), _atom(atom, order))


def _names(atom: Quotient | Extreme | Opaque) -> list[str]:
    if isinstance(atom, Opaque):
        return []
    inside = atom.of if isinstance(atom, Extreme) else (atom.numerator, atom.divisor)
    return [name for one in inside for name in symbols_of(one)]
