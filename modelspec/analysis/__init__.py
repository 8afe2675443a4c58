"""Everything that can be known of a Program without torch.

In: a Program. Out: diagnostics, in the order of the file. Each pass is one file, looks
at the facts of the Program and yields diagnostics; none prints, changes the Program,
imports torch, or raises for a mistake of the user.

All passes run on every Program. Where one has mistakes, it has holes in their places,
and no pass says anything about what touches a hole, or about a place that an error was
told of before. So one mistake is one message, and hides no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from modelspec.analysis.attributes import check_attributes
from modelspec.analysis.calls import check_calls
from modelspec.analysis.elaboration import check_elaboration
from modelspec.analysis.facts import Facts, collect_facts
from modelspec.analysis.forward import check_forward
from modelspec.analysis.literals import check_literals
from modelspec.analysis.locals import check_locals
from modelspec.analysis.paths import check_paths
from modelspec.analysis.reachability import check_reachability
from modelspec.analysis.recursion import check_recursion
from modelspec.analysis.rules import check_rules
from modelspec.analysis.sizes import check_sizes
from modelspec.analysis.structure import check_structure
from modelspec.analysis.unused import check_unused
from modelspec.analysis.values import check_values
from modelspec.diagnostics.diagnostic import Diagnostic
from modelspec.policy import Limits
from modelspec.program.ir import Program
from modelspec.records import dataclass

Check: TypeAlias = Callable[[Facts], Iterable[Diagnostic]]


@dataclass(frozen=True, slots=True)
class Pass:
    name: str
    check: Check


PASSES: tuple[Pass, ...] = (
    Pass("sizes", check_sizes),
    Pass("values", check_values),
    Pass("calls", check_calls),
    Pass("literals", check_literals),
    Pass("locals", check_locals),
    Pass("reachability", check_reachability),
    Pass("attributes", check_attributes),
    Pass("forward", check_forward),
    Pass("structure", check_structure),
    Pass("paths", check_paths),
    Pass("rules", check_rules),
    Pass("recursion", check_recursion),
    Pass("elaboration", check_elaboration),
    Pass("unused", check_unused),
)


def analyse(
    program: Program,
    before: Iterable[Diagnostic] = (),
    *,
    limits: Limits | None = None,
    to_build: bool = False,
) -> tuple[Diagnostic, ...]:
    """What all passes find, but for what was told `before`, while it was read.

    `limits` are the caller's; without them no limit is called exceeded. A caller that
    builds next (`to_build`) needs no elaboration: construction is that, and half of
    the time of all passes is saved; what is only warned of it does not show.
    """
    facts = collect_facts(program, limits)
    facts.told += before
    already = len(facts.told)
    for one in PASSES:
        if to_build and (
            one.check is check_elaboration
            or (one.check is check_unused and not any(f.is_error for f in facts.told))
        ):
            continue
        found = one.check(facts)
        facts.told += [new for new in found if not facts.is_told(new.span)]
    return tuple(sorted(facts.told[already:], key=lambda one: _place(one, program)))


def _place(found: Diagnostic, program: Program) -> tuple[int, int]:
    if found.span is None:
        return (0, 0)
    sources = [id(source) for source in program.sources]
    source = id(found.span.source)
    at = sources.index(source) if source in sources else len(sources)
    return (at, found.span.start)
