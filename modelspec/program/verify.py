"""Whether a Program is what back ends may rely on: checks on us, not on the user.

In: a Program whose spec had no errors. Out: nothing; raises `InternalError` with what
is broken. Run by the tests on every Program, and before one is shown as text.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from modelspec.diagnostics.diagnostic import InternalError
from modelspec.policy import is_module_name, is_plain_name, is_within
from modelspec.program.ir import (
    Block,
    Child,
    Container,
    For,
    If,
    InitByName,
    Keep,
    Method,
    Program,
    Statement,
)
from modelspec.program.names import is_identifier
from modelspec.program.walk import block_nodes, walk_statements


def verify_program(program: Program) -> None:
    """Raises `InternalError` for the first thing that is not as the IR promises."""
    for problem in _problems(program):
        raise InternalError(problem)


def _problems(program: Program) -> Iterator[str]:
    names = [block.name for block in program.blocks]
    every = [*names, *(one.name for one in program.functions)]
    every += [one.name for one in program.externals]
    if len(set(every)) != len(every):
        yield "two blocks, functions or imported layers share a name"
    for one in program.externals:
        if not (is_module_name(one.module) and is_within(one.module, one.within)):
            yield f"the module {one.module!r} may not be imported"
        if not (is_identifier(one.name) and is_plain_name(one.attribute)):
            yield f"{one.attribute!r}, called {one.name!r}, is no class of a module"
    if program.root is not None and names[-1:] != [program.root]:
        yield f"the root {program.root} is not the last block"
    seen: set[str] = set()
    for block in program.blocks:
        yield from _block_problems(block)
        yield from _order_problems(block, seen, set(names))
        seen.add(block.name)


def _order_problems(block: Block, seen: set[str], names: set[str]) -> Iterator[str]:
    """A base class must be defined before the class."""
    call = block.base.call
    base = call.func.id if call and isinstance(call.func, ast.Name) else None
    if base in names and base not in seen:
        yield f"{block.name} extends {base}, which stands after it"


def _block_problems(block: Block) -> Iterator[str]:
    if not is_identifier(block.name):
        yield f"{block.name!r} is no class name"
    if (block.base.kind == "extends") != (block.base.call is not None):
        yield f"{block.name}: only a block that extends has a base call"
    for statement in walk_statements(block.construct):
        yield from (f"{block.name}: {one}" for one in _statement_problems(statement))
    for method in block.methods:
        yield from (f"{block.name}: {one}" for one in _method_problems(method))
    for node in block_nodes(block):
        if isinstance(node, ast.expr | ast.stmt) and not hasattr(node, "lineno"):
            yield f"{block.name}: an expression without a position"


def _statement_problems(statement: Statement) -> Iterator[str]:
    if isinstance(statement, For | If) and not statement.body:
        yield "a control statement with nothing under it"
    if isinstance(statement, InitByName) and (
        (statement.parameter is None) == (not statement.leaves)
    ):
        yield "an init rule is for one parameter or for leaves of modules"
    value = getattr(statement, "value", None)
    if isinstance(value, Container):
        yield from _container_problems(value)


def _container_problems(container: Container) -> Iterator[str]:
    inside: Iterable[Statement] = container.children
    if container.into is None and isinstance(container.callee, ast.Call):
        yield "a container of torch is already called"
    if container.into is not None and not isinstance(container.callee, ast.Call):
        yield "a block that takes children is not called"
    for child in _direct(inside):
        if isinstance(child, Child) and (child.name is not None) != container.named:
            yield "children of one container are named or counted, not both"
        if isinstance(child, Keep):
            yield "a param is kept inside a container"


def _direct(statements: Iterable[Statement]) -> Iterator[Statement]:
    """Statements of a container itself, through its control flow."""
    for statement in statements:
        yield statement
        if isinstance(statement, For | If):
            yield from _direct(statement.body)
            yield from _direct(getattr(statement, "orelse", ()))


def _method_problems(method: Method) -> Iterator[str]:
    if not method.arguments.args or method.arguments.args[0].arg != "self":
        yield f"{method.name} does not take self first"
    if not method.statements:
        yield f"{method.name} is empty"
