"""Where in a spec a child of a built module was written.

Comes in: a module of a built class and the dotted name of something below it. Goes
out: the span of the statement that registered it, or of the nearest one around it that
can be told without running anything: computed names and loops are not unrolled.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence

from torch import nn

from modelspec.diagnostics.span import Span
from modelspec.program.ir import (
    Block,
    Child,
    Container,
    For,
    If,
    OwnBuffer,
    OwnParameter,
    Statement,
)

BlockOf = Callable[[type], "Block | None"]


def find_place(module: nn.Module, path: str, block_of: BlockOf) -> Span | None:
    """The span of the innermost statement known to have made what a path names."""
    block = block_of(type(module))
    if block is None:
        return None
    statements: Sequence[Statement] = block.construct
    place: Span | None = None
    for name in path.split(".") if path else ():
        child = _find_child(statements, name)
        module = module._modules[name] or nn.Module()
        inner = block_of(type(module))
        if child is not None:
            place = child.value.span
        if inner is not None and not inner.source.is_standard:
            statements = inner.construct
        elif child is not None and isinstance(child.value, Container):
            statements = child.value.children
        else:
            statements = ()
    return place


def find_owned(module: nn.Module, path: str, block_of: BlockOf) -> Span | None:
    """The span of the statement that registered a parameter or buffer."""
    owner, _, name = path.rpartition(".")
    block = block_of(type(module.get_submodule(owner)))
    for one in () if block is None else _flat(block.construct):
        match one:
            case OwnParameter(name=ast.Constant(value=found)) if found == name:
                return one.span
            case OwnBuffer(name=ast.Constant(value=found)) if found == name:
                return one.span
    return None


def _flat(statements: Sequence[Statement]) -> Iterator[Statement]:
    """Statements and those under loops and conditions."""
    for one in statements:
        yield one
        if isinstance(one, (For, If)):
            yield from _flat(one.body)
        if isinstance(one, If):
            yield from _flat(one.orelse)


def _find_child(statements: Sequence[Statement], name: str) -> Child | None:
    index = 0
    for place, statement in enumerate(statements):
        if isinstance(statement, Child):
            if statement.name is None:
                if str(index) == name:
                    return statement
                index += 1
            elif getattr(statement.name, "value", None) == name:
                return statement
        elif isinstance(statement, (For, If)):
            inside = _find_inside(statement, name)
            if inside is not None:
                return inside
            if name.isdigit():
                # From here on positions are not known, but there may be only one.
                rest = _flat(statements[place:])
                children = [one for one in rest if isinstance(one, Child)]
                return children[0] if len(children) == 1 else None
    return None


def _find_inside(statement: For | If, name: str) -> Child | None:
    if name.isdigit():
        return None
    branches = [statement.body]
    if isinstance(statement, If):
        branches.append(statement.orelse)
    found = (_find_child(branch, name) for branch in branches)
    return next((child for child in found if child is not None), None)
