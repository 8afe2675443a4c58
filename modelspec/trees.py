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
