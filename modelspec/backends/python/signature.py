"""The constructor's arguments, and the lines that make them safe.

Comes in: a Block. Goes out: `ast.arguments` with types and defaults, and statements
that stand first in `__init__`: defaults that must be fresh for each call, checks of
what the spec declares about values.
"""

from __future__ import annotations

import ast

from modelspec.backends.python.annotations import (
    admits_none,
    members,
    optional,
    param_annotation,
)
from modelspec.backends.python.checks import check_value
from modelspec.backends.python.nodes import (
    assign,
    condition,
    constant,
    name,
    names_in,
    union,
)
from modelspec.backends.python.uses import Uses
from modelspec.program import ir


def constructor_arguments(
    uses: Uses, block: ir.Block, params: tuple[ir.Param, ...] | None = None
) -> ast.arguments:
    """The arguments of `__init__`, `self` first."""
    chosen = block.params if params is None else params
    arguments = arguments_for(uses, block, chosen)
    arguments.args.insert(0, ast.arg("self"))
    return arguments


def arguments_for(
    uses: Uses,
    block: ir.Block,
    params: tuple[ir.Param, ...],
    *,
    keyword_only: bool = False,
) -> ast.arguments:
    arguments = ast.arguments([], [], None, [], [], None, [])
    for param in params:
        annotation = param_annotation(uses, block, param)
        default = param.default
        if default is not None and needs_fresh(block, param):
            annotation, default = _open_default(param, annotation)
        argument = ast.arg(param.name, annotation)
        if param.keyword_only or keyword_only:
            arguments.kwonlyargs.append(argument)
            arguments.kw_defaults.append(default)
        else:
            arguments.args.append(argument)
            if default is not None:
                arguments.defaults.append(default)
    return arguments


def _open_default(param: ir.Param, annotation: ast.expr) -> tuple[ast.expr, ast.expr]:
    """The annotation and the default that stand for a value made in each call: None,
    or `...` where None is a value too."""
    if not admits_none(param.type):
        return optional(annotation), constant(None)
    if isinstance(annotation, ast.Name) and annotation.id == "Any":
        return annotation, ast.Constant(...)
    return union([*members(annotation), name("EllipsisType")]), ast.Constant(...)


def needs_fresh(block: ir.Block, param: ir.Param) -> bool:
    """Whether the default must be made anew in each call."""
    if param.default is None:
        return False
    others = {one.name for one in block.params}
    return not _is_fixed(param.default) or bool(others & set(names_in(param.default)))


def _is_fixed(node: ast.expr) -> bool:
    """Whether a default can be made once and shared."""
    match node:
        case ast.Constant() | ast.Name():
            return True
        case ast.Attribute():
            return _is_fixed(node.value)
        case ast.UnaryOp():
            return _is_fixed(node.operand)
        case ast.BinOp():
            return _is_fixed(node.left) and _is_fixed(node.right)
        case ast.Tuple():
            return all(map(_is_fixed, node.elts))
    return False


def prologue(block: ir.Block) -> list[ast.stmt]:
    """What stands before `super().__init__`: fresh defaults, then checks."""
    statements: list[ast.stmt] = []
    for param in block.params:
        if param.default is not None and needs_fresh(block, param):
            value = name(param.name)
            open_value = ast.Constant(... if admits_none(param.type) else None)
            test = ast.Compare(value, [ast.Is()], [open_value])
            statements.append(condition(test, [assign(value, param.default)]))
    for param in block.params:
        statements += check_value(param)
    return statements
