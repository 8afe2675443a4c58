"""Sizes of fake tensors as plain values: sympy's expressions become `Size`s.

What has no counterpart among sizes becomes an `Opaque` with its value.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import sympy
import torch
from torch.utils._sympy import functions as torch_sympy

from modelspec.backends.torch.shapes.environment import Environment
from modelspec.sizes.size import Size, extreme, floor_divide, opaque, symbol

_Ratio = tuple[Size, int]


class Sizes:
    """Converts what one environment made; each expression once."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._known: dict[sympy.Basic, Size] = {}

    def size(self, value: int | torch.SymInt) -> Size:
        """A size of a tensor, or a product of some."""
        if isinstance(value, torch.SymInt):
            return self.expression(value.node.expr)
        return int(value)

    def expression(self, expr: sympy.Basic) -> Size:
        """A whole number of sympy's."""
        known = self._known.get(expr)
        if known is None:
            known = self._known[expr] = self._convert(expr)
        return known

    def _convert(self, expr: sympy.Basic) -> Size:
        if expr.is_Integer:
            return int(expr)
        if isinstance(expr, sympy.Symbol):
            return symbol(expr.name)
        convert = _BY_TYPE.get(type(expr))
        made = None if convert is None else convert(self, expr)
        if made is not None:
            return made
        return opaque(str(expr), self._environment.value_of(expr))

    # --- one kind each ----------------------------------------------------------

    def _sum(self, expr: sympy.Basic) -> Size:
        total: Size = 0
        for one in expr.args:
            total = total + self.expression(one)
        return total

    def _product(self, expr: sympy.Basic) -> Size | None:
        product: Size = 1
        for one in expr.args:
            if not one.is_integer:
                return self._rounded(expr, _floor)
            product = product * self.expression(one)
        return product

    def _power(self, expr: sympy.Basic) -> Size | None:
        below, power = expr.args
        if not power.is_Integer or not 0 < int(power) < 16:
            return None
        product: Size = 1
        for _ in range(int(power)):
            product = product * self.expression(below)
        return product

    def _quotient(self, expr: sympy.Basic) -> Size | None:
        above, below = map(self.expression, expr.args)
        return None if below == 0 else floor_divide(above, below)

    def _rest(self, expr: sympy.Basic) -> Size | None:
        above, below = map(self.expression, expr.args)
        return None if below == 0 else above - below * floor_divide(above, below)

    def _indexing(self, expr: sympy.Basic) -> Size | None:
        above, below, modulus = map(self.expression, expr.args)
        whole = floor_divide(above, below)
        return whole - modulus * floor_divide(whole, modulus)

    def _largest(self, expr: sympy.Basic) -> Size:
        return extreme("max", map(self.expression, expr.args))

    def _smallest(self, expr: sympy.Basic) -> Size:
        return extreme("min", map(self.expression, expr.args))

    def _down(self, expr: sympy.Basic) -> Size | None:
        return self._rounded(expr.args[0], _floor)

    def _up(self, expr: sympy.Basic) -> Size | None:
        return self._rounded(expr.args[0], _ceiling)

    def _rounded(
        self, expr: sympy.Basic, rounding: Callable[[Size, int], Size]
    ) -> Size | None:
        ratio = self._ratio(expr)
        return None if ratio is None else rounding(*ratio)

    def _ratio(self, expr: sympy.Basic) -> _Ratio | None:
        """A number that need not be whole, as one over a known divisor."""
        if expr.is_Float or expr.is_Rational:
            fraction = Fraction(str(expr)).limit_denominator(1 << 16)
            exact = abs(float(fraction) - float(expr)) < 1e-9
            return (fraction.numerator, fraction.denominator) if exact else None
        if isinstance(expr, torch_sympy.ToFloat):
            return self.expression(expr.args[0]), 1
        if isinstance(expr, torch_sympy.IntTrueDiv):
            above, below = map(self.expression, expr.args)
            return (above, below) if isinstance(below, int) and below > 0 else None
        if isinstance(expr, (sympy.Mul, torch_sympy.FloatTrueDiv)):
            return self._ratio_of_product(expr)
        return (self.expression(expr), 1) if expr.is_integer else None

    def _ratio_of_product(self, expr: sympy.Basic) -> _Ratio | None:
        above: Size = 1
        below = 1
        for index, one in enumerate(expr.args):
            ratio = self._ratio(one)
            if ratio is None:
                return None
            divides = index > 0 and not isinstance(expr, sympy.Mul)
            numerator, denominator = ratio
            if divides and not isinstance(numerator, int):
                return None
            if divides and isinstance(numerator, int):
                numerator, denominator = denominator, numerator
            above, below = above * numerator, below * denominator
        return (above, below) if below > 0 else None


def _floor(above: Size, below: int) -> Size:
    return floor_divide(above, below)


def _ceiling(above: Size, below: int) -> Size:
    return -floor_divide(-above, below)


_BY_TYPE: dict[type, Callable[[Sizes, sympy.Basic], Size | None]] = {
    sympy.Add: Sizes._sum,
    sympy.Mul: Sizes._product,
    sympy.Pow: Sizes._power,
    sympy.Max: Sizes._largest,
    sympy.Min: Sizes._smallest,
    torch_sympy.Max: Sizes._largest,
    torch_sympy.Min: Sizes._smallest,
    torch_sympy.PowByNatural: Sizes._power,
    torch_sympy.FloorDiv: Sizes._quotient,
    torch_sympy.CleanDiv: Sizes._quotient,
    torch_sympy.Mod: Sizes._rest,
    torch_sympy.PythonMod: Sizes._rest,
    torch_sympy.ModularIndexing: Sizes._indexing,
    torch_sympy.TruncToInt: Sizes._down,
    torch_sympy.FloorToInt: Sizes._down,
    torch_sympy.CeilToInt: Sizes._up,
}
