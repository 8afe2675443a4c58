"""A Program with every size that its inputs determine left to `auto`."""

from __future__ import annotations

import ast
import copy
from collections.abc import Collection

from modelspec.catalog.determined import determined
from modelspec.diagnostics.span import Source, Span
from modelspec.inference.rewriting import Visitor, Where, walk_program
from modelspec.inference.sites import positional_names
from modelspec.program.ir import Program
from modelspec.pysubset import span_of


class _Forgetting(Visitor):
    def __init__(self, program: Program, kept: Collection[Span]) -> None:
        self.program = program
        self.kept = kept
        self.count = 0

    def call(
        self, number: int, node: ast.Call, made: ast.Call, where: Where
    ) -> ast.expr:
        function = node.func
        is_own = not where.block.source.is_standard
        if not is_own or not isinstance(function, ast.Attribute):
            return made
        names = positional_names(function, self.program)
        lists = {p.name for p in where.block.params if p.type.name in ("list", "tuple")}
        for at, value in enumerate(made.args):
            if isinstance(value, ast.Starred) or at >= len(names):
                break
            made.args[at] = self._argument(
                function.attr, names[at], value, lists, where.block.source
            )
        made.keywords = [copy.copy(keyword) for keyword in made.keywords]
        for keyword in made.keywords:
            if keyword.arg is not None:
                keyword.value = self._argument(
                    function.attr, keyword.arg, keyword.value, lists, where.block.source
                )
        return made

    def _argument(
        self, layer: str, name: str, value: ast.expr, lists: set[str], source: Source
    ) -> ast.expr:
        known = determined(layer, name)
        if known is None or _is_none(value) or span_of(value, source) in self.kept:
            return value
        if isinstance(value, ast.List | ast.Tuple):
            made = copy.copy(value)
            made.elts = [self._auto(item) for item in value.elts]
            return made
        if isinstance(value, ast.Name) and value.id in lists:
            return value  # how many sizes it holds, the layer alone does not tell
        return self._auto(value)

    def _auto(self, value: ast.expr) -> ast.expr:
        self.count += 1
        return ast.copy_location(ast.Name("auto", ast.Load()), value)


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def forget_sizes(program: Program, kept: Collection[Span] = ()) -> tuple[Program, int]:
    """The Program, and how many sizes it forgot; what stands at `kept` stays."""
    visitor = _Forgetting(program, kept)
    forgotten = walk_program(program, visitor)
    return forgotten, visitor.count
