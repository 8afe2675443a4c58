"""Pass: whether every call fits what it calls.

Layers, blocks, functions of the spec, of torch and of `torch.nn.init`, methods of the
block itself, and `partial` of any of these. What a param of type `layer` may be is
followed through defaults, variants and uses; a call of one is wrong only where it is
wrong for all.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from modelspec.analysis.attributes import torch_members
from modelspec.analysis.facts import Facts, Text, text_statements
from modelspec.analysis.layers import possible_callees
from modelspec.analysis.receivers import receiver_callees
from modelspec.analysis.signatures import Bound, Callee
from modelspec.catalog import (
    Problem,
    ProblemKind,
    Signature,
)
from modelspec.diagnostics.diagnostic import Diagnostic, Report
from modelspec.diagnostics.span import Source
from modelspec.diagnostics.suggest import suggest_argument
from modelspec.program.ir import Block, Container, InitByName, InitByType, Initializer
from modelspec.program.walk import walk_statements
from modelspec.pysubset import span_of, span_of_keyword
from modelspec.records import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """A call as it stands: what is called, with which arguments.

    `into` is the param that the children under a block's call are given as.
    """

    callee: Callee
    node: ast.Call
    source: Source
    arguments: Sequence[ast.expr]
    into: str | None = None
    is_partial: bool = False

    def bind(self) -> Bound:
        """The overload that fits best, and what is wrong with it."""
        keywords = [one.arg for one in self.node.keywords if one.arg is not None]
        extra = [self.into] if self.into is not None else []
        stars = sum(isinstance(one, ast.Starred) for one in self.arguments)
        signature, found = self.callee.bind(
            len(self.arguments) - stars,
            (*keywords, *extra),
            has_star=stars > 0,
            has_double_star=len(keywords) < len(self.node.keywords),
        )
        if self.is_partial:
            found = tuple(one for one in found if one.kind is not ProblemKind.MISSING)
        return signature, found


def check_calls(facts: Facts) -> Iterator[Diagnostic]:
    report = Report()
    for text in facts.texts:
        into, rules = _into(text), _rule_calls(text)
        for node in text.calls:
            if id(node) in facts.judged:
                continue
            for use in _uses(node, text, facts, into.get(id(node))):
                if id(node) in rules:
                    use = _in_rule(use)
                check_use([use], report)
            check_use(_layer_uses(node, text, facts), report)
            check_use(_receiver_uses(node, text, facts), report)
    yield from report.found


# --- what is called ---------------------------------------------------------------


def _uses(node: ast.Call, text: Text, facts: Facts, into: str | None) -> Iterator[Use]:
    function, arguments, is_partial = node.func, node.args, False
    if is_partial_call(node, text):
        function, arguments, is_partial = node.args[0], node.args[1:], True
    callee = facts.callee(function, text)
    if callee is not None:
        yield Use(callee, node, text.source, arguments, into, is_partial)


def is_partial_call(node: ast.Call, text: Text) -> bool:
    """Whether a call is one of `partial` with something to call."""
    return (
        isinstance(node.func, ast.Name)
        and node.func.id == "partial"
        and "partial" not in text.locals
        and bool(node.args)
        and not isinstance(node.args[0], ast.Starred)
    )


def _layer_uses(node: ast.Call, text: Text, facts: Facts) -> list[Use]:
    """A call of a `layer` param, as a call of each that it may be."""
    if text.where != "construct" or text.block is None:
        return []
    if not isinstance(node.func, ast.Name):
        return []
    if node.func.id not in text.locals:
        return []
    callees = possible_callees(node.func.id, text.block, facts)
    return [Use(one, node, text.source, node.args) for one in callees]


def _receiver_uses(node: ast.Call, text: Text, facts: Facts) -> list[Use]:
    """`self.name(...)`, and methods that only tensors have."""
    callees = receiver_callees(node, text, facts)
    uses = [Use(one, node, text.source, node.args) for one in callees]
    # Asked last, as it reads every layer of the catalogue: `fold.unfold(...)`.
    if any(one.callee.sort == "tensor" and one.bind()[1] for one in uses):
        name = uses[0].callee.name.removeprefix("Tensor.")
        if name in torch_members():
            return []
        assert isinstance(node.func, ast.Attribute)
        if facts.holes.touch(node.func.value, text_statements(text)):
            return []
    return uses


def _into(text: Text) -> dict[int, str]:
    """Calls of blocks with children under them -> the param that takes these."""
    if text.where != "construct" or text.block is None:
        return {}
    values = (getattr(one, "value", None) for one in _statements(text.block))
    return {
        id(one.callee): one.into
        for one in values
        if isinstance(one, Container) and one.into is not None
    }


def _statements(block: Block) -> Iterable[object]:
    return walk_statements(block.construct)


def _rule_calls(text: Text) -> set[int]:
    """Calls of init functions in rules, where the tensor is not written."""
    if text.where != "construct" or text.block is None:
        return set()
    found = (i for one in _statements(text.block) for i in _initializers(one))
    return {id(one.expression) for one in found if one.in_place}


def _initializers(statement: object) -> Iterator[Initializer]:
    if isinstance(statement, InitByType):
        for rule in statement.rules:
            yield from (one for _, one in rule.leaves)
    elif isinstance(statement, InitByName):
        yield from (one for _, one in statement.leaves)
        if statement.parameter is not None:
            yield statement.parameter


def _in_rule(use: Use) -> Use:
    """The same call without the tensor, which the rule gives."""
    overloads = tuple(Signature(s.parameters[1:]) for s in use.callee.overloads)
    callee = Callee(use.callee.name, use.callee.sort, overloads)
    return Use(callee, use.node, use.source, use.arguments[1:])


# --- what is wrong ----------------------------------------------------------------


def check_use(uses: Sequence[Use], report: Report) -> None:
    """Reports what is wrong with the first of several readings, if all are wrong."""
    if not uses:
        return
    bound = [use.bind() for use in uses]
    if all(problems for _, problems in bound):
        signature, problems = bound[0]
        if len(uses) > 1:
            problems = _shared(problems, [found for _, found in bound[1:]])
        _report(uses[0], signature, problems, report)


def _shared(
    problems: Sequence[Problem], others: Sequence[Sequence[Problem]]
) -> tuple[Problem, ...]:
    return tuple(one for one in problems if all(one in other for other in others))


def _report(
    use: Use, signature: Signature, problems: Sequence[Problem], report: Report
) -> None:
    help = use.callee.text(signature)
    unexpected = [one for one in problems if one.kind is ProblemKind.UNEXPECTED]
    missing = [str(o.name) for o in problems if o.kind is ProblemKind.MISSING]
    for problem in unexpected:
        nearest = _nearest(str(problem.name), use, missing)
        _report_unexpected(problem, nearest, use, help, report)
        # What a misspelt name was meant for is not missing besides.
        if missing and (nearest is None or nearest in missing):
            missing.remove(nearest or missing[0])
    for problem in problems:
        if problem.kind is ProblemKind.DUPLICATE:
            _report_duplicate(problem, use, help, report)
        elif problem.kind is ProblemKind.TOO_MANY:
            _report_excess(problem, signature, missing, use, report)
            # What was meant for it is not missing besides.
            missing = []
    if missing:
        _report_missing(missing, use, help, report)


def _nearest(name: str, use: Use, missing: Sequence[str]) -> str | None:
    from modelspec.catalog.foreign import argument_meant

    given = {one.arg for one in use.node.keywords}
    names = [n for s in use.callee.overloads for n in s.names if n not in given]
    return (
        suggest_argument(name, missing)
        or argument_meant(name, missing)
        or suggest_argument(name, names)
        or argument_meant(name, names)
    )


def _report_unexpected(
    problem: Problem, nearest: str | None, use: Use, help: str, report: Report
) -> None:
    from modelspec.catalog.foreign import argument_elsewhere

    is_layer = nearest is None and use.callee.sort == "layer"
    elsewhere = argument_elsewhere(str(problem.name)) if is_layer else ""
    report.error(
        "unexpected-argument",
        f"{use.callee.name} has no argument '{problem.name}'",
        span_of_keyword(_keyword(problem, use), use.source),
        meant=nearest,
        help=(elsewhere, help) if elsewhere else help,
    )


def _report_duplicate(problem: Problem, use: Use, help: str, report: Report) -> None:
    named = sum(one.arg is not None for one in use.node.keywords)
    if problem.index is not None and problem.index >= named:
        span = span_of(use.node.func, use.source)
        note = "once in the call, once by what stands under it"
    else:
        span = span_of_keyword(_keyword(problem, use), use.source)
        note = "given by position before"
    report.error(
        "duplicate-argument",
        f"{use.callee.name} is given '{problem.name}' twice",
        span,
        note=note,
        help=help,
    )


def _report_excess(
    problem: Problem,
    signature: Signature,
    missing: Sequence[str],
    use: Use,
    report: Report,
) -> None:
    given = [one for one in use.arguments if not isinstance(one, ast.Starred)]
    at = problem.index or 0
    most = len(signature.positional)
    limit = f"at most {most}" if most else "no"
    plural = "" if most == 1 else "s"
    report.error(
        "too-many-arguments",
        f"{use.callee.name} takes {limit} argument{plural} by position,"
        f" got {len(given)}",
        span_of(given[at], use.source),
        note=f"'{missing[0]}' is given by name" if missing else "",
        help=use.callee.text(signature),
    )


def _report_missing(names: Sequence[str], use: Use, help: str, report: Report) -> None:
    quoted = [f"'{name}'" for name in names]
    listed = " and ".join(filter(None, [", ".join(quoted[:-1]), quoted[-1]]))
    plural = "" if len(names) == 1 else "s"
    report.error(
        "missing-argument",
        f"{use.callee.name} lacks its argument{plural} {listed}",
        span_of(use.node.func, use.source),
        help=help,
    )


def _keyword(problem: Problem, use: Use) -> ast.keyword:
    named = [one for one in use.node.keywords if one.arg is not None]
    assert problem.index is not None
    return named[problem.index]
