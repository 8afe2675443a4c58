"""Operators, comparisons and conditions.

In: a node. Out: a closure. A fault is located at the operand or the operation that has
it; `and`, `or` and chains of comparisons stop where Python stops.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from modelspec.pysubset.arithmetic import binary, unary
from modelspec.pysubset.code import Code
from modelspec.pysubset.comparison import compare
from modelspec.pysubset.faults import Fault
from modelspec.pysubset.values import Scope

if TYPE_CHECKING:
    from modelspec.pysubset.closures import Closures


def binary_code(closures: Closures, node: ast.BinOp) -> Code:
    run, name = closures.run, type(node.op).__name__
    left, right = closures.compile(node.left), closures.compile(node.right)

    def operate(scope: Scope) -> object:
        try:
            return binary(run, name, left(scope), right(scope))
        except Fault as fault:
            raise closures.located(fault, node) from None

    return operate


def unary_code(closures: Closures, node: ast.UnaryOp) -> Code:
    run, name = closures.run, type(node.op).__name__
    operand = closures.compile(node.operand)

    def negate(scope: Scope) -> bool:
        try:
            return not run.truth(operand(scope))
        except Fault as fault:
            raise closures.located(fault, node.operand) from None

    def operate(scope: Scope) -> object:
        try:
            return unary(run, name, operand(scope))
        except Fault as fault:
            raise closures.located(fault, node) from None

    return negate if name == "Not" else operate


def truth_code(closures: Closures, node: ast.expr) -> Code:
    """The node's value as a bool."""
    run, code = closures.run, closures.compile(node)

    def truth(scope: Scope) -> bool:
        value = code(scope)
        if value is True or value is False:
            return value
        try:
            return run.truth(value)
        except Fault as fault:
            raise closures.located(fault, node) from None

    return truth


def boolean_code(closures: Closures, node: ast.BoolOp) -> Code:
    run, stop = closures.run, isinstance(node.op, ast.Or)
    *first, last = [(part, closures.compile(part)) for part in node.values]
    end = last[1]

    def decide(scope: Scope) -> object:
        for part, code in first:
            value = code(scope)
            try:
                if run.truth(value) is stop:
                    return value
            except Fault as fault:
                raise closures.located(fault, part) from None
        return end(scope)

    return decide


def conditional_code(closures: Closures, node: ast.IfExp) -> Code:
    test = closures.truth(node.test)
    yes, no = closures.compile(node.body), closures.compile(node.orelse)
    return lambda scope: yes(scope) if test(scope) else no(scope)


def comparison_code(closures: Closures, node: ast.Compare) -> Code:
    run = closures.run
    first = closures.compile(node.left)
    rest = [
        (type(operator).__name__, closures.compile(right))
        for operator, right in zip(node.ops, node.comparators, strict=True)
    ]
    *chain, (last_name, last) = rest

    def relate(scope: Scope) -> object:
        left = first(scope)
        try:
            for name, code in chain:
                right = code(scope)
                outcome = compare(run, name, left, right)
                if not run.truth(outcome):
                    return outcome
                left = right
            return compare(run, last_name, left, last(scope))
        except Fault as fault:
            raise closures.located(fault, node) from None

    return relate
