"""Params of blocks that get the same value wherever the block is used.

Comes in: flat blocks, users before what they use. Goes out: the params of a block that
can be put in, and blocks whose calls no longer give them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace

from modelspec.backends.python.nodes import names_in, path_of
from modelspec.backends.python.traversal import expressions_of, statements_in
from modelspec.backends.python.uses import arguments_of
from modelspec.program import ir
from modelspec.trees import clone


class Uniform:
    def __init__(self, program: ir.Program) -> None:
        self.program = program
        self.seen: set[str] = set()
        self._values: dict[tuple[str, str], dict[str, ast.expr | None]] = {}
        self._fixed: set[str] = set()
        """Blocks that are used otherwise than by a plain call."""

    def note(self, block: ir.Block) -> None:
        """Notes the uses that a flat block makes of others."""
        for node in _expressions(block):
            called: set[int] = set()
            for one in ast.walk(node):
                if isinstance(one, ast.Call) and self._block(one.func) is not None:
                    called.add(id(one.func))
                    self._note_call(block, one)
            for one in ast.walk(node):
                found = self._block(one) if isinstance(one, ast.Name) else None
                if found is not None:
                    self.seen.add(found.name)
                    if id(one) not in called:
                        self._fixed.add(found.name)
        for method in block.methods:
            for statement in method.statements:
                for one in ast.walk(statement):
                    found = self._block(one) if isinstance(one, ast.Name) else None
                    if found is not None:
                        self.seen.add(found.name)
                        self._fixed.add(found.name)

    def _block(self, node: ast.AST) -> ir.Block | None:
        path = path_of(node) if isinstance(node, ast.expr) else None
        return self.program.block(path[0]) if path and len(path) == 1 else None

    def _note_call(self, user: ir.Block, call: ast.Call) -> None:
        block = self._block(call.func)
        if block is None:
            return
        if any(isinstance(one, ast.Starred) for one in call.args) or any(
            one.arg is None for one in call.keywords
        ):
            self._fixed.add(block.name)
            return
        given = {param.name: value for param, value in arguments_of(block, call)}
        for param in block.params:
            value = given.get(param.name, param.default)
            if user.name == block.name and _is_name(value, param.name):
                continue
            if param.type.name in ("children", "module"):
                value = None
            text = "" if value is None else ast.dump(value)
            self._values.setdefault((block.name, param.name), {})[text] = value

    def known(self, block: ir.Block) -> dict[str, object]:
        """The params that can be put in, with their values."""
        if block.name in self._fixed:
            return {}
        found: dict[str, object] = {}
        for param in block.params:
            values = list(self._values.get((block.name, param.name), {}).values())
            if (
                len(values) == 1
                and values[0] is not None
                and self._is_closed(values[0])
            ):
                found[param.name] = values[0]
        return found

    def _is_closed(self, node: ast.expr) -> bool:
        """Whether the value means the same inside the block: literals, layers."""
        known = ("nn", "torch", "math", "partial")
        for one in ast.walk(node):
            if isinstance(one, ast.Call) and path_of(one.func) != ("partial",):
                return False
            named = one.id if isinstance(one, ast.Name) else "nn"
            if named not in known and not self.program.is_class(named):
                return False
        return True

    def without_settled(
        self, block: ir.Block, done: Mapping[str, ir.Block]
    ) -> ir.Block:
        """The block, its calls without arguments that were put in."""
        rewrite = _Calls(self.program, done)
        base = block.base
        if base.call is not None:
            base = replace(base, call=rewrite.visit(clone(base.call)))
        construct = tuple(_rewritten(one, rewrite) for one in block.construct)
        return replace(block, base=base, construct=construct)


def recursive(program: ir.Program) -> list[ir.Block]:
    """Blocks that make themselves, at once or through others."""
    uses = {
        block.name: {
            name
            for node in _expressions(block)
            for name in names_in(node)
            if program.block(name) is not None
        }
        for block in program.blocks
    }
    for middle, further in uses.items():
        for reached in uses.values():
            if middle in reached:
                reached |= further
    return [block for block in program.blocks if block.name in uses[block.name]]


def _is_name(node: ast.expr | None, identifier: str) -> bool:
    return isinstance(node, ast.Name) and node.id == identifier


def _expressions(block: ir.Block) -> Iterator[ast.expr]:
    if block.base.call is not None:
        yield block.base.call
    for statement in statements_in(block.construct):
        yield from expressions_of(statement)


class _Calls(ast.NodeTransformer):
    def __init__(self, program: ir.Program, done: Mapping[str, ir.Block]) -> None:
        self.program = program
        self.done = done

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        path = path_of(node.func)
        block = self.program.block(path[0]) if path and len(path) == 1 else None
        if block is None or block.name not in self.done:
            return node
        left = {one.name for one in self.done[block.name].params}
        if len(left) == len(block.params):
            return node
        gone = [
            value
            for param, value in arguments_of(block, node)
            if param.name not in left
        ]
        ids = {id(one) for one in gone}
        node.args = [one for one in node.args if id(one) not in ids]
        node.keywords = [one for one in node.keywords if id(one.value) not in ids]
        return node


def _rewritten(one: ir.Statement, rewrite: _Calls) -> ir.Statement:
    """The statement with its expressions rewritten."""

    def new(node: ast.expr) -> ast.expr:
        made: ast.expr = rewrite.visit(clone(node))
        return made

    def value(made: ir.ModuleValue) -> ir.ModuleValue:
        if isinstance(made, ir.Value):
            return made.with_expression(new(made.expression))
        children = tuple(_rewritten(child, rewrite) for child in made.children)
        return replace(made, callee=new(made.callee), children=children)

    match one:
        case ir.Let() | ir.Child() | ir.Replace():
            return replace(one, value=value(one.value))
        case ir.For():
            body = tuple(_rewritten(inner, rewrite) for inner in one.body)
            return replace(one, iterable=new(one.iterable), body=body)
        case ir.If():
            body = tuple(_rewritten(inner, rewrite) for inner in one.body)
            orelse = tuple(_rewritten(inner, rewrite) for inner in one.orelse)
            return replace(one, test=new(one.test), body=body, orelse=orelse)
        case ir.Splice():
            return replace(one, value=new(one.value))
    return one
