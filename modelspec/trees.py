"""`ast.parse` for several threads at once.

In: Python text. Out: its tree; errors are those of `ast.parse`. Python counts the depth
of the trees it makes for all threads together (up to 3.12), so that two which parse at
the same time can fail with `SystemError`. Nothing in this package calls `ast.parse` but
this module.
"""

from __future__ import annotations

import ast
import warnings
from _thread import RLock
from typing import TypeVar

_LOCK = RLock()


def module_tree(text: str) -> ast.Module:
    with _LOCK:
        return ast.parse(text)


def expression_tree(text: str) -> ast.Expression:
    with _LOCK:
        return ast.parse(text, mode="eval")


def quiet_tree(text: str, name: str, mode: str) -> ast.AST:
    """The tree of a text of a user, without the warnings of Python about it.

    Which warnings are shown is also something that all threads share."""
    with _LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text, name, mode)


_Node = TypeVar("_Node", bound=ast.AST)


def clone(node: _Node) -> _Node:
    """A copy of a tree, to be changed; `copy.deepcopy` takes five times as long.

    What is no node or list of them is shared, and so are `Load`, `Store` and `Del`,
    which hold nothing.
    """
    made = node.__class__.__new__(node.__class__)
    fields = made.__dict__
    for name, value in node.__dict__.items():
        if isinstance(value, ast.AST):
            if not isinstance(value, ast.expr_context):
                value = clone(value)
        elif value.__class__ is list:
            value = [clone(v) if isinstance(v, ast.AST) else v for v in value]
        fields[name] = value
    return made
