"""What the lowering of one block shares: its scope, its source, its report.

`Context` turns pieces of YAML into canonical expressions; nothing here knows which
key of a block it is reading.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from dataclasses import field
from typing import TypeVar

from modelspec.diagnostics.diagnostic import Report
from modelspec.diagnostics.span import Fragment, Source, Span
from modelspec.policy import Limits
from modelspec.program.kinds import Kind, kind_of
from modelspec.program.lowering.canonical import Canonicalizer
from modelspec.program.lowering.scope import Scope
from modelspec.program.lowering.unknown import Text
from modelspec.pysubset import (
    Hole,
    has_interpolation,
    parse_expression,
    parse_interpolated,
)
from modelspec.records import dataclass
from modelspec.syntax.nodes import (
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    describe_node,
)

N = TypeVar("N", bound="ast.expr | ast.keyword")


@dataclass(slots=True)
class Context:
    """`base` is the container or `Module` that the block's class derives from; with
    `extends`, a dotted name among the children replaces a module that is inherited.
    `registered` are names of modules and tensors, once the body has been read; `hints`
    tell of names that mean nothing here what to write instead."""

    scope: Scope
    source: Source
    report: Report
    limits: Limits
    base: str = "Module"
    extends: bool = False
    registered: frozenset[str] = frozenset()
    hints: dict[str, str] = field(default_factory=dict)

    # --- expressions --------------------------------------------------------------

    def canonical(self, node: ast.expr, text: Text | None = None) -> ast.expr:
        """`text` says what the place takes, where that is a text."""
        visited: ast.expr = self._canonicalizer(text).visit(node)
        return visited

    def as_module(self, node: ast.expr) -> ast.expr:
        return self._canonicalizer().as_module(node)

    def as_children(self, node: ast.expr) -> ast.expr:
        """A list or dict of modules: each layer type in it is called."""
        self._canonicalizer().call_items(node)
        return node

    def _canonicalizer(self, text: Text | None = None) -> Canonicalizer:
        return Canonicalizer(
            self.scope, self.source, self.report, text=text, hints=self.hints
        )

    def kind_of(self, node: ast.expr) -> Kind:
        return kind_of(node, self.scope.kind)

    def expression(self, fragment: Fragment, text: Text | None = None) -> ast.expr:
        """A text that is an expression as a whole."""
        return self.canonical(self.parsed(fragment), text)

    def parsed(self, fragment: Fragment) -> ast.expr:
        """An expression as it was written; a hole where it was not read."""
        found = parse_expression(fragment, self.report, self.limits)
        return hole(fragment.span()) if found is None else found

    def _interpolation(self, fragment: Fragment) -> ast.expr:
        found = parse_interpolated(fragment, self.report, self.limits)
        return hole(fragment.span()) if found is None else self.canonical(found)

    def repeated(
        self, node: ScalarNode, role: str, read: Callable[[], ast.expr]
    ) -> ast.expr:
        """What a text is read as; one of the form of an earlier one is not read again.

        What `read` gives may depend on nothing but the text, the names in it, and the
        role.
        """
        memory, hidden = self.scope.file.repeated, self.scope.locals
        known = memory.find(node, role, hidden, self.limits)
        if known is not None:
            return known.at(node)
        before = len(self.report.found)
        tree = read()
        if len(self.report.found) == before:
            memory.keep(node, role, hidden, self.limits, tree)
        return tree

    def scalar_expression(self, node: ScalarNode) -> ast.expr:
        """A scalar where strings are expressions; `${...}` around it is allowed."""
        if node.refused:
            return hole(node.span)
        if not isinstance(node.value, str):
            return literal(node.value, node.span)
        if node.text.lstrip().startswith("${"):
            return self.interpolated(node)
        return self.expression(node.fragment)

    def node_expression(self, node: Node, what: str) -> ast.expr:
        """An expression where only a scalar may stand."""
        if isinstance(node, ScalarNode):
            return self.scalar_expression(node)
        self.report.error(
            "wrong-kind",
            f"{what} is an expression, got {describe_node(node)}",
            node.span,
        )
        return hole(node.span)

    # --- values in the mapping form -------------------------------------------------

    def interpolated(self, node: ScalarNode) -> ast.expr:
        """A scalar where strings are strings and `${...}` is an expression."""
        if node.refused:
            return hole(node.span)
        if not isinstance(node.value, str):
            return literal(node.value, node.span)
        if not has_interpolation(node.text):
            return constant(node.text, node.span)
        return self._interpolation(node.fragment)

    def name(self, node: ScalarNode) -> ast.Constant | ast.JoinedStr:
        """The name a key gives: its text, with `${...}` computed."""
        if not has_interpolation(node.text):
            return constant(node.text, node.span)
        expression = self._interpolation(node.fragment)
        if isinstance(expression, ast.Constant | ast.JoinedStr):
            return expression
        value = ast.FormattedValue(expression, -1, None)
        joined = ast.JoinedStr([ast.copy_location(value, expression)])
        return ast.copy_location(joined, expression)

    def value(self, node: Node) -> ast.expr:
        """Any node as a value: strings, `${...}`, lists, dicts, numbers."""
        if isinstance(node, ScalarNode):
            return self.interpolated(node)
        if isinstance(node, SequenceNode):
            items = [self.value(item) for item in node.items]
            return place(ast.List(items, ast.Load()), node.span)
        return self.mapping(node, self.value)

    def mapping(self, node: MappingNode, read: Callable[[Node], ast.expr]) -> ast.expr:
        """A dict, each of whose values is read so."""
        keys: list[ast.expr | None] = [self.name(one.key) for one in node.entries]
        values = [read(one.value) for one in node.entries]
        return place(ast.Dict(keys, values), node.span)


def hole(span: Span) -> Hole:
    """What stands for something that was reported (`pysubset.hole`)."""
    return place(Hole(), span)


def constant(value: object, span: Span) -> ast.Constant:
    """A literal that stands at a place of the file."""
    return place(ast.Constant(value), span)  # type: ignore[arg-type]  # scalars only


def literal(value: object, span: Span) -> ast.expr:
    """A scalar of YAML; `.inf` and `.nan`, which Python has no literal for, are names
    of `math`."""
    if not isinstance(value, float) or math.isfinite(value):
        return constant(value, span)
    module = place(ast.Name("math", ast.Load()), span)
    name = "nan" if math.isnan(value) else "inf"
    found = place(ast.Attribute(module, name, ast.Load()), span)
    return place(ast.UnaryOp(ast.USub(), found), span) if value < 0 else found


def place(node: N, span: Span) -> N:
    """Gives a node made here the position of the text it stands for."""
    node.lineno, node.col_offset, node.end_lineno, node.end_col_offset = span.in_python
    return node
