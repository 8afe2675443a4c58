"""Pass: params of the root, vars, `let` names and children that nothing reads.

A param of another block may be there only because all blocks that can stand in its
place have it, so it is left alone; so are names that begin with `_`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from modelspec.analysis.facts import Facts
from modelspec.diagnostics.diagnostic import Diagnostic, Report
from modelspec.diagnostics.span import Span
from modelspec.diagnostics.suggest import suggest
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
from modelspec.program.walk import walk_statements
from modelspec.pysubset import span_of


def check_unused(facts: Facts) -> Iterator[Diagnostic]:
    report = Report()
    attributes = {node.attr for text in facts.texts for node in text.attributes}
    blamed = {word for one in facts.told for word in _words(one)}
    for block in facts.program.blocks:
        read = attributes | blamed | _bare_reads(block, facts)
        for name, what, span in _candidates(block, facts):
            if name in read or name.startswith("_") or suggest(name, blamed):
                continue
            report.warning(f"unused-{what}", f"nothing reads '{name}'", span)
    # A text with a mistake may have been meant to use any child.
    if not any(one.is_error or one.code == "no-return" for one in facts.told):
        for block in facts.program.blocks:
            _check_children(block, attributes, facts, report)
    yield from report.found


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
    if block is facts.program.root_block:
        yield from ((one.name, "param", one.span) for one in block.params)
    for statement in walk_statements(block.construct):
        if isinstance(statement, Let):
            target = statement.target
            if isinstance(target, ast.Name):
                yield target.id, "var", statement.span


def _bare_reads(block: Block, facts: Facts) -> set[str]:
    """Names read in the construction; methods read params only after `self.`."""
    texts = (text for text in facts.texts if text.block is block)
    return {name for text in texts if text.where == "construct" for name in text.names}


def _words(found: Diagnostic) -> Iterable[str]:
    """Names at the place of an error, which may be meant to read them."""
    if found.span is None or not found.is_error:
        return ()
    return re.findall(r"\w+", found.span.text)
