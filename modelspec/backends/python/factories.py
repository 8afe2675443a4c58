"""A function for each variant: `def resnet50(*, num_classes: int = 1000) -> ResNet`.

Comes in: the variants of a Program. Goes out: functions that call the root class with
the variant's values; what the variant leaves open are keyword arguments with the
defaults of the class.
"""

from __future__ import annotations

import ast

from modelspec.backends.python.nodes import name
from modelspec.backends.python.signature import arguments_for
from modelspec.backends.python.uses import Uses
from modelspec.diagnostics.diagnostic import InternalError
from modelspec.program import ir


def factory(
    uses: Uses, root: ir.Block, variant: ir.Variant, function: str
) -> ast.FunctionDef:
    fixed = dict(variant.values)
    unknown = fixed.keys() - {param.name for param in root.params}
    if unknown:
        raise InternalError(f"variant {variant.name!r} sets {sorted(unknown)}")
    open_params = tuple(one for one in root.params if one.name not in fixed)
    arguments = arguments_for(uses, root, open_params, keyword_only=True)
    made = ast.Call(name(root.name), *_given(root, fixed))
    return ast.FunctionDef(function, arguments, [ast.Return(made)], [], name(root.name))


def _given(
    root: ir.Block, fixed: dict[str, ast.expr]
) -> tuple[list[ast.expr], list[ast.keyword]]:
    """The call's arguments: leading ones by position, as in the class, then by name."""
    positional: list[ast.expr] = []
    keywords: list[ast.keyword] = []
    for param in root.params:
        value = fixed.get(param.name)
        leading = not keywords and not param.keyword_only
        if value is not None and leading and param.default is None:
            positional.append(value)
        else:
            keywords.append(ast.keyword(param.name, value or name(param.name)))
    return positional, keywords
