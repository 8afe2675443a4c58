"""Symbolic sizes for fake tensors: named as the inputs name them, decided by values.

Torch's own `ShapeEnv` proves what it can of each comparison and keeps the rest as
guards for a compiler. Nothing is compiled here: each symbol has a value, every question
is answered by it, and what was asked is kept. That takes a third of the time, and
symbols keep their names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import sympy
import torch
from torch.fx.experimental.sym_node import SymNode
from torch.fx.experimental.symbolic_shapes import (
    GuardOnDataDependentSymNode,
    ShapeEnv,
)
from torch.utils._sympy.value_ranges import ValueRanges

from modelspec.backends.torch.shapes.nodes import Key
from modelspec.diagnostics.span import Span

_LARGEST = 2**40
Answer: TypeAlias = "tuple[sympy.Basic, Span | None]"


class Environment(ShapeEnv):
    """Symbols and their values.

    `where` tells which line of the spec is running when something is asked.
    """

    def __init__(self, where: Callable[[], Span | None]) -> None:
        super().__init__()
        self.values: dict[sympy.Symbol, sympy.Integer] = {}
        self.answers: dict[sympy.Basic, Answer] = {}
        self.known: dict[Key, SymNode] = {}
        self.numbers_asked = 0
        """How often a size had to be a number, not a comparison true or false."""
        self._where = where

    def new_symbol(self, name: str, value: int) -> torch.SymInt:
        """A size that is called `name` and decides as `value` would."""
        made = sympy.Symbol(name, integer=True, positive=True)
        self.values[made] = sympy.Integer(value)
        self.backed_var_to_val[made] = sympy.Integer(value)
        self.var_to_range[made] = ValueRanges(1, _LARGEST)
        node = SymNode(made, self, int, value)
        return torch.SymInt(node)  # type: ignore[no-untyped-call] # of torch's

    def evaluate_expr(
        self,
        orig_expr: sympy.Basic,
        hint: Any = None,
        fx_node: object = None,
        size_oblivious: bool = False,
        fallback_value: bool | None = None,
        *,
        forcing_spec: bool = False,
    ) -> sympy.Basic:
        """What an expression is for the values of its symbols.

        Raises:
            GuardOnDataDependentSymNode: it depends on the values of a tensor.
        """
        known = self.answers.get(orig_expr)
        if known is None:
            if not orig_expr.free_symbols:
                return orig_expr
            value = sympy.sympify(hint) if hint is not None else self._value(orig_expr)
            if value.free_symbols:
                raise GuardOnDataDependentSymNode(orig_expr)
            known = self.answers[orig_expr] = (value, self._where())
        self.numbers_asked += known[0].is_Integer
        return known[0]

    def remembered(self) -> tuple[int, int]:
        """How much is known: answers, and kernels that need not run again."""
        return len(self.answers), len(self.fake_tensor_cache)

    def forget_after(self, remembered: tuple[int, int]) -> None:
        """Leave of what is known only what was known then.

        Kernels too: one that was run with numbers would give numbers again, to the
        next call of the same sizes.
        """
        answers, kernels = remembered
        for asked in list(self.answers)[answers:]:
            del self.answers[asked]
        for key in list(self.fake_tensor_cache)[kernels:]:
            del self.fake_tensor_cache[key]

    def _maybe_evaluate_static(  # type: ignore[override] # a cache wraps torch's
        self, expr: sympy.Basic, *, unbacked_only: bool = False, **_: Any
    ) -> sympy.Basic | None:
        """Nothing is proved; sizes that depend on values of tensors stay."""
        return expr if unbacked_only else None

    def _value(self, expr: sympy.Basic) -> sympy.Basic:
        return expr.xreplace(self.values)

    def forced(self) -> Iterator[tuple[sympy.Basic, int, Span | None, bool]]:
        """What had to be one number: was made an int (true), or was equal to one."""
        for asked, (answer, span) in self.answers.items():
            if answer.is_Integer:
                yield asked, int(answer), span, True
            elif answer is sympy.true and isinstance(asked, sympy.Eq):
                left, right = asked.args
                if right.is_Integer and not _is_rest(left):
                    yield left, int(right), span, False

    def equal_symbols(self) -> Iterator[tuple[sympy.Symbol, sympy.Symbol]]:
        """Symbols that were asked whether they are equal, and were."""
        for asked, (answer, _) in self.answers.items():
            if answer is sympy.true and isinstance(asked, sympy.Eq):
                left, right = asked.args
                if left.is_Symbol and right.is_Symbol:
                    yield left, right

    def value_of(self, expr: sympy.Basic) -> int:
        """The number that a size is."""
        return int(self._value(expr))


# Torch's own remembers answers, and forgets them when it learns more of a symbol.
setattr(Environment._maybe_evaluate_static, "cache_clear", lambda: None)  # noqa: B010


def _is_rest(expr: sympy.Basic) -> bool:
    """Whether it is `a % b`: that a size divides forces it to no single value."""
    return "Mod" in type(expr).__name__


def named_values(values: Mapping[sympy.Symbol, sympy.Integer]) -> dict[str, int]:
    """Symbols by their names."""
    return {str(symbol): int(value) for symbol, value in values.items()}
