"""Annotations that name a class before it is defined stand in quotes.

Comes in: the classes of a module, in its order. Their annotations are evaluated while
the module is imported, so one that names a class further down, or its own, would fail.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import TypeGuard

from modelspec.backends.python.classes import ClassCode
from modelspec.backends.python.nodes import names_in


def quote_forward_references(classes: Sequence[ClassCode]) -> None:
    """Turn such annotations into strings, in place."""
    later = {one.name for one in classes}
    for one in classes:
        for holder in _holders(one):
            if _names_any(holder.annotation, later):
                holder.annotation = ast.Constant(ast.unparse(holder.annotation))
        for method in one.methods:
            returns = method.definition.returns
            if _names_any(returns, later):
                method.definition.returns = ast.Constant(ast.unparse(returns))
        later.discard(one.name)


def _names_any(node: ast.expr | None, names: set[str]) -> TypeGuard[ast.expr]:
    return node is not None and not names.isdisjoint(names_in(node))


def _holders(one: ClassCode) -> Iterator[ast.arg | ast.AnnAssign]:
    """What has an annotation: fields, and arguments of methods."""
    yield from (field for field in one.fields if isinstance(field, ast.AnnAssign))
    for method in one.methods:
        arguments = method.definition.args
        yield from (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
        yield from (a for a in (arguments.vararg, arguments.kwarg) if a is not None)
