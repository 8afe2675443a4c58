"""Layer types as values in lists and dicts, which a type checker must be told of.

`{"relu": nn.ReLU, "leaky": partial(nn.LeakyReLU, 0.2)}` is, to a checker, a dict of
objects that cannot be called. Comes in: a list or dict that is written out. Goes out:
whether it is such a mixture, and the annotation that says what it holds.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from modelspec.backends.python.annotations import generic, layer_type
from modelspec.backends.python.nodes import name, path_of
from modelspec.program import ir


def layer_annotation(value: ast.expr, program: ir.Program) -> ast.expr | None:
    """`dict[str, Callable[..., nn.Module]]`; None where nothing need be said."""
    match value:
        case ast.List(elts=items) if are_mixed_layers(items, program):
            return generic("list", layer_type())
        case ast.Dict(values=items) if are_mixed_layers(items, program):
            return generic("dict", name("str"), layer_type())
    return None


def are_mixed_layers(items: Sequence[ast.expr], program: ir.Program) -> bool:
    """Whether these are layer types, some of them with arguments already."""
    kinds = {_kind(one, program) for one in items}
    return len(items) > 1 and "partial" in kinds and kinds <= {"class", "partial"}


def _kind(node: ast.expr, program: ir.Program) -> str:
    if isinstance(node, ast.Call):
        return "partial" if path_of(node.func) == ("partial",) else ""
    path = path_of(node)
    if path is None:
        return ""
    is_layer = path[0] == "nn" and path[-1][:1].isupper()
    return "class" if is_layer or program.is_class(path[0]) else ""
