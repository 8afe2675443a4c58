"""Where `auto` stands, and what it is called in messages and in generated code."""

from __future__ import annotations

import ast

from modelspec.catalog import load_catalog
from modelspec.diagnostics.span import Span
from modelspec.inference.rewriting import Visitor, Where, walk_program
from modelspec.program.ir import Program
from modelspec.pysubset.place import span_of
from modelspec.records import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """One `auto`: `argument` is the name of what it stands for, `what` the layer or
    block that is given it."""

    number: int
    span: Span
    argument: str
    what: str

    @property
    def words(self) -> str:
        return f"'{self.argument}' of {self.what}"


def find_sites(program: Program) -> dict[int, Site]:
    """All of a Program, by their numbers."""
    finder = _Finder(program)
    walk_program(program, finder)
    return finder.found


class _Finder(Visitor):
    def __init__(self, program: Program) -> None:
        self._program = program
        self.found: dict[int, Site] = {}

    def auto(self, number: int, node: ast.Name, where: Where) -> ast.expr:
        span = span_of(node, where.block.source)
        what = "the layer" if where.call is None else ast.unparse(where.call.func)
        name = argument_name(where, self._program) or "the size"
        self.found[number] = Site(number, span, name, what.removeprefix("nn."))
        return node


def argument_name(where: Where, program: Program) -> str | None:
    """The name of the argument that a place fills, where it can be told."""
    if isinstance(where.argument, str) or where.argument is None or where.call is None:
        return where.argument if isinstance(where.argument, str) else None
    names = positional_names(where.call.func, program)
    return names[where.argument] if where.argument < len(names) else None


def positional_names(function: ast.expr, program: Program) -> tuple[str, ...]:
    """The names of what a layer or block takes by position."""
    if isinstance(function, ast.Attribute):
        layer = load_catalog().layer(function.attr)
        return (
            () if layer is None else tuple(o.name for o in layer.signature.positional)
        )
    block = program.block(function.id) if isinstance(function, ast.Name) else None
    params = () if block is None else block.params
    return tuple(one.name for one in params if not one.keyword_only)
