"""Dict params read in methods: `self.cfg.dim` is `self.cfg["dim"]`.

In: a parsed text and the kinds of the block's params and vars. Out: the same tree,
rewritten where an attribute of a dict is read.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from modelspec.program.kinds import UNKNOWN, Kind
from modelspec.program.lowering.canonical import DICT_METHODS
from modelspec.records import dataclass


@dataclass(slots=True)
class DictReads(ast.NodeTransformer):
    """`kinds` are those of the names that are kept as attributes of `self`."""

    kinds: Mapping[str, Kind]

    def visit_Call(self, node: ast.Call) -> ast.expr:
        function = node.func
        if isinstance(function, ast.Attribute) and function.attr in DICT_METHODS:
            function.value = self.visit(function.value)
        else:
            node.func = self.visit(function)
        node.args = [self.visit(argument) for argument in node.args]
        node.keywords = [self.visit(keyword) for keyword in node.keywords]
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        node.value = self.visit(node.value)
        if self._kind(node.value).name != "dict":
            return node
        key = ast.copy_location(ast.Constant(node.attr), node)
        return ast.copy_location(ast.Subscript(node.value, key, node.ctx), node)

    def _kind(self, node: ast.expr) -> Kind:
        match node:
            case ast.Attribute(value=ast.Name(id="self"), attr=name):
                return self.kinds.get(name, UNKNOWN)
            case ast.Subscript(value=value, slice=ast.Constant(value=key)):
                return self._kind(value).field(str(key))
            case _:
                return UNKNOWN
