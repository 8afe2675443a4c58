"""One walk over the statements of a block: their expressions and what they hold.

Comes in: statements of a Program. Goes out: statements, expressions and names in the
order in which construction meets them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from modelspec.backends.python.nodes import names_in, target_names
from modelspec.program import ir


def statements_in(body: Iterable[ir.Statement]) -> Iterator[ir.Statement]:
    """The statements and all that stand inside them, containers' children too."""
    for one in body:
        yield one
        yield from statements_in(_inside(one))


def _inside(one: ir.Statement) -> tuple[ir.Statement, ...]:
    match one:
        case ir.For():
            return one.body
        case ir.If():
            return one.body + one.orelse
        case ir.Let(value=ir.Container() as value):
            return value.children
        case ir.Child(value=ir.Container() as value):
            return value.children
        case ir.Replace(value=ir.Container() as value):
            return value.children
    return ()


def leading_vars(
    body: tuple[ir.Statement, ...],
) -> tuple[tuple[ir.Statement, ...], tuple[ir.Statement, ...]]:
    """Vars at the start, which the arguments of a base may use, and the rest."""
    count = 0
    while count < len(body):
        one = body[count]
        if not isinstance(one, ir.Let) or not one.is_var:
            break
        count += 1
    return body[:count], body[count:]


def expressions_of(one: ir.Statement) -> Iterator[ast.expr]:
    """The statement's own expressions, without those of statements inside it."""
    match one:
        case ir.For():
            yield one.iterable
        case ir.If():
            yield one.test
        case ir.Let():
            yield from _of_value(one.value)
        case ir.Child():
            yield from () if one.name is None else (one.name,)
            yield from _of_value(one.value)
        case ir.Replace():
            yield one.path
            yield from _of_value(one.value)
        case ir.Splice():
            yield one.value
        case ir.OwnParameter():
            yield from _given(one.name, one.value, one.requires_grad)
        case ir.OwnBuffer():
            yield from _given(one.name, one.value, one.persistent)
        case ir.OwnAttribute():
            yield from (one.name, one.value)
        case ir.Keep():
            yield ast.Name(one.name, ast.Load())
        case ir.InitByType():
            for rule in one.rules:
                yield from _given(*rule.types, rule.condition)
                yield from (init.expression for _, init in rule.leaves)
        case ir.InitByName():
            yield one.pattern
            yield from (init.expression for _, init in one.leaves)
            yield from () if one.parameter is None else (one.parameter.expression,)
        case ir.Tie():
            yield from (one.target, one.source)
        case ir.Freeze():
            yield one.pattern


def _of_value(value: ir.ModuleValue) -> Iterator[ast.expr]:
    yield value.callee if isinstance(value, ir.Container) else value.expression


def _given(*expressions: ast.expr | None) -> Iterator[ast.expr]:
    yield from (one for one in expressions if one is not None)


def containers_in(body: Iterable[ir.Statement]) -> Iterator[ir.Container]:
    for one in statements_in(body):
        if isinstance(one, ir.Let | ir.Child | ir.Replace) and isinstance(
            one.value, ir.Container
        ):
            yield one.value


def block_expressions(block: ir.Block) -> Iterator[ast.AST]:
    """Everything of Python that stands in a block."""
    for param in block.params:
        yield from () if param.default is None else (param.default,)
    yield from (one.value for one in block.constants)
    yield from () if block.base.call is None else (block.base.call,)
    for statement in statements_in(block.construct):
        yield from expressions_of(statement)
    for method in block.methods:
        yield from method.statements
        yield method.arguments


def program_expressions(program: ir.Program) -> Iterator[ast.AST]:
    for block in program.blocks:
        yield from block_expressions(block)
    for function in program.functions:
        yield function.definition
    for variant in program.variants:
        yield from (value for _, value in variant.values)


def bound_names(block: ir.Block) -> list[str]:
    """Names that the construction of a block binds: params, lets, loop names."""
    found = [param.name for param in block.params]
    for one in statements_in(block.construct):
        if isinstance(one, ir.Let | ir.For):
            found += target_names(one.target)
    return list(dict.fromkeys(found))


def used_names(block: ir.Block) -> set[str]:
    """Every bare name that stands in the construction of a block."""
    found = set(bound_names(block))
    for one in statements_in(block.construct):
        for expression in expressions_of(one):
            found.update(names_in(expression))
    return found
