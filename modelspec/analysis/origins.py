"""Where the values at a wrong place were set: the second place of a disagreement.

In: what was found in the construction of a block, and which of its params were left at
their defaults. Out: a label at each default, var, `let` or constant that is read there.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from typing import TypeGuard

from modelspec.diagnostics.diagnostic import Diagnostic, Label
from modelspec.diagnostics.span import Span
from modelspec.program.ir import Block, For, Let, Value
from modelspec.program.walk import walk_statements
from modelspec.pysubset.place import span_of

_NAME = re.compile(r"(?<![\w.\"'])(self\.)?([A-Za-z_]\w*)(?![\w\"'(=])")
_MOST_LABELS = 2


def origins_of(
    found: Diagnostic, block: Block, defaulted: Collection[str]
) -> tuple[Label, ...]:
    """Labels "set here" for the names that stand where something is wrong."""
    at = found.span
    if at is None or at.source is not block.source or "\n" in at.text:
        return ()
    names = [(name, bool(own)) for own, name in _NAME.findall(at.text)]
    names += [(name, False) for one, _ in names for name in _gone_through(one, block)]
    spans = [
        span
        for name, through_self in names
        if (span := _origin(name, through_self, at, block, defaulted)) is not None
    ]
    told = {one.span for one in found.labels}
    new = [one for one in dict.fromkeys(spans) if one not in told and one != at]
    return tuple(Label(one, "set here") for one in new[:_MOST_LABELS])


def _origin(
    name: str, through_self: bool, at: Span, block: Block, defaulted: Collection[str]
) -> Span | None:
    """The value that a name has at a place, as far as the text shows it."""
    if through_self:
        constants = (one for one in block.constants if one.name == name)
        constant = next(constants, None)
        return None if constant is None else span_of(constant.value, block.source)
    above = [span for span in _lets(name, block) if span.end <= at.start]
    if above:
        return above[-1]
    for param in block.params:
        if param.name == name and name in defaulted and param.default is not None:
            return span_of(param.default, block.source)
    return None


def _gone_through(name: str, block: Block) -> Iterator[str]:
    """Names in what the loop goes through that sets a name."""
    for one in walk_statements(block.construct):
        if isinstance(one, For) and _binds(one.target, name):
            yield from (n.id for n in ast.walk(one.iterable) if _is_name(n))


def _binds(target: ast.expr, name: str) -> bool:
    return isinstance(target, ast.Name) and target.id == name


def _is_name(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name)


def _lets(name: str, block: Block) -> Iterator[Span]:
    for one in walk_statements(block.construct):
        if not isinstance(one, Let) or not isinstance(one.value, Value):
            continue
        if _binds(one.target, name):
            yield span_of(one.value.expression, block.source)
