"""Pass: params, vars, `let` names and children of any block that nothing reads.

A param may be there only because all blocks that can stand in the place of this one
have it. So those of a block that is handed on as a value are left alone, and those of
imported blocks, of which other specs may hand on any; so are names that begin with `_`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from modelspec.analysis.facts import Facts
from modelspec.diagnostics.diagnostic import Diagnostic, Report
from modelspec.diagnostics.span import Span
from modelspec.program.ir import (
    Block,
    CallMethod,
    Child,
    Container,
    If,
    Let,
    ModuleValue,
    Statement,
    Tie,
)
from modelspec.program.told import may_be_meant, told_words
from modelspec.program.walk import walk_statements
from modelspec.pysubset import span_of


def check_unused(facts: Facts) -> Iterator[Diagnostic]:
    report = Report()
    attributes = {node.attr for text in facts.texts for node in text.attributes}
    blamed = told_words(facts.told)
    for block in facts.program.blocks:
        read = attributes | _bare_reads(block, facts)
        for name, what, span in _candidates(block, facts):
            if name in read or name.startswith("_"):
                continue
            if not may_be_meant(name, blamed | block.unread):
                report.warning(f"unused-{what}", f"nothing reads '{name}'", span)
        # A text with a mistake may have been meant to use any child.
        if not _has_mistake(block, facts):
            _check_children(block, attributes, facts, report)
    yield from report.found


def _has_mistake(block: Block, facts: Facts) -> bool:
    """Whether something is wrong with a method, or with what may have been one."""
    told = [one for one in facts.told if one.is_error or one.code == "no-return"]
    spans = [one.span for one in told if one.span is not None]
    return bool(block.unread) or any(
        span.source is block.source
        and method.span.start <= span.start < method.span.end
        for method in block.methods
        for span in spans
    )


# --- children ---------------------------------------------------------------------

_ALL_CHILDREN = frozenset({"children", "named_children", "modules", "named_modules"})
_BY_PATH = frozenset({"get_submodule", "get_parameter", "get_buffer"})


def _check_children(block: Block, read: set[str], facts: Facts, report: Report) -> None:
    """Children of a plain module that no text reads; its own `forward` should."""
    method = block.method("forward")
    if method is None or method.synthesized or block.base.kind != "Module":
        return
    if block.base.call is not None or _reads_all(block, facts):
        return
    read = read | set(_paths(block))
    for one in _own(block.construct):
        if not isinstance(one, Child) or not isinstance(one.name, ast.Constant):
            continue
        name = str(one.name.value)
        if name in read or name.startswith("_") or _is_null(one.value):
            continue
        read.add(name)
        report.warning(
            "unused-child",
            f"nothing uses the child '{name}'",
            span_of(one.name, block.source),
            help=f"call it in `forward`: `self.{name}(...)`",
        )


def _own(statements: Iterable[Statement]) -> Iterator[Statement]:
    """The statements of a block itself, not those inside containers."""
    for one in statements:
        yield one
        if isinstance(one, If):
            yield from _own((*one.body, *one.orelse))


def _is_null(value: ModuleValue) -> bool:
    if isinstance(value, Container):
        return False
    return isinstance(value.expression, ast.Constant)


def _reads_all(block: Block, facts: Facts) -> bool:
    """Whether a method goes through all children, or reaches them by text."""
    run_once = {one.name for one in block.construct if isinstance(one, CallMethod)}
    for text in facts.texts:
        if text.block is not block or text.method is None:
            continue
        reads = {node.attr for node in text.attributes}
        if reads & _BY_PATH:
            return True
        if reads & _ALL_CHILDREN and text.method.name not in run_once:
            return True
    return False


def _paths(block: Block) -> Iterator[str]:
    """Parts of the paths that `tie` names: a child may be there to be shared."""
    for one in walk_statements(block.construct):
        if isinstance(one, Tie):
            for path in (one.target, one.source):
                yield from re.findall(r"\w+", ast.unparse(path))


# --- params and vars --------------------------------------------------------------


def _candidates(block: Block, facts: Facts) -> Iterator[tuple[str, str, Span]]:
    if _params_are_its_own(block, facts):
        yield from ((one.name, "param", one.span) for one in block.params)
    for statement in walk_statements(block.construct):
        if isinstance(statement, Let):
            target = statement.target
            if isinstance(target, ast.Name):
                yield target.id, "var", statement.span


def _params_are_its_own(block: Block, facts: Facts) -> bool:
    """Whether no other block need have the same params: the root, or a block of its
    file that is only ever called by its name."""
    root = facts.program.root_block
    if root is None or block is root:
        return root is not None
    return block.source is root.source and block.name not in facts.handed_on


def _bare_reads(block: Block, facts: Facts) -> set[str]:
    """Names read in the construction; methods read params only after `self.`."""
    texts = (text for text in facts.texts if text.block is block)
    return {name for text in texts if text.where == "construct" for name in text.names}
