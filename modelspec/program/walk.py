"""The one traversal of the IR: all statements, and all expressions in them.

In: blocks, statements, values. Out: iterators, in the order of the file. Nothing is
changed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import field

from modelspec.program.ir import (
    Block,
    Child,
    Container,
    For,
    Freeze,
    Function,
    If,
    InitByName,
    InitByType,
    Layer,
    Let,
    ModuleValue,
    OwnAttribute,
    OwnBuffer,
    OwnParameter,
    Replace,
    Splice,
    Statement,
    Tie,
    Value,
)
from modelspec.program.literal import literal_layer
from modelspec.records import dataclass
from modelspec.trees import all_nodes

_REGISTERING = (Child, OwnParameter, OwnBuffer)


def walk_statements(statements: Iterable[Statement]) -> Iterator[Statement]:
    """Statements and those inside them, children of containers included."""
    for statement in statements:
        yield statement
        if isinstance(statement, Child):
            # Most of any block: it has nothing inside it but the children of these.
            if isinstance(statement.value, Container):
                yield from walk_statements(statement.value.children)
            continue
        if isinstance(statement, For):
            yield from walk_statements(statement.body)
        elif isinstance(statement, If):
            yield from walk_statements(statement.body)
            yield from walk_statements(statement.orelse)
        value = getattr(statement, "value", None)
        if isinstance(value, Container):
            yield from walk_statements(value.children)


def registered_names(statements: Iterable[Statement]) -> frozenset[str]:
    """Names, as far as they are literal, of modules and tensors made inside."""
    made = (one for one in walk_statements(statements) if isinstance(one, _REGISTERING))
    names = (one.name.value for one in made if isinstance(one.name, ast.Constant))
    return frozenset(name for name in names if isinstance(name, str))


def own_expressions(statement: Statement) -> Iterator[ast.expr]:
    """Expressions of a statement itself, not of those inside it."""
    return (_whole(one) for one in own_parts(statement))


def _whole(part: ast.expr | Layer) -> ast.expr:
    return part.expression if isinstance(part, Layer) else part


def own_parts(statement: Statement) -> Iterator[ast.expr | Layer]:
    """The same with layers of literals as what they are: no tree is made of these."""
    match statement:
        case Child(name=name, value=value):
            if name is not None:
                yield name
            yield from _of_value(value)
        case Let(target=target, value=value):
            yield target
            yield from _of_value(value)
        case For(target=target, iterable=iterable):
            yield from (target, iterable)
        case If(test=test):
            yield test
        case Replace(path=path, value=value):
            yield path
            yield from _of_value(value)
        case Splice(value=value):
            yield value
        case OwnParameter(name=name, value=tensor, requires_grad=flag):
            yield from (name, tensor, *((flag,) if flag is not None else ()))
        case OwnBuffer(name=name, value=tensor, persistent=flag):
            yield from (name, tensor, *((flag,) if flag is not None else ()))
        case OwnAttribute(name=name, value=plain):
            yield from (name, plain)
        case Tie(target=target, source=source):
            yield from (target, source)
        case Freeze(pattern=pattern):
            yield pattern
        case InitByName() | InitByType():
            yield from _of_rules(statement)
        case _:
            return


def block_expressions(block: Block) -> Iterator[ast.expr]:
    """Expressions of a block beside its methods: defaults, constants, base,
    statements, sizes of inputs."""
    return (_whole(one) for one in block_parts(block))


def block_parts(block: Block) -> Iterator[ast.expr | Layer]:
    """The same with layers of literals as what they are."""
    yield from (param.default for param in block.params if param.default is not None)
    yield from (constant.value for constant in block.constants)
    if block.base.call is not None:
        yield block.base.call
    for statement in walk_statements(block.construct):
        if isinstance(statement, Child) and statement.name is None:
            yield from _of_value(statement.value)  # most of any network
        else:
            yield from own_parts(statement)
    for one in block.inputs:
        sizes = [*(one.shape or ()), one.minimum, one.maximum]
        yield from (size for size in sizes if isinstance(size, ast.expr))


def block_nodes(block: Block) -> list[ast.AST]:
    """All nodes of a block: construction and methods."""
    roots = _roots(block)
    return all_nodes(one.expression if isinstance(one, Layer) else one for one in roots)


def _roots(block: Block) -> Iterator[ast.AST | Layer]:
    yield from block_parts(block)
    for method in block.methods:
        yield from method.statements


@dataclass(slots=True, eq=False)
class Reads:
    """What a block reads: bare names (but `nn`), attributes of `self`, and attributes
    of anything else that are not called at once."""

    names: set[str] = field(default_factory=set)
    of_self: set[str] = field(default_factory=set)
    of_others: set[str] = field(default_factory=set)


_ROOTS = frozenset({"self", "torch", "nn", "F"})


def reads_of(block: Block) -> Reads:
    """What a block reads, in construction and methods."""
    found = Reads()
    called: set[int] = set()
    roots = (one for one in _roots(block) if not isinstance(one, Layer))
    for node in all_nodes(one for one in roots if literal_layer(one) is None):
        kind = type(node)
        if kind is ast.Name:
            found.names.add(node.id)  # type: ignore[attr-defined]  # as just asked
        elif kind is ast.Call:
            called.add(id(node.func))  # type: ignore[attr-defined]
        elif isinstance(node, ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else ""
            if owner == "self":
                found.of_self.add(node.attr)
            elif owner not in _ROOTS and id(node) not in called:
                found.of_others.add(node.attr)
    return found


def names_read(nodes: Iterable[ast.AST]) -> set[str]:
    """The bare names that are read."""
    return {node.id for node in nodes if isinstance(node, ast.Name)}


def function_nodes(function: Function) -> list[ast.AST]:
    return all_nodes([function.definition])


def _of_value(value: ModuleValue) -> tuple[ast.expr | Layer]:
    if isinstance(value, Layer):
        return (value,)
    return (value.expression if isinstance(value, Value) else value.callee,)


def _of_rules(statement: InitByName | InitByType) -> Iterator[ast.expr]:
    if isinstance(statement, InitByName):
        yield statement.pattern
        if statement.parameter is not None:
            yield statement.parameter.expression
        yield from (leaf.expression for _, leaf in statement.leaves)
        return
    for rule in statement.rules:
        yield from rule.types
        if rule.condition is not None:
            yield rule.condition
        yield from (leaf.expression for _, leaf in rule.leaves)
