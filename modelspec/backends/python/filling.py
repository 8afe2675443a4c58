"""Locals that are filled with children: their types and names, and shorter appends.

Comes in: a container, or the statements that fill a list. Goes out: how the local is
declared and may be called; the same statements with runs of appends as one.
"""

from __future__ import annotations

import ast

from modelspec.backends.python.containers import kind_of
from modelspec.backends.python.names import is_identifier
from modelspec.backends.python.nodes import (
    call,
    condition,
    dotted,
    list_of,
    loop,
    may_be_none,
    method_call,
    name,
    path_of,
    statement,
    subscript,
    tuple_of,
)
from modelspec.program import ir


def local_type(container: ir.Container) -> tuple[ast.expr, ast.expr]:
    """The annotation of the local, and how it starts empty."""
    kind = kind_of(container)
    tensors = kind in ("nn.ParameterList", "nn.ParameterDict")
    item = dotted("torch.Tensor" if tensors else "nn.Module")
    if any(map(_may_hold_none, container.children)):
        item = name("Any")  # a checker lets no container of torch hold None
    if not container.named:
        return subscript(name("list"), item), list_of([])
    pair = tuple_of([name("str"), item])
    if kind == "nn.Sequential":
        return subscript(name("OrderedDict"), pair), call("OrderedDict")
    return subscript(name("dict"), pair), ast.Dict([], [])


def _may_hold_none(one: ir.Statement) -> bool:
    match one:
        case ir.Child(value=ir.Value(expression=made)):
            return may_be_none(made)
        case ir.For(body=body):
            return any(map(_may_hold_none, body))
        case ir.If(body=body, orelse=orelse):
            return any(map(_may_hold_none, (*body, *orelse)))
    return False


def local_names(container: ir.Container, role: str | None) -> list[str]:
    kind = kind_of(container)
    own = [role] if role is not None and is_identifier(role) else []
    longer = [f"{one}_layers" for one in own]
    if container.into is not None:
        return [container.into, *own, "branches"]
    if kind == "nn.Sequential":
        return ["layers", *longer, "modules", "blocks", "sequence"]
    return [*own, *longer, "modules", "children", "members"]


def joined(body: list[ast.stmt], local: str) -> list[ast.stmt]:
    """Appends that follow one another become one `layers += [...]`."""
    found: list[ast.stmt] = []
    run: list[ast.expr] = []
    for one in [*body, None]:
        item = None if one is None else _appended(one, local)
        if item is not None:
            run.append(item)
            continue
        if len(run) > 1:
            target = ast.Name(local, ast.Store())
            found.append(ast.AugAssign(target, ast.Add(), list_of(run)))
        elif run:
            found.append(statement(method_call(name(local), "append", run[0])))
        run = []
        if one is not None:
            found.append(_joined_inside(one, local))
    return found


def _joined_inside(one: ast.stmt, local: str) -> ast.stmt:
    if isinstance(one, ast.For):
        return loop(one.target, one.iter, joined(one.body, local))
    if isinstance(one, ast.If):
        return condition(one.test, joined(one.body, local), joined(one.orelse, local))
    return one


def _appended(one: ast.stmt, local: str) -> ast.expr | None:
    match one:
        case ast.Expr(value=ast.Call(func=callee, args=[item])):
            return item if path_of(callee) == (local, "append") else None
    return None
