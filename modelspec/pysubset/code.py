"""What compiled expressions are, and what is known of names meanwhile."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import field
from typing import Any, TypeAlias

from modelspec.pysubset.values import Scope
from modelspec.records import dataclass
from modelspec.trees import all_nodes

Code: TypeAlias = Callable[[Scope], Any]
Store: TypeAlias = Callable[[Scope, Any], None]

NO_SCOPE = Scope({}, {})


@dataclass(slots=True)
class Names:
    """What is known of names while a text is compiled.

    `own` are the locals of the spec function around it, None outside of one;
    `hidden` the names of the comprehensions around it, innermost last.
    """

    own: frozenset[str] | None = None
    hidden: list[dict[str, str]] = field(default_factory=list)

    def key(self, name: str) -> str | None:
        for names in reversed(self.hidden):
            if name in names:
                return names[name]
        return None

    def has(self, name: str) -> bool:
        return self.key(name) is not None or (self.own is not None and name in self.own)

    @contextmanager
    def inside(self, names: dict[str, str]) -> Iterator[None]:
        self.hidden.append(names)
        try:
            yield
        finally:
            self.hidden.pop()


def inner(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Starred) else node


def cost(node: ast.AST) -> int:
    """What one evaluation of a node is charged: the number of its expressions."""
    return sum(isinstance(one, ast.expr) for one in all_nodes([node])) or 1
