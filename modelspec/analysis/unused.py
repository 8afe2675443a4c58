"""Pass: params of the root and vars of any block that nothing reads.

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
from modelspec.program.ir import Block, Let
from modelspec.program.walk import walk_statements


def check_unused(facts: Facts) -> Iterator[Diagnostic]:
    report = Report()
    attributes = {node.attr for text in facts.texts for node in text.attributes}
    blamed = {word for one in facts.told for word in _words(one)}
    for block in facts.program.blocks:
        read = attributes | blamed | _bare_reads(block, facts)
        for name, what, span in _candidates(block, facts):
            if name not in read and not name.startswith("_"):
                report.warning(f"unused-{what}", f"nothing reads '{name}'", span)
    yield from report.found


def _candidates(block: Block, facts: Facts) -> Iterator[tuple[str, str, Span]]:
    if block is facts.program.root_block:
        yield from ((one.name, "param", one.span) for one in block.params)
    for statement in walk_statements(block.construct):
        if isinstance(statement, Let) and statement.is_var:
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
