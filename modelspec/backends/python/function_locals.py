"""Lists and dicts of a helper that a type checker must be told of.

`layers = [nn.Linear(4, 4)]` is, to a checker, a list of that class alone, and of
`counts = {}` it says that nothing tells what it will hold. Comes in: a helper with its
signature. Goes out: the same with an annotation where such a name is first assigned:
what the helper returns, where it returns that name, or a list of modules.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from modelspec.backends.python.annotations import any_type, generic
from modelspec.backends.python.kinds import MODULE, Kind
from modelspec.backends.python.nodes import dotted

_PUT = frozenset({"append", "insert"})
"""Methods that put their last argument into a list."""


def annotate_locals(
    function: ast.FunctionDef, infer: Callable[[ast.expr], Kind]
) -> None:
    """Annotates the names in place.

    `infer` gives the kind of an expression, and that of `nn.Module` for any module.
    """
    returned = _returned(function)
    known: set[str] = {
        one.arg for one in ast.walk(function) if isinstance(one, ast.arg)
    }
    for body in _bodies(function):
        for index, one in enumerate(body):
            match one:
                case ast.Assign(targets=[ast.Name(id=key) as target], value=value):
                    if key in known:
                        continue
                    known.add(key)
                    told = _annotation(function, key, value, returned, infer)
                    if told is not None:
                        made = ast.AnnAssign(target, told, value, simple=1)
                        body[index] = ast.copy_location(made, one)


def _annotation(
    function: ast.FunctionDef,
    key: str,
    value: ast.expr,
    returned: dict[str, ast.expr],
    infer: Callable[[ast.expr], Kind],
) -> ast.expr | None:
    if isinstance(value, ast.List):
        held = [infer(one) for one in (*value.elts, *_put_into(function, key))]
        if MODULE in held and all(_may_be_module(one) for one in held):
            return generic("list", dotted("nn.Module"))
    empty = isinstance(value, ast.List | ast.Dict) and not ast.unparse(value)[1:-1]
    return returned.get(key) if empty else None


def _may_be_module(kind: Kind) -> bool:
    return kind == MODULE or kind.seen == "any"


def _put_into(function: ast.FunctionDef, key: str) -> Iterator[ast.expr]:
    for node in ast.walk(function):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=owner), attr=method), args=args
            ) if owner == key and method in _PUT and args:
                yield args[-1]


def _returned(function: ast.FunctionDef) -> dict[str, ast.expr]:
    """Names that are returned as they are, where the signature tells what they hold."""
    told = function.returns
    if not isinstance(told, ast.Subscript) or ast.unparse(told) == ast.unparse(
        generic("list", any_type())
    ):
        return {}
    return {
        node.value.id: told
        for node in ast.walk(function)
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Name)
    }


def _bodies(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """Lists of statements, in the order in which they stand."""
    for field in ("body", "orelse"):
        statements = getattr(node, field, None)
        if isinstance(statements, list):
            yield statements
            for one in statements:
                yield from _bodies(one)
