"""Pass: whether the tensors that rules of `init` name are there.

A rule for layer types names tensors of each module it takes. Where no type of the rule
has such a tensor, or may have, the name is misspelt.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modelspec.analysis.facts import Facts
from modelspec.analysis.members import layer_members
from modelspec.catalog import load_catalog
from modelspec.diagnostics.diagnostic import Diagnostic, Report
from modelspec.diagnostics.suggest import suggest
from modelspec.program.ir import InitByType, TypeRule
from modelspec.program.walk import walk_statements

# What users mean most often, told first.
_USUAL = ("weight", "bias")


def check_rules(facts: Facts) -> Iterator[Diagnostic]:
    report = Report()
    for block in facts.program.blocks:
        hidden = facts.hidden_in(block)
        for one in walk_statements(block.construct):
            for rule in one.rules if isinstance(one, InitByType) else ():
                _check_rule(rule, hidden, facts, report)
    yield from report.found


def _check_rule(rule: TypeRule, hidden: set[str], facts: Facts, report: Report) -> None:
    found = [_tensors(one, hidden, facts) for one in rule.types]
    known = [names for names in found if names is not None]
    if len(known) < len(found):
        return
    names = {name for names in [*known, *_extended(facts)] for name in names}
    for leaf, initializer in rule.leaves:
        if leaf not in names and initializer.key is not None:
            nearest = suggest(leaf, sorted(names))
            usual = [name for name in _USUAL if name in names]
            what = " | ".join(_name(one) for one in rule.types)
            report.error(
                "unknown-parameter",
                f"{what} has no parameter '{leaf}'",
                initializer.key,
                meant=nearest,
                help=() if nearest or not usual else f"it has: {', '.join(usual)}",
            )


def _extended(facts: Facts) -> Iterator[frozenset[str]]:
    """What blocks add to what they extend, whose rules take them too."""
    for block in facts.program.blocks:
        if block.base.call is not None:
            yield frozenset(facts.members(block).kinds)


def _tensors(type_: ast.expr, hidden: set[str], facts: Facts) -> frozenset[str] | None:
    """Names that may be tensors of a type; None where more may be there."""
    if isinstance(type_, ast.Name):
        block = None if type_.id in hidden else facts.program.block(type_.id)
        members = None if block is None else facts.members(block)
        if members is None or members.is_open:
            return None
        if members.patterns or members.has_numbers:
            return None
        return frozenset(members.kinds)
    if isinstance(type_, ast.Attribute) and load_catalog().layer(type_.attr):
        return layer_members(type_.attr)
    return None


def _name(type_: ast.expr) -> str:
    return type_.attr if isinstance(type_, ast.Attribute) else ast.unparse(type_)
