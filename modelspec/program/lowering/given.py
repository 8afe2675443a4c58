"""Values that a caller writes as text: `--set widths=[1, 2]`, `--set norm=LayerNorm`.

In: a Program, a param and the text, read as a value in a spec's `variants` is. Out: a
canonical expression whose positions are those of the text, or None with diagnostics.
"""

from __future__ import annotations

import ast

from modelspec.diagnostics.diagnostic import Report
from modelspec.diagnostics.span import Source, Span
from modelspec.policy import Limits
from modelspec.program.ir import Param, Program
from modelspec.program.lowering.context import Context, constant
from modelspec.program.lowering.param_values import given_value
from modelspec.program.lowering.scope import BlockEntry, FileScope, Scope
from modelspec.syntax.reader import read_nodes


def lower_given(
    program: Program, param: Param, source: Source, limits: Limits, report: Report
) -> ast.expr | None:
    """The value a text gives for a param of the root block."""
    if not source.text.strip():
        # As `name:` with nothing after it.
        return constant(None, Span(source, 0, 0))
    node = read_nodes(source, limits, report)
    if node is None:
        return None
    context = Context(Scope(_file_scope(program)), source, report, limits)
    return given_value(node, param.type, context)


def _file_scope(program: Program) -> FileScope:
    """The blocks, functions and imported layers of a Program, by the names they have
    there."""
    scope = FileScope(functions={one.name: one.name for one in program.functions})
    for block in program.blocks:
        scope.add_block(block.name, BlockEntry(block.name, block.params))
    for one in program.externals:
        scope.add_block(one.name, BlockEntry(one.name))
    return scope
