"""The part of a Program that its root and variants use.

Comes in: a Program. Goes out: the same without blocks and functions that nothing
mentions. A library, which has no root, stays whole.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace

from modelspec.backends.python.nodes import names_in
from modelspec.backends.python.traversal import block_expressions
from modelspec.program import ir


def reachable(program: ir.Program) -> ir.Program:
    if program.root is None:
        return program
    definitions: dict[str, tuple[ast.AST, ...]] = {
        one.name: (one.definition,) for one in program.functions
    }
    definitions.update(
        (one.name, tuple(block_expressions(one))) for one in program.blocks
    )
    values = [value for variant in program.variants for _, value in variant.values]
    found = {program.root, *_mentioned(values)} & definitions.keys()
    pending = sorted(found)
    while pending:
        more = _mentioned(definitions[pending.pop()]) & definitions.keys() - found
        found |= more
        pending += sorted(more)
    return replace(
        program,
        blocks=tuple(one for one in program.blocks if one.name in found),
        functions=tuple(one for one in program.functions if one.name in found),
    )


def _mentioned(trees: Iterable[ast.AST]) -> set[str]:
    return {name for tree in trees for name in names_in(tree)}
