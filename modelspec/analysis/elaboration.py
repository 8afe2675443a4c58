"""Pass: the root constructed with its defaults and with every variant.

What one of them does wrong is told once; what another pass has told already is told
by no one again, which `analyse` sees to.
"""

from __future__ import annotations

import ast
import re
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
    elaborator = Elaborator(program, facts.limits or Limits())
    seen: set[tuple[object, ...]] = set()
    for variant in (None, *program.variants):
        values = variant.values if variant is not None else ()
        root = program.root_block
        if root is None or any(_is_told(value, root, facts) for _, value in values):
            continue
        for found in elaborator.root(variant, {}).diagnostics:
            keys = {(found.code, found.span), (found.code, _handed_on(found))}
            keys.discard((found.code, None))
            # Without the caller's limits nobody can say that one is exceeded.
            if keys & seen or (found.code == "limit-exceeded" and not facts.limits):
                continue
            seen |= keys
            yield found


_NAME = re.compile(r"(?:self\.)?[A-Za-z_]\w*")
_GOT = re.compile(r"argument-\w+\n.* (got .+)")


def _handed_on(found: Diagnostic) -> object:
    """What tells a value that arguments do not take and that a name hands on: however
    far it goes from the one place where it was set, it is wrong once."""
    told = _GOT.fullmatch(f"{found.code}\n{found.message}")
    if told is None or found.span is None or not _NAME.fullmatch(found.span.text):
        return None
    set_here = [one.span for one in found.labels if one.text == "set here"]
    return (told[1], *set_here)


def _params(program: Program) -> Iterator[tuple[Block, Param]]:
    return ((block, one) for block in program.blocks for one in block.params)


def _is_told(value: ast.expr | None, block: Block, facts: Facts) -> bool:
    return value is not None and facts.is_told(span_of(value, block.source))
