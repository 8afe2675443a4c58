"""Rules of a construction, compiled once, run on stand-in modules.

In: `init`, `tie` and `freeze` as statements. Out: closures that refuse what matches
nothing in a module that was made; where that cannot be told they say nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from modelspec.analysis.reads import Reads
from modelspec.analysis.registering import (
    Construction,
    Sink,
    fail,
    is_there,
    leaf_of,
    misspelt_leaf,
    types_in,
)
from modelspec.analysis.standins import LayerType
from modelspec.analysis.world import derives
from modelspec.program import ir
from modelspec.pysubset.place import span_of

Rule: TypeAlias = "ir.InitByName | ir.InitByType | ir.Tie | ir.Freeze"
Step: TypeAlias = "Callable[[Construction, Sink], None]"


def rule_step(one: Rule, reads: Reads, owner: str) -> Step:
    """What a rule does: nothing, where it matches something."""
    if isinstance(one, ir.InitByType):
        return _type_rules(one, reads, owner)
    paths = (one.target, one.source) if isinstance(one, ir.Tie) else (one.pattern,)
    rows = [(reads.read(path), span_of(path, reads.source)) for path in paths]

    def check(at: Construction, sink: Sink) -> None:
        for read, span in rows:
            path = str(read(at.scope))
            if not any(mark in path for mark in "*?[") and not is_there(
                at.module, path
            ):
                message = f"'{path}' matches nothing in {owner}"
                fail("rule-matches-nothing", message, span)
            elif (meant := misspelt_leaf(at.module, path)) is not None:
                message = f"{meant[0]} has no parameter '{path.rpartition('.')[2]}'"
                fail("rule-matches-nothing", message, leaf_of(span), meant=meant[1])

    return check


def _type_rules(one: ir.InitByType, reads: Reads, owner: str) -> Step:
    rows = [
        (
            rule,
            [reads.read(kind) for kind in rule.types],
            None if rule.condition is None else reads.test(rule.condition),
        )
        for rule in one.rules
    ]

    def check(at: Construction, sink: Sink) -> None:
        made = types_in(at.module)
        for rule, kinds_read, condition in rows:
            if condition is not None and not condition(at.scope):
                continue
            values = [read(at.scope) for read in kinds_read]
            kinds = [one for one in values if isinstance(one, LayerType)]
            if made is None or len(kinds) < len(values):
                continue
            if not any(derives(m, k) for m in made for k in kinds):
                names = " or ".join(one.name for one in kinds)
                message = f"no module in {owner} is of the type {names}"
                fail("rule-matches-nothing", message, rule.span)

    return check
