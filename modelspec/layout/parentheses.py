"""Which expressions may be put in parentheses of their own when a line is too long.

A statement's expression that does not fit is either parenthesised whole, or left bare
with one of its own brackets opened. These are the rules that choose, those of
`ruff format`; they look at the tree alone, never at widths.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from enum import Enum, auto

from modelspec.layout.wrapping import Operand, Wrapping

BINARY_LIKE = (ast.BinOp, ast.BoolOp, ast.Compare)
CHAIN = (ast.Attribute, ast.Call, ast.Subscript)
DISPLAYS = (ast.List, ast.Dict, ast.Set, ast.Tuple)
COMPREHENSIONS = (ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp)


class Extra(Enum):
    """What parentheses around an expression are good for."""

    NEVER = auto()
    BEST_FIT = auto()  # it breaks elsewhere or not at all: only if it fits then
    MULTILINE = auto()  # it can break in them


def has_brackets(node: ast.expr) -> bool:
    """Whether an expression ends with brackets of its own, empty or not."""
    return isinstance(node, (*DISPLAYS, *COMPREHENSIONS, ast.Call, ast.Subscript))


def _opens(operand: Operand | None) -> bool:
    """Whether it has brackets to open, other than those of a subscript."""
    if operand is None:
        return False
    node, wrapped = operand
    if wrapped:
        return True
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return bool(node.elts)
    if isinstance(node, ast.Dict):
        return bool(node.values)
    if isinstance(node, ast.Call):
        return bool(node.args or node.keywords)
    return isinstance(node, COMPREHENSIONS)


@dataclass(frozen=True, slots=True)
class Extras:
    """Decides on parentheses that are there only if an expression does not fit."""

    wrapping: Wrapping

    def extra(self, node: ast.expr) -> Extra:
        """What parentheses around an expression too long for its line are good for."""
        if isinstance(node, (ast.Name, ast.Constant, ast.JoinedStr)):
            return Extra.BEST_FIT
        if isinstance(node, (*DISPLAYS, *COMPREHENSIONS)):
            return Extra.NEVER
        if isinstance(node, CHAIN):
            return self._of_chain(node)
        if isinstance(node, ast.UnaryOp):
            if self.wrapping.wraps_signed(node):
                return Extra.NEVER
            return self.extra(node.operand)
        return Extra.MULTILINE

    def _of_chain(self, node: ast.Attribute | ast.Call | ast.Subscript) -> Extra:
        if self.is_fluent(node):
            return Extra.MULTILINE
        if isinstance(node, ast.Attribute):
            wrapped = self.wrapping.wraps_owner(node.value)
            return Extra.NEVER if wrapped else self.extra(node.value)
        value = node.func if isinstance(node, ast.Call) else node.value
        return Extra.NEVER if self.wrapping.wraps_value(value) else self.extra(value)

    def is_fluent(self, node: ast.expr) -> bool:
        """Whether a chain has two dots or more that follow a bracket."""
        dots = 0
        while True:
            if isinstance(node, ast.Attribute):
                node = node.value
                if self.wrapping.wraps_owner(node):
                    return dots + 1 >= 2
                dots += isinstance(node, (ast.Call, ast.Subscript))
            elif isinstance(node, (ast.Call, ast.Subscript)):
                node = node.func if isinstance(node, ast.Call) else node.value
                if self.wrapping.wraps_value(node):
                    return dots >= 2
            else:
                return dots >= 2

    def may_stay_bare(self, node: ast.expr) -> bool:
        """Whether to open the brackets in an expression rather than add parentheses."""
        survey = _Survey(self.wrapping)
        survey.enter(node)
        if not survey.has_brackets or survey.count > 1:
            return False
        if survey.level in (_NONE, _DOT):
            return True
        return _opens(survey.last) or _opens(survey.first)


# Ranks of what can be counted; those of operators lie between, loosest last.
_NONE = 0
_DOT = 1
_INVERT = 2
_LOOSEST = 100


class _Survey:
    """The loosest operator outside brackets, how often it is there, and both ends."""

    def __init__(self, wrapping: Wrapping) -> None:
        self.wrapping = wrapping
        self.level = _NONE
        self.count = 0
        self.has_brackets = False
        self.first: Operand | None = None
        self.starts_with_token = False
        self.last: Operand | None = None

    def count_operator(self, level: int, times: int = 1) -> None:
        if level > self.level:
            self.level, self.count = level, times
        elif level == self.level:
            self.count += times

    def visit(self, node: ast.expr, wrapped: bool) -> None:
        self.last = Operand(node, wrapped)
        if wrapped:
            self.has_brackets = True
        else:
            self.enter(node)
        if self.first is None and not self.starts_with_token:
            self.first = Operand(node, wrapped)

    def enter(self, node: ast.expr) -> None:
        if isinstance(node, (*DISPLAYS, *COMPREHENSIONS)):
            self.has_brackets = True
        elif isinstance(node, (ast.Call, ast.Subscript)):
            self.has_brackets = True
            value = node.func if isinstance(node, ast.Call) else node.value
            self.visit(value, self.wrapping.wraps_value(value))
            self.last = Operand(node, False)
        elif isinstance(node, ast.Attribute):
            self._enter_attribute(node)
        elif isinstance(node, ast.UnaryOp):
            self._enter_unary(node)
        elif isinstance(node, BINARY_LIKE):
            for part in self.wrapping.flatten(node):
                if isinstance(part, Operand):
                    self.visit(part.node, part.wrapped)
                else:
                    self.count_operator(_LOOSEST - part.level)
        elif isinstance(node, ast.IfExp):
            # Two words of one rank: never bare, whatever its operands are.
            self.count_operator(_LOOSEST, 2)

    def _enter_attribute(self, node: ast.Attribute) -> None:
        wrapped = self.wrapping.wraps_owner(node.value)
        if wrapped or has_brackets(node.value):
            self.count_operator(_DOT)
        self.visit(node.value, wrapped)
        self.last = Operand(node, False)

    def _enter_unary(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Invert):
            self.count_operator(_INVERT)
        if self.first is None:
            self.starts_with_token = True
        self.visit(node.operand, self.wrapping.wraps_signed(node))
