"""The whole Program, made flat: users first, then the blocks they use.

Comes in: a Program and values for the root's params. Goes out: a Program whose root has
no params but those without a value, and whose blocks keep only the params that differ
between their uses. Names of classes stay, so `repr` stays.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace

from modelspec.backends.python.flat.defaults import Defaults
from modelspec.backends.python.flat.expressions import Environment, UnknownError
from modelspec.backends.python.flat.statements import RestartError, Statements
from modelspec.backends.python.flat.uniform import Uniform, recursive
from modelspec.backends.python.flat.unread import without_unread
from modelspec.backends.python.flat.values import NamesOnly, code_of
from modelspec.backends.python.nodes import name
from modelspec.backends.python.reach import reachable
from modelspec.backends.python.traversal import leading_vars
from modelspec.policy import Limits
from modelspec.program import ir
from modelspec.pysubset.evaluator import Evaluator

Given = Mapping[str, object]


def flatten(
    program: ir.Program, values: Given, limits: Limits | None = None
) -> ir.Program:
    """`values` are Python's own, or canonical expressions as a variant holds them."""
    root = program.root_block
    if root is None:
        return program
    program = reachable(replace(program, variants=_chosen(values, root)))
    return _Flatten(program, limits or Limits()).run(root, values)


def _chosen(values: Given, root: ir.Block) -> tuple[ir.Variant, ...]:
    """The given values as a variant, so that blocks they name count as used."""
    given = tuple(
        (key, value) for key, value in values.items() if isinstance(value, ast.expr)
    )
    return (ir.Variant(root.name, given, root.span),)


class _Flatten:
    def __init__(self, program: ir.Program, limits: Limits) -> None:
        self.program = program
        self.evaluator = Evaluator(NamesOnly(program), limits)
        self.defaults = Defaults(program)
        classes = [one.name for one in program.blocks]
        classes += [one.name for one in program.externals]
        self.globals: dict[str, object] = code_of(classes)
        for one in program.functions:
            self.globals[one.name] = self.evaluator.function(
                one.definition, one.source, self.globals
            )

    def run(self, root: ir.Block, values: Given) -> ir.Program:
        uniform = Uniform(self.program)
        for block in recursive(self.program):
            uniform.note(block)
        done: dict[str, ir.Block] = {}
        for block in reversed(self.program.blocks):
            if block is root:
                made = self._settle(block, self._given_root(block, values))
            elif block.name in uniform.seen:
                made = self._settle(block, uniform.known(block))
            else:
                continue
            done[block.name] = made
            uniform.note(made)
        kept = [done[one.name] for one in self.program.blocks if one.name in done]
        blocks = tuple(uniform.without_settled(one, done) for one in kept)
        return replace(self.program, blocks=blocks, variants=())

    def _given_root(self, root: ir.Block, values: Given) -> dict[str, object]:
        known: dict[str, object] = {}
        for param in root.params:
            if param.name in values:
                known[param.name] = values[param.name]
            elif param.default is not None:
                known[param.name] = param.default
        return known

    def _settle(self, block: ir.Block, given: Given) -> ir.Block:
        """The block with these params put in."""
        kept: set[str] = set()
        while True:
            try:
                return self._attempt(block, given, frozenset(kept))
            except RestartError as restart:
                kept |= restart.names

    def _attempt(self, block: ir.Block, given: Given, kept: frozenset[str]) -> ir.Block:
        constants = {one.name: one.value for one in block.constants}
        known = Environment(
            self.evaluator, block.source, self.globals, constants, self.defaults
        )
        left: list[ir.Param] = []
        first: list[ir.Statement] = []
        for param in block.params:
            if not self._put_in(param, given, known):
                known.forget(param.name)
                left.append(_with_default(param, given.get(param.name)))
            elif param.name in kept:
                value = ir.Value(known.literal(name(param.name)), param.span)
                first.append(ir.Let(ast.Name(param.name), value, param.span, True))
                known.forget(param.name)
        known.forget(*(kept - set(known.scope.locals)))
        before, rest = leading_vars(block.construct)
        statements = Statements(kept)
        first += statements.settle(before, known)
        base = block.base
        if base.call is not None:
            settled = known.settled(base.call)
            assert isinstance(settled, ast.Call)
            base = replace(base, call=settled)
        settled_body = (*first, *statements.settle(rest, known))
        body = without_unread(settled_body, base.call)
        return replace(block, params=tuple(left), base=base, construct=body)

    def _put_in(self, param: ir.Param, given: Given, known: Environment) -> bool:
        """Binds the param to its value, if it has one that can be written."""
        if param.name not in given:
            return False
        value = given[param.name]
        try:
            if isinstance(value, ast.expr):
                value = known.value(value)
            known.bind(ast.Name(param.name, ast.Store()), value)
            known.literal(name(param.name))
        except UnknownError:
            return False
        return True


def _with_default(param: ir.Param, value: object) -> ir.Param:
    """A value that cannot be put in is the default at least."""
    return replace(param, default=value) if isinstance(value, ast.expr) else param
