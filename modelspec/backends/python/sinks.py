"""Where children go: into a local list or dict, or into the class itself.

Each sink writes the statements that register one child, or all of a list or dict.
"""

from __future__ import annotations

import ast
from typing import Protocol

from modelspec.backends.python.names import is_identifier
from modelspec.backends.python.nodes import (
    assign,
    attribute,
    call,
    condition,
    is_none,
    loop,
    method_call,
    name,
    statement,
    string,
    subscript,
    tuple_of,
)
from modelspec.diagnostics.diagnostic import InternalError
from modelspec.program import ir

SELF = name("self")
ChildName = ast.Constant | ast.JoinedStr | None


class Sink(Protocol):
    """Writes what registers children here."""

    def child(self, key: ChildName, value: ast.expr) -> ast.stmt: ...

    def splice(self, value: ast.expr, form: str) -> list[ast.stmt]: ...


class ListSink:
    """`layers.append(child)`"""

    def __init__(self, local: str) -> None:
        self.local = name(local)

    def child(self, key: ChildName, value: ast.expr) -> ast.stmt:
        return statement(method_call(self.local, "append", value))

    def splice(self, value: ast.expr, form: str) -> list[ast.stmt]:
        return [statement(method_call(self.local, "extend", value))]


class DictSink:
    """`layers["name"] = child`"""

    def __init__(self, local: str) -> None:
        self.local = name(local)

    def child(self, key: ChildName, value: ast.expr) -> ast.stmt:
        return assign(subscript(self.local, _given(key)), value)

    def splice(self, value: ast.expr, form: str) -> list[ast.stmt]:
        return [statement(method_call(self.local, "update", value))]


class SelfSink:
    """The class itself: an attribute, `append`, or `add_module` by name."""

    def __init__(self, kind: ir.BaseKind, item: str) -> None:
        self.kind = kind
        self.item = item

    def child(self, key: ChildName, value: ast.expr) -> ast.stmt:
        if key is None:
            if self.kind not in ("Sequential", "ModuleList"):
                raise InternalError("a child of a class has no name")
            return statement(method_call(SELF, "append", value))
        text = string(key)
        if text is not None and is_identifier(text):
            if self.kind != "ModuleDict":
                return assign(attribute(SELF, text), value)
            # By its type, `self[name]` takes no None; `add_module` does.
            if not may_be_none(value):
                return assign(subscript(SELF, key), value)
        return statement(method_call(SELF, "add_module", key, value))

    def splice(self, value: ast.expr, form: str) -> list[ast.stmt]:
        if form == "either":
            test = call("isinstance", value, name("dict"))
            return [
                condition(test, self.splice(value, "dict"), self.splice(value, "list"))
            ]
        if self.kind == "ModuleDict":
            return [statement(method_call(SELF, "update", value))]
        if form == "list" and self.kind in ("Sequential", "ModuleList"):
            return [statement(method_call(SELF, "extend", value))]
        if form != "dict":
            raise InternalError("a list of modules has no names for this class")
        pair = tuple_of([name("name"), name(self.item)])
        add = method_call(SELF, "add_module", name("name"), name(self.item))
        items = method_call(value, "items")
        return [loop(pair, items, [statement(add)])]


def may_be_none(value: ast.expr) -> bool:
    """Whether a child is None, or is in one of the cases of a condition."""
    if isinstance(value, ast.IfExp):
        return may_be_none(value.body) or may_be_none(value.orelse)
    return is_none(value)


def _given(key: ChildName) -> ast.expr:
    if key is None:
        raise InternalError("a child of a mapping has no name")
    return key
