"""Pass: whether what `tie`, `freeze`, `init`, `parallel` and replaced modules name is
there.

A name is followed from the block through its children as far as these are certain; of
a glob, only its literal first and last parts are looked at.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from modelspec.analysis.facts import Facts
from modelspec.analysis.members import Members, layer_members
from modelspec.analysis.values.held import Made
from modelspec.analysis.values.modules import child_of, container_kind, made_of
from modelspec.diagnostics.diagnostic import Diagnostic, Label, Report
from modelspec.diagnostics.span import Span
from modelspec.diagnostics.suggest import suggest
from modelspec.program.ir import (
    Block,
    Child,
    Freeze,
    Glob,
    InitByName,
    Parallel,
    Replace,
    Statement,
    Tie,
)
from modelspec.program.walk import walk_statements
from modelspec.pysubset import span_of, span_of_keyword
from modelspec.records import dataclass

_GLOB = re.compile(r"[*?\[]")
_TENSORS = ("child", "parameter", "buffer", "torch")
_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class _Path:
    """A literal name under a rule; `is_tensor` where a parameter alone will do."""

    text: str
    span: Span
    code: str
    is_tensor: bool

    def part(self, at: int) -> Span:
        """Where the part number `at` stands; the whole where that does not show."""
        parts = self.text.split(".")
        start = self.span.text.find(self.text)
        if start < 0:
            return self.span
        begin = self.span.start + start + sum(len(one) + 1 for one in parts[:at])
        return Span(self.span.source, begin, begin + len(parts[at]))


def check_paths(facts: Facts) -> Iterator[Diagnostic]:
    report = Report()
    for block in facts.program.blocks:
        for one in walk_statements(block.construct):
            for path in _paths(one, block):
                if _check_path(path, block, facts, report):
                    break  # two modules that are tied are one mistake
    root, parallel = facts.program.root_block, facts.program.parallel
    if root is not None and parallel is not None:
        for glob in _globs(parallel):
            path = _Path(glob.pattern, glob.span, "rule-matches-nothing", False)
            _check_path(path, root, facts, report)
    yield from report.found


def _globs(parallel: Parallel) -> Iterator[Glob]:
    yield from (one.modules for one in parallel.plan)
    yield from parallel.fsdp or ()
    yield from parallel.checkpointing


def _paths(statement: Statement, block: Block) -> Iterator[_Path]:
    code, is_tensor = "rule-matches-nothing", False
    found: Sequence[ast.expr] = ()
    match statement:
        case Tie(target=target, source=source):
            found, is_tensor = (target, source), True
        case Freeze(pattern=pattern) | InitByName(pattern=pattern):
            found = (pattern,)
        case Replace(path=path):
            found, code = (path,), "unknown-module"
    for one in found:
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value:
            yield _Path(one.value, span_of(one, block.source), code, is_tensor)


def _check_path(path: _Path, block: Block, facts: Facts, report: Report) -> bool:
    """Reports what is wrong with a name; whether it is a module and should be none."""
    parts, members = path.text.split("."), facts.members(block)
    if _GLOB.search(parts[0]):
        _check_last(path, list(_everything(block, facts)), report)
    elif not members.has(parts[0]):
        _report_first(path, parts[0], block, members, report)
    elif path.code == "rule-matches-nothing":
        return _follow(path, parts, block, facts, report)
    return False


def _report_first(
    path: _Path, first: str, block: Block, members: Members, report: Report
) -> None:
    own = [name for name, kind in members.kinds.items() if kind in _TENSORS]
    nearest = suggest(first, own)
    report.error(
        path.code,
        f"{block.name} has no child or parameter '{first}'",
        path.part(0),
        meant=nearest,
        help=() if nearest or not own else f"it has: {', '.join(own[:12])}",
    )


# --- from child to child ------------------------------------------------------------


def _follow(
    path: _Path, parts: Sequence[str], block: Block, facts: Facts, report: Report
) -> bool:
    """The parts behind the first, as long as it is certain what each is."""
    made = child_of(parts[0], block, facts).made
    for at, name in enumerate(parts[1:], 1):
        if made is None:
            return False
        if _GLOB.search(name):
            _check_last(path, [_names_below(made, facts)], report)
            return False
        names = _names_of(made, facts)
        if names is not None and name not in names:
            _report_part(path, at, name, made, sorted(names), report)
            return False
        if at + 1 == len(parts) and _report_absent(path, at, name, made, report):
            return False
        made = _child(made, name, facts)
    is_module = made is not None and path.is_tensor
    if made is not None and is_module:
        message = f"'{path.text}' is a module ({made.name}), and parameters are tied"
        names = _names_of(made, facts) or frozenset()
        help = f"write `{path.text}.weight`" if "weight" in names else ""
        report.error(path.code, message, path.span, help=help or ())
    return is_module


def _report_part(
    path: _Path, at: int, name: str, made: Made, names: Sequence[str], report: Report
) -> None:
    nearest = suggest(name, names)
    report.error(
        path.code,
        f"{made.name} has no child or parameter '{name}'",
        path.part(at),
        meant=nearest,
    )


def _report_absent(path: _Path, at: int, name: str, made: Made, report: Report) -> bool:
    """A bias that its layer is told to do without."""
    keywords = made.call.keywords if made.call and made.block is None else ()
    for one in keywords:
        value = one.value
        off = isinstance(value, ast.Constant) and value.value is False
        if one.arg == name == "bias" and off and path.is_tensor:
            where = span_of_keyword(one, made.owner.source)
            report.error(
                path.code,
                f"this {made.name} has no '{name}'",
                path.part(at),
                labels=(Label(where, "left out here"),),
            )
            return True
    return False


def _child(made: Made, name: str, facts: Facts) -> Made | None:
    if made.children is not None:
        value = made.children.get(name)
        return None if value is None else made_of(value, made.owner, facts)
    if made.block is not None and container_kind(made) is None:
        return child_of(name, made.block, facts).made
    return None


def _names_of(made: Made, facts: Facts) -> frozenset[str] | None:
    """Names of children and tensors of a module; None where more may be there."""
    if made.block is not None:
        members = facts.members(made.block)
        if members.is_open or members.patterns or members.has_numbers:
            return None
        return frozenset(members.kinds)
    if container_kind(made) is not None:
        return None if made.children is None else frozenset(made.children)
    return layer_members(made.name)


# --- the last part of a glob ---------------------------------------------------------


def _check_last(
    path: _Path, below: Sequence[frozenset[str] | None], report: Report
) -> None:
    """A last part that no module below has can match nothing."""
    parts = path.text.split(".")
    last = parts[-1]
    if _GLOB.search(last) or len(parts) < 2 or not below or None in below:
        return
    names = {name for one in below for name in one or ()}
    if last in names or last.isdecimal():
        return
    nearest = suggest(last, sorted(names))
    report.error(
        path.code,
        f"nothing here has a child or parameter '{last}'",
        path.part(len(parts) - 1),
        meant=nearest,
    )


def _everything(block: Block, facts: Facts) -> Iterator[frozenset[str] | None]:
    """Names at any depth of a block."""
    members = facts.members(block)
    if members.is_open or members.patterns or block.base.kind == "extends":
        yield None
        return
    yield frozenset(members.kinds)
    for one in block.construct:
        yield _below(one, block, facts, 0)


def _names_below(made: Made, facts: Facts, depth: int = 0) -> frozenset[str] | None:
    """Names in a module at any depth; None where not certain."""
    if depth > _DEEPEST:
        return None
    if made.block is not None:
        found = list(_everything(made.block, facts))
        if None in found:
            return None
        return frozenset(name for one in found for name in one or ())
    if container_kind(made) is None:
        return layer_members(made.name)
    names = set(made.children or ())
    for value in made.items:
        inner = made_of(value, made.owner, facts)
        below = None if inner is None else _names_below(inner, facts, depth + 1)
        if below is None:
            return None
        names |= below
    return frozenset(names) if made.items else None


def _below(
    one: Statement, block: Block, facts: Facts, depth: int
) -> frozenset[str] | None:
    """What the children that a statement registers have below."""
    if isinstance(one, Child):
        made = made_of(one.value, block, facts)
        return None if made is None else _names_below(made, facts, depth + 1)
    inner = (*getattr(one, "body", ()), *getattr(one, "orelse", ()))
    found = [_below(each, block, facts, depth) for each in inner]
    unsure = type(one).__name__ in ("Splice", "Replace")
    if unsure or None in found:
        return None
    return frozenset(name for each in found for name in each or ())
