"""Expressions compiled to closures: once per node, run many times.

Each node becomes a function of a `Scope`. A fault inside is located at the smallest
node that has it. What a kind of node becomes is told in a module for each family:
`atoms`, `operators`, `reading`, `calling`, `displays`, `comprehensions`, `targets`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from modelspec.diagnostics.span import Source
from modelspec.pysubset import atoms, calling, displays, operators, reading, targets
from modelspec.pysubset.code import NO_SCOPE, Code, Names, Store, inner
from modelspec.pysubset.comprehensions import comprehension
from modelspec.pysubset.faults import EvaluationError, Fault, located
from modelspec.pysubset.hole import Hole
from modelspec.pysubset.runtime import Runtime
from modelspec.pysubset.values import Scope


class Closures:
    """Compiles the expressions of one source."""

    def __init__(self, run: Runtime, source: Source, names: Names) -> None:
        self.run = run
        self.source = source
        self.names = names

    def compile(self, node: ast.expr) -> Code:
        compiler = _COMPILERS.get(type(node))
        if compiler is None:
            what = type(node).__name__
            fault = Fault("unsupported-syntax", f"{what} cannot be evaluated")
            raise located(fault, node, self.source)
        return compiler(self, node)

    def located(self, fault: Fault, node: ast.AST) -> EvaluationError:
        return located(fault, node, self.source)

    def truth(self, node: ast.expr) -> Code:
        """The node's value as a bool."""
        return operators.truth_code(self, node)

    def store(self, node: ast.expr) -> Store:
        """Assignment of a value to a target."""
        return targets.store_code(self, node)

    def several(self, nodes: list[ast.expr]) -> Code:
        """The values of list items or arguments, `*` unpacked, in a new list."""
        if any(isinstance(node, ast.Starred) for node in nodes):
            return self._unpacked(nodes)
        codes = [self.compile(node) for node in nodes]
        if all(isinstance(node, ast.Constant) for node in nodes):
            values = [code(NO_SCOPE) for code in codes]
            return lambda scope: values[:]
        if len(codes) == 1:
            only = codes[0]
            return lambda scope: [only(scope)]
        if len(codes) == 2:
            first, second = codes
            return lambda scope: [first(scope), second(scope)]
        return lambda scope: [code(scope) for code in codes]

    def _unpacked(self, nodes: list[ast.expr]) -> Code:
        run = self.run
        parts = [
            (isinstance(node, ast.Starred), node, self.compile(inner(node)))
            for node in nodes
        ]

        def several(scope: Scope) -> list[object]:
            found: list[object] = []
            for starred, node, code in parts:
                value = code(scope)
                if not starred:
                    found.append(value)
                    continue
                try:
                    found.extend(run.listed(value))
                    run.budget.items(len(found))
                except Fault as fault:
                    raise self.located(fault, inner(node)) from None
            return found

        return several


# `Any` as each function takes the node type it is for.
_COMPILERS: dict[type[ast.AST], Callable[[Closures, Any], Code]] = {
    ast.Attribute: reading.attribute_code,
    ast.BinOp: operators.binary_code,
    ast.BoolOp: operators.boolean_code,
    ast.Call: calling.call_code,
    ast.Compare: operators.comparison_code,
    ast.Constant: atoms.constant_code,
    ast.Dict: displays.dict_code,
    ast.DictComp: comprehension,
    ast.FormattedValue: displays.field_code,
    ast.GeneratorExp: comprehension,
    ast.IfExp: operators.conditional_code,
    ast.JoinedStr: displays.f_string_code,
    ast.List: displays.list_code,
    ast.ListComp: comprehension,
    ast.Name: atoms.name_code,
    ast.Set: displays.set_code,
    ast.SetComp: comprehension,
    ast.Slice: reading.slice_code,
    ast.Subscript: reading.subscript_code,
    ast.Tuple: displays.tuple_code,
    ast.UnaryOp: operators.unary_code,
    Hole: reading.hole_code,
}
