"""Pass: the root constructed with its defaults and with every variant.

What one of them does wrong is told once; what another pass has told already is told
by no one again, which `analyse` sees to.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modelspec.analysis.elaborate import Elaborator
from modelspec.analysis.facts import Facts
from modelspec.diagnostics.diagnostic import Diagnostic
from modelspec.policy import Limits
from modelspec.program.ir import Block, Param, Program
from modelspec.pysubset import span_of


def check_elaboration(facts: Facts) -> Iterator[Diagnostic]:
    program = facts.program
    if any(_is_told(one.default, block, facts) for block, one in _params(program)):
        return  # what would come of a wrong default says nothing more
    known = {at: one for text in facts.texts for at, one in text.settled.items()}
    elaborator = Elaborator(program, facts.limits or Limits(), known)
    seen: set[tuple[object, ...]] = set()
    for variant in (None, *program.variants):
        values = variant.values if variant is not None else ()
        root = program.root_block
        if root is None or any(_is_told(value, root, facts) for _, value in values):
            continue
        for found in elaborator.root(variant, {}).diagnostics:
            key = (found.code, found.span)
            # Without the caller's limits nobody can say that one is exceeded.
            if key in seen or (found.code == "limit-exceeded" and not facts.limits):
                continue
            seen.add(key)
            yield found


def _params(program: Program) -> Iterator[tuple[Block, Param]]:
    return ((block, one) for block in program.blocks for one in block.params)


def _is_told(value: ast.expr | None, block: Block, facts: Facts) -> bool:
    return value is not None and facts.is_told(span_of(value, block.source))
