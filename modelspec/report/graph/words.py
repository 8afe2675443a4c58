"""Short texts for pictures: a layer's arguments, sizes, places in a spec.

In: what `extra_repr` says of a layer, sizes, spans. Out: one short line each.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence

from modelspec.diagnostics.span import Span
from modelspec.report.numbers import render_short_count
from modelspec.sizes import Size, Symbolic, assume_multiples, render_size
from modelspec.sizes.size import (
    Monomial,
    Quotient,
    Symbol,
    atoms_of,
    symbols_of,
)

_LONGEST_ARGUMENTS = 30
_LONGEST_LINE = 120
_NAMED = {"stride": "stride", "dilation": "dilation", "groups": "groups"}
_PLAIN = ("p", "num_layers", "num_groups", "output_size", "scale_factor", "dim")


def short_arguments(text: str) -> str:
    """`3, 64, kernel_size=(7, 7), stride=(2, 2)` as `3 → 64, 7×7, stride 2`."""
    parts = list(_split(text))
    sizes = [_bare(one) for name, one in parts if not name]
    named = {name: value for name, value in parts if name}
    if "in_features" in named and "out_features" in named:
        sizes = [named["in_features"], named["out_features"]]
    shown = list(_flow(sizes))
    if "kernel_size" in named:
        shown.append(_kernel(named["kernel_size"]))
    for name, word in _NAMED.items():
        value = _bare(named.get(name, "1"))
        if value not in ("1", named.get("kernel_size", "-")):
            shown.append(f"{word} {value}")
    shown += [f"{one}={_bare(named[one])}" for one in _PLAIN if one in named]
    if named.get("bidirectional") == "True":
        shown.append("bidirectional")
    return shortened(", ".join(shown), _LONGEST_ARGUMENTS)


def size_text(
    size: Size, multiples: Mapping[str, int], order: Sequence[str] = ()
) -> str:
    """A number with symbols: `36.2k·N·H·W`."""
    size = assume_multiples(size, multiples)
    if isinstance(size, int):
        return render_short_count(size)
    total: Size = 0
    for one, coefficient in size.terms:
        total = total + _undivided(one, coefficient, multiples)
    if isinstance(total, int):
        return render_short_count(total)
    return " + ".join(_term(one, count, order) for one, count in total.terms)


def _undivided(one: Monomial, coefficient: int, multiples: Mapping[str, int]) -> Size:
    """`8*(H//4)` as `2*H`, where it is known that no rest is left."""
    product: Size = 1
    for atom, power in one:
        if (
            isinstance(atom, Quotient)
            and isinstance(below := atom.divisor, int)
            and coefficient % below**power == 0
            and all(name in multiples for name in symbols_of(atom.numerator))
            and len(found := list(atoms_of(atom.numerator))) == 1
            and isinstance(found[0], Symbol)
        ):
            coefficient //= below**power
            atom = found[0]
        for _ in range(power):
            product = product * Symbolic(((((atom, 1),), 1),))
    return product * coefficient


def _term(one: Monomial, coefficient: int, order: Sequence[str]) -> str:
    if not one:
        return render_short_count(coefficient)
    atoms = render_size(Symbolic(((one, 1),)), order).replace("*", "·")
    return f"{render_short_count(coefficient)}·{atoms}" if coefficient != 1 else atoms


def where_text(span: Span | None) -> str:
    """`resnet.yaml:40`; nothing for what no user wrote."""
    if span is None or span.source.is_standard:
        return ""
    return f"{os.path.basename(span.source.name)}:{span.first.line}"


def line_text(span: Span | None) -> str:
    """The line of the spec where something stands."""
    if span is None or span.source.is_standard:
        return ""
    return shortened(span.source.line(span.first.line).strip(), _LONGEST_LINE)


def one_line(text: str) -> str:
    """A text without line breaks and control characters."""
    return "".join(one if one.isprintable() else " " for one in text)


def shortened(text: str, most: int) -> str:
    """A text of at most so many characters, without control characters."""
    text = one_line(text)
    return text if len(text) <= most else text[: most - 1].rstrip(" ,") + "…"


def _flow(sizes: list[str]) -> Iterator[str]:
    """What goes in and what comes out, where there are two numbers."""
    if len(sizes) >= 2 and sizes[0].isdecimal() and sizes[1].isdecimal():
        yield f"{sizes[0]} → {sizes[1]}"
        sizes = sizes[2:]
    yield from sizes


def _kernel(text: str) -> str:
    if "(" not in text:
        return f"kernel {text}"
    return "×".join(text.strip("()").rstrip(",").split(", "))


def _bare(text: str) -> str:
    """`(2, 2)` as `2`, `(768,)` as `768`."""
    values = text.strip("()").rstrip(",").split(", ")
    return values[0] if len(set(values)) == 1 else "×".join(values)


def _split(text: str) -> Iterator[tuple[str, str]]:
    """Arguments at the commas that are in no brackets, with their names."""
    depth, start = 0, 0
    for at, char in enumerate(f"{text},"):
        depth += (char in "([{") - (char in ")]}")
        if char == "," and depth == 0:
            name, sign, value = text[start:at].strip().partition("=")
            if name:
                yield (name, value) if sign else ("", name)
            start = at + 1
