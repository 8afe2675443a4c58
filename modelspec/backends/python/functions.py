"""Helpers of the spec as functions, and `linspace`, which a spec may use.

Comes in: a Function. Goes out: its definition with a type for each argument and its
result; the body is untouched.
"""

from __future__ import annotations

import ast

from modelspec.backends.python.annotations import any_type
from modelspec.backends.python.attributes import value_type
from modelspec.backends.python.function_locals import annotate_locals
from modelspec.backends.python.inference import Inference
from modelspec.backends.python.methods import (
    declared_annotation,
    declared_kinds,
    defaults_by_name,
    every_argument,
    spec_annotation,
)
from modelspec.backends.python.nodes import dotted
from modelspec.backends.python.traversal import program_expressions
from modelspec.program import ir
from modelspec.trees import clone, expression_tree

LINSPACE = '''\
def linspace(start: float, stop: float, n: int) -> list[float]:
    """`n` numbers from `start` to `stop`, both included, at equal distances."""
    if n == 1:
        return [start]
    return [start + (stop - start) * i / (n - 1) for i in range(n)]
'''


def typed_function(inference: Inference, function: ir.Function) -> ast.FunctionDef:
    """The definition with annotations where the spec has none."""
    made = clone(function.definition)
    defaults = defaults_by_name(made.args)
    for one in every_argument(made.args):
        if one.annotation is not None:
            one.annotation = declared_annotation(one.annotation, defaults.get(one.arg))
        else:
            one.annotation = _guess(defaults.get(one.arg))
    if made.returns is not None:
        made.returns = spec_annotation(made.returns)
    annotate_locals(made, inference.rough_kind_of)
    made.returns = _result(inference, function, made)
    return made


def _guess(default: ast.expr | None) -> ast.expr:
    kind = "Any" if default is None else value_type(default)
    return dotted(kind) if kind in ("int", "float", "bool", "str") else any_type()


def _result(
    inference: Inference, function: ir.Function, made: ast.FunctionDef
) -> ast.expr:
    """The result: what the spec says, or as far as the arguments' types tell it."""
    nothing = ast.arguments([], [], None, [], [], None, [])
    body = tuple(made.body)
    method = ir.Method(function.name, nothing, body, (), function.span, made.returns)
    holder = ir.Block(
        name="",
        source=function.source,
        span=function.span,
        doc=None,
        params=(),
        constants=(),
        base=ir.Base("Module", function.span),
        construct=(),
        inputs=(),
        methods=(method,),
    )
    result = inference.enter(holder, method, declared_kinds(made.args))
    if made.returns is not None:
        return made.returns
    return expression_tree(result.text).body


def uses_linspace(program: ir.Program) -> bool:
    own = {one.name for one in program.functions} | {one.name for one in program.blocks}
    return "linspace" not in own and any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "linspace"
        for tree in program_expressions(program)
        for node in ast.walk(tree)
    )
