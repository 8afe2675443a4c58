"""Types that users write in `def` lines, to canonical form."""

from __future__ import annotations

import ast

from modelspec.diagnostics.diagnostic import Report
from modelspec.diagnostics.span import Source
from modelspec.program.lowering.torch_names import (
    canonical_type,
    dotted_tree,
    names_of,
)
from modelspec.pysubset import span_of
from modelspec.records import dataclass
from modelspec.trees import expression_tree

_TYPE_NAMES = frozenset("int float bool str list tuple dict set None object".split())
_OF_PARAMS = {
    "layer": "Callable[..., nn.Module]",
    "module": "nn.Module",
    "dtype": "torch.dtype",
    "any": "Any",
}
"""Types of params that Python has under another name."""


def canonical_annotation(node: ast.expr, source: Source, report: Report) -> ast.expr:
    """A type written by the user; `Tensor` becomes `torch.Tensor`."""
    visited: ast.expr = _Annotation(source, report).visit(node)
    return visited


@dataclass(slots=True)
class _Annotation(ast.NodeTransformer):
    """Only types that a generated module knows without further imports."""

    source: Source
    report: Report

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id == "Tensor":
            return dotted_tree("torch.Tensor", node)
        if node.id in _OF_PARAMS:
            meant = expression_tree(_OF_PARAMS[node.id]).body
            return ast.copy_location(meant, node)
        if node.id not in _TYPE_NAMES:
            self._unknown(node, node.id)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        parts = names_of(node)
        found = canonical_type(parts) if parts else None
        if found is None:
            self._unknown(node, ".".join(parts))
            return node
        return dotted_tree(found, node)

    def _unknown(self, node: ast.expr, name: str) -> None:
        self.report.error(
            "annotation-not-type",
            f"'{name}' is no type here",
            span_of(node, self.source),
            help="write types like `int`, `list[int]`, `torch.Tensor`, `int | None`",
        )
