"""The guarded form of a method: the same, asking a `Guard` where it could not end.

Comes in: a checked definition. Goes out: a copy in which loops count their rounds, and
operators, calls and formats that make larger values go through the guard. Positions
stay, so tracebacks show the spec's lines. The guard's name is no name of a spec.
"""

from __future__ import annotations

import ast
from typing import TypeVar, cast

from modelspec.trees import clone

NAME = "__guard__"

_SYMBOLS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Mult: "*",
    ast.Pow: "**",
    ast.LShift: "<<",
    ast.Mod: "%",
}
_WHOLE = frozenset(
    "all any dict enumerate linspace list max min pow reversed set sorted sum tuple"
    " zip".split()
)
_GROWING = frozenset("append extend format insert join replace update".split())
_Node = TypeVar("_Node", bound=ast.AST)


def guarded(definition: ast.FunctionDef) -> ast.FunctionDef:
    """A copy of the definition, guarded."""
    made = _Guarding().visit(clone(definition))
    return cast("ast.FunctionDef", ast.fix_missing_locations(made))


class _Guarding(ast.NodeTransformer):
    def visit_While(self, node: ast.While) -> ast.While:
        self.generic_visit(node)
        node.test = _at(node.test, ast.BoolOp(ast.And(), [_ask("step"), node.test]))
        return node

    def visit_For(self, node: ast.For) -> ast.For:
        self.generic_visit(node)
        node.iter = _at(node.iter, _ask("items", node.iter))
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.comprehension:
        self.generic_visit(node)
        node.iter = _at(node.iter, _ask("items", node.iter))
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.Assign:
        self.generic_visit(node)
        if any(isinstance(one, ast.Subscript) for one in node.targets):
            node.value = _at(node.value, _ask("whole", node.value))
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        self.generic_visit(node)
        symbol = _SYMBOLS.get(type(node.op))
        if symbol is None or not _is_plain(node.target):
            return node
        before = clone(node.target)
        before.ctx = ast.Load()
        value = _ask("binary", ast.Constant(f"{symbol}="), before, node.value)
        return _at(node, ast.Assign([node.target], _at(node, value)))

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        symbol = _SYMBOLS.get(type(node.op))
        if symbol is None:
            return node
        made = _ask("binary", ast.Constant(symbol), node.left, node.right)
        return _at(node, made)

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        function = node.func
        if isinstance(function, ast.Name) and function.id in _WHOLE:
            made = _ask("call", function, *node.args)
        elif isinstance(function, ast.Attribute) and function.attr in _GROWING:
            name = ast.Constant(function.attr)
            made = _ask("method", function.value, name, *node.args)
        else:
            return node
        made.keywords = node.keywords
        return _at(node, made)

    def visit_Starred(self, node: ast.Starred) -> ast.Starred:
        self.generic_visit(node)
        if isinstance(node.ctx, ast.Load):
            node.value = _at(node.value, _ask("whole", node.value))
        return node

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.FormattedValue:
        self.generic_visit(node)
        if node.format_spec is not None:
            kind = ast.Constant(node.conversion)
            made = _ask("formatted", node.value, node.format_spec, kind)
            node.value, node.format_spec = _at(node.value, made), None
            node.conversion = -1
        return node


def _ask(what: str, *args: ast.expr) -> ast.Call:
    guard = ast.Attribute(ast.Name(NAME, ast.Load()), what, ast.Load())
    return ast.Call(guard, list(args), [])


def _at(place: ast.AST, node: _Node) -> _Node:
    return ast.copy_location(node, place)


def _is_plain(target: ast.expr) -> bool:
    """Whether it can be read and then written: nothing in it runs twice."""
    if isinstance(target, ast.Subscript):
        plain = isinstance(target.slice, (ast.Name, ast.Constant))
        return plain and isinstance(target.value, ast.Name)
    if isinstance(target, ast.Attribute):
        return isinstance(target.value, ast.Name)
    return isinstance(target, ast.Name)
