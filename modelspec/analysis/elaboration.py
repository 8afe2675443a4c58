"""Pass: the root constructed with its defaults and with every variant.

Params without a default are unknown, and so are all params of a block that none of
these constructions makes. What one of them does wrong is told once; what another pass
has told already is told by no one again, which `analyse` sees to.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from modelspec.analysis.elaborate import Elaborator
from modelspec.analysis.facts import Facts
from modelspec.analysis.standins import Opaque
from modelspec.diagnostics.diagnostic import Diagnostic
from modelspec.diagnostics.span import Source
from modelspec.policy import Limits
from modelspec.program.ir import Program
from modelspec.pysubset import span_of


def check_elaboration(facts: Facts) -> Iterator[Diagnostic]:
    program = facts.program

    def is_told(node: ast.expr, source: Source) -> bool:
        return facts.is_told(span_of(node, source))

    known = {at: one for text in facts.texts for at, one in text.settled.items()}
    elaborator = Elaborator(program, facts.limits or Limits(), is_told, known)
    seen: set[tuple[object, ...]] = set()
    for found in _all_found(elaborator, program):
        keys = {(found.code, found.span), (found.code, _handed_on(found))}
        keys.discard((found.code, None))
        # Without the caller's limits nobody can say that one is exceeded.
        if keys & seen or (found.code == "limit-exceeded" and not facts.limits):
            continue
        seen |= keys
        yield found


def _all_found(elaborator: Elaborator, program: Program) -> Iterator[Diagnostic]:
    root = program.root_block
    for variant in (None, *program.variants) if root is not None else ():
        given = {name for name, _ in variant.values} if variant is not None else set()
        assert root is not None
        values = {
            one.name: Opaque()
            for one in root.params
            if one.default is None and one.name not in given
        }
        yield from elaborator.root(variant, values).diagnostics
    # Those that nothing makes, or nothing that is right; users before what they use.
    for block in reversed(program.blocks):
        if not elaborator.has_made(block):
            yield from elaborator.alone(block).diagnostics


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
