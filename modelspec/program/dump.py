"""The Program as text, for `--emit ir`, for tests and for people who debug.

In: a Program. Out: stable lines, one statement a line, expressions as Python. Nothing
of the spec's layout is in it, so that two specs with one meaning dump alike.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from modelspec.program.ir import (
    Block,
    CallMethod,
    Child,
    Container,
    For,
    Freeze,
    If,
    InitByName,
    InitByType,
    Input,
    Keep,
    Let,
    ModuleValue,
    OwnAttribute,
    OwnBuffer,
    OwnParameter,
    Parallel,
    Param,
    Program,
    Replace,
    Splice,
    Statement,
    Tie,
)


def dump_program(program: Program) -> str:
    """The whole Program; ends with a line feed."""
    lines = [f"program root={program.root}"]
    for external in program.externals:
        source = f"from {external.module} import {external.attribute}"
        lines.append(f"  {source} as {external.name}")
    for function in program.functions:
        lines += _indented(ast.unparse(function.definition).splitlines(), 1)
    for block in program.blocks:
        lines += _indented(_block(block), 1)
    for variant in program.variants:
        values = ", ".join(f"{name}={_text(v)}" for name, v in variant.values)
        lines.append(f"  variant {variant.name}({values})")
    for one in program.budget:
        lines.append(f"  budget {one.name} {one.limit}")
    if program.parallel is not None:
        lines += _indented(_parallel(program.parallel), 1)
    return "\n".join(lines) + "\n"


def _parallel(parallel: Parallel) -> Iterator[str]:
    yield "parallel"
    for one in parallel.plan:
        yield f"  divide {one.modules.pattern!r}: {_text(one.style)}"
    if parallel.fsdp is not None:
        yield f"  shard {[one.pattern for one in parallel.fsdp]}"
    if parallel.mixed_precision is not None:
        yield f"  {_text(parallel.mixed_precision)}"
    if parallel.checkpointing:
        yield f"  checkpoint {[one.pattern for one in parallel.checkpointing]}"


def _block(block: Block) -> Iterator[str]:
    base = _text(block.base.call) if block.base.call else block.base.kind
    params = ", ".join(_param(param) for param in block.params)
    yield f"block {block.name}({params}) : {base}"
    for constant in block.constants:
        yield f"  constant {constant.name} = {_text(constant.value)}"
    yield from _indented(_statements(block.construct), 1)
    for one in block.inputs:
        yield f"  input {_input(one)}"
    for method in block.methods:
        yield f"  method {method.name}({ast.unparse(method.arguments)})"
        for statement in method.statements:
            yield from _indented(ast.unparse(statement).splitlines(), 2)


def _param(param: Param) -> str:
    star = "*" if param.keyword_only else ""
    default = f" = {_text(param.default)}" if param.default is not None else ""
    return f"{star}{param.name}: {param.type}{default}"


def _input(one: Input) -> str:
    shape = "?"
    if one.shape is not None:
        shape = ", ".join(
            _text(s) if isinstance(s, ast.expr) else str(s) for s in one.shape
        )
    optional = " optional" if one.optional else ""
    return f"{one.name}: {one.dtype}[{shape}]{optional}"


def _statements(statements: Iterable[Statement]) -> Iterator[str]:
    for statement in statements:
        yield from _statement(statement)


def _statement(statement: Statement) -> Iterator[str]:
    match statement:
        case For(target=target, iterable=iterable, body=body):
            yield f"for {_text(target)} in {_text(iterable)}"
            yield from _indented(_statements(body), 1)
        case If(test=test, body=body, orelse=orelse):
            yield f"if {_text(test)}"
            yield from _indented(_statements(body), 1)
            if orelse:
                yield "else"
                yield from _indented(_statements(orelse), 1)
        case Let(target=target, value=value):
            yield from _value(f"let {_text(target)} =", value)
        case Child(name=name, value=value):
            label = "child" if name is None else f"child {_text(name)} ="
            yield from _value(label, value)
        case Replace(path=path, value=value):
            yield from _value(f"replace {_text(path)} =", value)
        case _:
            yield _leaf(statement)


def _value(label: str, value: ModuleValue) -> Iterator[str]:
    if not isinstance(value, Container):
        yield f"{label} {_text(value.expression)}"
        return
    into = f" into {value.into}" if value.into else ""
    form = "named" if value.named else "listed"
    yield f"{label} {_text(value.callee)} {form}{into}"
    yield from _indented(_statements(value.children), 1)


def _leaf(statement: Statement) -> str:
    match statement:
        case Splice(value=value):
            return f"splice {_text(value)}"
        case OwnParameter(name=name, value=value, requires_grad=flag):
            return f"parameter {_text(name)} = {_text(value)}{_flag('grad', flag)}"
        case OwnBuffer(name=name, value=value, persistent=flag):
            return f"buffer {_text(name)} = {_text(value)}{_flag('persistent', flag)}"
        case OwnAttribute(name=name, value=value):
            return f"attribute {_text(name)} = {_text(value)}"
        case Keep(name=name):
            return f"keep {name}"
        case Tie(target=target, source=source):
            return f"tie {_text(target)} = {_text(source)}"
        case Freeze(pattern=pattern):
            return f"freeze {_text(pattern)}"
        case CallMethod(name=name):
            return f"call {name}"
        case InitByName() | InitByType():
            return _init(statement)
        case _:
            raise AssertionError(statement)


def _init(statement: InitByName | InitByType) -> str:
    if isinstance(statement, InitByName):
        leaves = [f"{leaf}: {_text(i.expression)}" for leaf, i in statement.leaves]
        if statement.parameter is not None:
            leaves.append(_text(statement.parameter.expression))
        return f"init {_text(statement.pattern)}: {', '.join(leaves)}"
    rules = []
    for rule in statement.rules:
        types = " | ".join(_text(one) for one in rule.types)
        when = f" when {_text(rule.condition)}" if rule.condition is not None else ""
        leaves = [f"{leaf}: {_text(i.expression)}" for leaf, i in rule.leaves]
        rules.append(f"{types}{when} {{{', '.join(leaves)}}}")
    return f"init by type {'; '.join(rules)}"


def _flag(label: str, flag: ast.expr | None) -> str:
    return "" if flag is None else f" {label}={_text(flag)}"


def _text(node: ast.expr) -> str:
    return ast.unparse(node)


def _indented(lines: Iterable[str], depth: int) -> list[str]:
    return ["  " * depth + line for line in lines]
