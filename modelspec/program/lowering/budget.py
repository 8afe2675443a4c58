"""`budget`: what the network may take at most.

A limit is a number, or a number with a unit: `30M` parameters, `5G` multiply-adds,
`120MB` of weights. Counts take K, M, G or B, and T; bytes take kB, MB, ... of 1000 and
KiB, MiB, ... of 1024.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from modelspec.diagnostics.diagnostic import Report
from modelspec.program.ir import Budget
from modelspec.spec.frame import BudgetSpec
from modelspec.spec.validate import validate_mapping
from modelspec.syntax.nodes import MappingNode, Node, ScalarNode, describe_node

_NUMBER = re.compile(
    r"([0-9]{1,15}(?:_[0-9]{1,15}){0,9}(?:\.[0-9]{1,15})?(?:e[0-9]{1,2})?) *([a-z]*)"
)
_COUNTS: Mapping[str, int] = {
    **{"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "b": 10**9, "t": 10**12}
}
_BYTES: Mapping[str, int] = {
    **{"": 1, "b": 1},
    **{f"{letter}b": 1000**at for at, letter in enumerate("kmgt", 1)},
    **{f"{letter}ib": 1024**at for at, letter in enumerate("kmgt", 1)},
}
_UNITS = {
    "params": _COUNTS,
    "macs": _COUNTS,
    "weights": _BYTES,
    "activations": _BYTES,
}


def lower_budget(node: MappingNode, report: Report) -> tuple[Budget, ...]:
    """The limits that a spec sets, in the order in which it does."""
    validate_mapping(BudgetSpec, node, "a budget", report)
    limits = (_limit(e.key.text, e.value, report) for e in node.entries)
    return tuple(one for one in limits if one is not None)


def _limit(name: str, node: Node, report: Report) -> Budget | None:
    if name not in _UNITS or not isinstance(node, ScalarNode):
        return None  # which was reported
    limit = None if isinstance(node.value, bool) else _number(node.text, _UNITS[name])
    if limit is None:
        example = "30M" if _UNITS[name] is _COUNTS else "120MB"
        report.error(
            "wrong-budget",
            f"the budget for '{name}' is a number such as {example},"
            f" got {describe_node(node)}",
            node.span,
            help=_HELP[name],
        )
        return None
    return Budget(name, limit, node.text, node.span)  # type: ignore[arg-type] # a key


_HELP = {
    "params": "it counts parameters: write a number, with K, M, G or T behind it",
    "macs": "it counts multiply-adds: write a number, with K, M, G or T behind it",
    "weights": "it is in bytes: write a number, with kB, MB, GB, MiB or GiB behind it",
    "activations": "it is in bytes: write a number, with kB, MB, GB or GiB behind it",
}


def _number(text: str, units: Mapping[str, int]) -> int | None:
    """A whole number that is not negative, or None for anything else."""
    found = _NUMBER.fullmatch(text.lower())
    if found is None or found[2] not in units:
        return None
    value = Decimal(found[1].replace("_", "")) * units[found[2]]
    return int(value) if value == value.to_integral_value() else None
