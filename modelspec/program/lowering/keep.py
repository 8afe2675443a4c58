"""Which params and vars become attributes: those that some text reads as one.

In: lowered blocks. Out: the same blocks with `Keep` statements after their vars. A
value is kept when a method, a rule or another block reads it: `self.heads` in the
block or one that extends it, `self.attention.heads` or `layer.heads` elsewhere.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from modelspec.catalog import load_catalog
from modelspec.diagnostics.span import Span
from modelspec.program.ir import (
    Block,
    Child,
    Keep,
    Let,
    OwnAttribute,
    OwnBuffer,
    OwnParameter,
    Statement,
)
from modelspec.program.lowering.bases import bases_of
from modelspec.program.walk import Reads, walk_statements
from modelspec.trees import all_nodes

_NAMED = (Child, OwnParameter, OwnBuffer, OwnAttribute)


def keep_read_values(
    blocks: tuple[Block, ...], reads: Mapping[str, Reads]
) -> tuple[Block, ...]:
    """The blocks, with what must be kept; `reads` are those of each by its name."""
    by_name = {block.name: block for block in blocks}
    catalog = load_catalog()
    others = {name for one in blocks for name in reads[one.name].of_others}
    foreign = {name for name in others if not catalog.tensor_attribute(name)}
    of_self = {one.name: set(reads[one.name].of_self) for one in blocks}
    for block in blocks:
        for base in bases_of(block, by_name):
            of_self[base.name] |= of_self[block.name]
    return tuple(_with_keeps(block, of_self[block.name] | foreign) for block in blocks)


def _with_keeps(block: Block, read: set[str]) -> Block:
    hidden = set(_registered(block.construct))
    candidates: dict[str, Span] = {param.name: param.span for param in block.params}
    for statement in block.construct:
        if isinstance(statement, Let) and statement.is_var:
            candidates |= dict.fromkeys(_targets(statement), statement.span)
    keeps = [
        Keep(name, span)
        for name, span in candidates.items()
        if name in read and name not in hidden
    ]
    if not keeps:
        return block
    at = _after_vars(block.construct, {keep.name for keep in keeps})
    construct = (*block.construct[:at], *keeps, *block.construct[at:])
    return replace(block, construct=construct)


def _targets(statement: Let) -> Iterator[str]:
    for node in all_nodes([statement.target]):
        if isinstance(node, ast.Name):
            yield node.id


def _registered(statements: Iterable[Statement]) -> Iterator[str]:
    """Names that a registration of the block itself takes."""
    for statement in statements:
        if isinstance(statement, _NAMED):
            if isinstance(statement.name, ast.Constant):
                yield str(statement.name.value)
        else:
            yield from _registered(getattr(statement, "body", ()))
            yield from _registered(getattr(statement, "orelse", ()))


def _after_vars(construct: tuple[Statement, ...], names: set[str]) -> int:
    """The place after the last var that must be kept."""
    at = 0
    for index, statement in enumerate(construct):
        is_var = isinstance(statement, Let) and statement.is_var
        inner = walk_statements(getattr(statement, "body", ()))
        has_var = any(isinstance(one, Let) and one.is_var for one in inner)
        if has_var or (is_var and names & set(_targets(statement))):  # type: ignore[arg-type]
            at = index + 1
    return at
