"""Names inside one constructor: what is taken, what may be reused.

Comes in: a block. Goes out: names for locals that collide with nothing the block uses,
and whether a loop may become a comprehension, whose names do not outlive it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from modelspec.backends.python.names import MODULE_NAMES, fresh
from modelspec.backends.python.nodes import names_in, target_names
from modelspec.backends.python.traversal import expressions_of, used_names
from modelspec.program import ir


class Locals:
    """Hands out names of locals. One name keeps one type, and may serve again."""

    def __init__(self, block: ir.Block, taken: Iterable[str]) -> None:
        self._taken = {*taken, *used_names(block), *MODULE_NAMES, "self"}
        self._types: dict[str, str] = {}
        self._live: set[str] = set()

    @contextmanager
    def claim(
        self, candidates: Iterable[str], annotation: ast.expr
    ) -> Iterator[tuple[str, bool]]:
        """A name to use, and whether it must be annotated: it is new."""
        kind = ast.dump(annotation)
        others = {one for one, of in self._types.items() if of != kind}
        chosen = fresh(candidates, {*self._taken, *self._live, *others})
        new = chosen not in self._types
        self._types[chosen] = kind
        self._live.add(chosen)
        try:
            yield chosen, new
        finally:
            self._live.discard(chosen)

    def loop_name(self, *candidates: str) -> str:
        return fresh(candidates, {*self._taken, *self._live, *self._types})


def names_that_outlive(body: Iterable[ir.Statement]) -> set[str]:
    """Names that are read where no loop around binds them."""
    return set(_free(tuple(body)))


def _free(body: tuple[ir.Statement, ...]) -> Iterator[str]:
    for one in body:
        for expression in expressions_of(one):
            yield from _read_in(expression)
        if isinstance(one, ir.For):
            bound = set(target_names(one.target))
            yield from (name for name in _free(one.body) if name not in bound)
        elif isinstance(one, ir.If):
            yield from _free(one.body + one.orelse)
        elif isinstance(one, ir.Let | ir.Child | ir.Replace) and isinstance(
            one.value, ir.Container
        ):
            yield from _free(one.value.children)


def _read_in(expression: ast.expr) -> Iterator[str]:
    """Names an expression reads from around it."""
    own: set[str] = set()
    for node in ast.walk(expression):
        if isinstance(node, ast.comprehension):
            own.update(target_names(node.target))
    yield from (name for name in names_in(expression) if name not in own)
