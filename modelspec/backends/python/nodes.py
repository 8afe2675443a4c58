"""Short ways to write and to read `ast` nodes.

Comes in: names, nodes. Goes out: new nodes without positions, or facts about nodes.
Nodes that come in are never changed.
"""

from __future__ import annotations

import ast
import keyword
from collections.abc import Callable, Container, Iterator, Sequence
from typing import TypeVar

from modelspec.trees import clone

Node = TypeVar("Node", bound=ast.AST)


def name(identifier: str) -> ast.Name:
    return ast.Name(identifier, ast.Load())


def constant(value: str | float | bool | None) -> ast.Constant:
    return ast.Constant(value)


def dotted(path: str) -> ast.expr:
    """`nn.init.zeros_` as attributes of a name."""
    first, *rest = path.split(".")
    node: ast.expr = name(first)
    for one in rest:
        node = attribute(node, one)
    return node


def attribute(value: ast.expr, attr: str) -> ast.Attribute:
    return ast.Attribute(value, attr, ast.Load())


def subscript(value: ast.expr, index: ast.expr) -> ast.Subscript:
    return ast.Subscript(value, index, ast.Load())


def call(
    function: str | ast.expr, *arguments: ast.expr, **keywords: ast.expr
) -> ast.Call:
    callee = dotted(function) if isinstance(function, str) else function
    named = [ast.keyword(key, value) for key, value in keywords.items()]
    return ast.Call(callee, list(arguments), named)


def method_call(value: ast.expr, attr: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(attribute(value, attr), list(arguments), [])


def starred(value: ast.expr) -> ast.Starred:
    return ast.Starred(value, ast.Load())


def list_of(items: Sequence[ast.expr]) -> ast.List:
    return ast.List(list(items), ast.Load())


def tuple_of(items: Sequence[ast.expr]) -> ast.Tuple:
    return ast.Tuple(list(items), ast.Load())


def assign(target: ast.expr, value: ast.expr) -> ast.Assign:
    return ast.Assign([stored(target)], value)


def annotate(
    target: str, annotation: ast.expr, value: ast.expr | None
) -> ast.AnnAssign:
    return ast.AnnAssign(ast.Name(target, ast.Store()), annotation, value, 1)


def statement(value: ast.expr) -> ast.Expr:
    return ast.Expr(value)


def loop(target: ast.expr, iterable: ast.expr, body: Sequence[ast.stmt]) -> ast.For:
    return ast.For(stored(target), iterable, list(body), [])


def condition(
    test: ast.expr, body: Sequence[ast.stmt], orelse: Sequence[ast.stmt] = ()
) -> ast.If:
    return ast.If(test, list(body), list(orelse))


def with_context(context: ast.expr, body: Sequence[ast.stmt]) -> ast.With:
    return ast.With([ast.withitem(context)], list(body))


def union(parts: Sequence[ast.expr]) -> ast.expr:
    """`A | B | C`, each part once."""
    unique: dict[str, ast.expr] = {}
    for part in parts:
        unique.setdefault(ast.dump(part), part)
    result, *rest = unique.values()
    for part in rest:
        result = ast.BinOp(result, ast.BitOr(), part)
    return result


def is_not_none(value: ast.expr) -> ast.Compare:
    return ast.Compare(value, [ast.IsNot()], [constant(None)])


def both(first: ast.expr, second: ast.expr) -> ast.expr:
    parts = [
        part
        for one in (first, second)
        for part in (
            one.values
            if isinstance(one, ast.BoolOp) and isinstance(one.op, ast.And)
            else [one]
        )
    ]
    return ast.BoolOp(ast.And(), parts)


def stored(target: ast.expr) -> ast.expr:
    """The expression as the target of an assignment."""
    result = clone(target)
    for node in ast.walk(result) if isinstance(result, ast.Tuple | ast.List) else ():
        if isinstance(node, ast.Name | ast.Tuple | ast.List | ast.Starred):
            node.ctx = ast.Store()
    if isinstance(result, ast.Name | ast.Attribute | ast.Subscript):
        result.ctx = ast.Store()
    return result


def string(parts: ast.Constant | ast.JoinedStr) -> str | None:
    """The text of a string constant, None for an f-string."""
    if isinstance(parts, ast.Constant) and isinstance(parts.value, str):
        return parts.value
    return None


def sole_value(node: ast.JoinedStr) -> ast.expr | None:
    """What an f-string shows, if that is one value as it is and nothing else."""
    match node.values:
        case [ast.FormattedValue(value=value, conversion=-1, format_spec=None)]:
            return value
    return None


def is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def may_be_none(value: ast.expr) -> bool:
    """Whether a side of a choice, or all of it, is None."""
    if isinstance(value, ast.IfExp):
        return may_be_none(value.body) or may_be_none(value.orelse)
    return is_none(value)


def path_of(node: ast.expr) -> tuple[str, ...] | None:
    """`("self", "fc", "weight")` for a chain of attributes of a name."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return (node.id, *reversed(parts))


def target_names(target: ast.expr) -> list[str]:
    """The names an assignment to the target binds."""
    if isinstance(target, ast.Name):
        return [target.id]
    if isinstance(target, ast.Starred):
        return target_names(target.value)
    if isinstance(target, ast.Tuple | ast.List):
        return [one for item in target.elts for one in target_names(item)]
    return []


def names_in(node: ast.AST) -> Iterator[str]:
    """Every bare name in the node, bound or read."""
    for one in ast.walk(node):
        if isinstance(one, ast.Name):
            yield one.id


def reads(node: ast.AST, identifier: str) -> bool:
    return identifier in names_in(node)


def folded(node: Node) -> Node:
    """A copy in which `f(**{"a": 1})` is `f(a=1)`."""

    class _Fold(ast.NodeTransformer):
        def visit_Call(self, found: ast.Call) -> ast.Call:
            self.generic_visit(found)
            keywords = [one for given in found.keywords for one in _keywords(given)]
            names = [one.arg for one in keywords if one.arg is not None]
            if len(names) == len(set(names)):
                found.keywords = keywords
            return found

    result: Node = _Fold().visit(clone(node))
    return result


def _keywords(given: ast.keyword) -> list[ast.keyword]:
    if given.arg is not None or not isinstance(given.value, ast.Dict):
        return [given]
    pairs = zip(given.value.keys, given.value.values, strict=True)
    found = [
        ast.keyword(key.value, value)
        for key, value in pairs
        if isinstance(key, ast.Constant)
        and isinstance(key.value, str)
        and key.value.isidentifier()
        and not keyword.iskeyword(key.value)
    ]
    return found if len(found) == len(given.value.values) else [given]


def with_plain_texts(node: Node, texts: Container[ast.expr]) -> Node:
    """The node with `f"{name}"` as `name` where that is one of the texts, in place."""

    class _Plain(ast.NodeTransformer):
        def visit_JoinedStr(self, found: ast.JoinedStr) -> ast.expr:
            value = sole_value(found)
            return found if value is None or value not in texts else value

    result: Node = _Plain().visit(node)
    return result


def substitute(node: Node, values: Callable[[str], ast.expr | None]) -> Node:
    """A copy in which each name that is read stands for its value, where it has one."""

    class _Substitute(ast.NodeTransformer):
        def visit_Name(self, found: ast.Name) -> ast.expr:
            value = values(found.id) if isinstance(found.ctx, ast.Load) else None
            return found if value is None else clone(value)

    result: Node = _Substitute().visit(clone(node))
    return result
