"""`ast.parse` for several threads at once, and quick ways through its trees.

In: Python text. Out: its tree; errors are those of `ast.parse`. Python counts the depth
of the trees it makes for all threads together (up to 3.12), so that two which parse at
the same time can fail with `SystemError`. Nothing in this package calls `ast.parse` but
this module.
"""

from __future__ import annotations

import ast
import warnings
from _thread import RLock
from collections.abc import Iterable
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


_NO_NODES = frozenset(
    {"ctx", "op", "ops", "id", "attr", "kind", "conversion", "is_async", "type_comment"}
)
_inner: dict[type[ast.AST], tuple[str, ...]] = {
    ast.Name: (),
    ast.Constant: (),
}


def inner_fields(kind: type[ast.AST]) -> tuple[str, ...]:
    """The fields of a kind of node in which other nodes may stand.

    Operators and contexts are left out: they say nothing that the node itself does not.
    """
    found = _inner.get(kind)
    if found is None:
        found = tuple(name for name in kind._fields if name not in _NO_NODES)
        _inner[kind] = found
    return found


def children(node: ast.AST) -> list[ast.AST]:
    """As `ast.iter_child_nodes`, but for operators and contexts, and faster."""
    found: list[ast.AST] = []
    for name in inner_fields(node.__class__):
        value = getattr(node, name, None)
        if value.__class__ is list:
            found += [one for one in value if isinstance(one, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


def all_nodes(roots: Iterable[ast.AST]) -> list[ast.AST]:
    """As `ast.walk` over several roots, but for operators and contexts, and faster."""
    found = list(roots)
    for node in found:
        names = _inner.get(node.__class__)
        for name in inner_fields(node.__class__) if names is None else names:
            value = getattr(node, name, None)
            if value.__class__ is list:
                found += [one for one in value if isinstance(one, ast.AST)]
            elif isinstance(value, ast.AST):
                found.append(value)
    return found


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
