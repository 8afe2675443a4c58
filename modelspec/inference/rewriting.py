"""One walk over what a block constructs, which numbers and may change what it meets.

In: a block and a `Visitor`. Out: the block with what the visitor gave in place of each
`auto`, each call of what may be a block, and each loop. All walks of one Program meet
the same things in the same order, so that their numbers are names for them. Nothing is
changed in place.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from modelspec.program import ir
from modelspec.records import dataclass

Node = TypeVar("Node", bound=ast.AST)
AUTO = "auto"
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)


@dataclass(frozen=True, slots=True, eq=False)
class Where:
    """The surroundings of a place in a construction.

    `loops` are the numbers of the loops around it, outermost first; `names` are bound
    there for certain; `child` is the name, if it is plain, of what is registered.
    `call` is the call whose argument it is: `argument` is that of a keyword or its
    index, `item` its index in a list there, counted from the end.
    """

    block: ir.Block
    loops: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    child: str | None = None
    call: ast.Call | None = None
    argument: str | int | None = None
    item: int | None = None
    in_base: bool = False


class Visitor:
    """What to do with what is met; this one leaves everything as it is."""

    def auto(self, number: int, node: ast.Name, where: Where) -> ast.expr:
        return node

    def call(
        self, number: int, node: ast.Call, made: ast.Call, where: Where
    ) -> ast.expr:
        """`node` is the call as it stands in the Program, `made` its new form."""
        return made

    def loop(
        self, number: int, target: ast.expr, iterable: ast.expr, where: Where
    ) -> tuple[ast.expr, ast.expr]:
        """`where` is that of the loop itself, not of its body."""
        return target, iterable


class Walk:
    """A walk over the blocks of one Program, in their order."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor
        self._count = 0

    def block(self, block: ir.Block) -> ir.Block:
        where = Where(block, names=tuple(param.name for param in block.params))
        lead = block.leading_vars()
        rest = block.construct[len(lead) :]
        made, where = self._several(lead, where)
        base = block.base
        if base.call is not None:
            call = self._expression(base.call, replace(where, in_base=True))
            assert isinstance(call, ast.Call)
            base = replace(base, call=call)
        body, _ = self._several(rest, where)
        return replace(block, base=base, construct=(*made, *body))

    # --- statements -----------------------------------------------------------------

    def _several(
        self, body: Iterable[ir.Statement], where: Where
    ) -> tuple[tuple[ir.Statement, ...], Where]:
        made = []
        for one in body:
            made.append(self._statement(one, where))
            if isinstance(one, ir.Let):
                where = replace(where, names=_with(where.names, one.target))
        return tuple(made), where

    def _statement(self, one: ir.Statement, where: Where) -> ir.Statement:
        match one:
            case ir.Let():
                return replace(one, value=self._value(one.value, where))
            case ir.For():
                return self._for(one, where)
            case ir.If():
                return replace(
                    one,
                    test=self._expression(one.test, where),
                    body=self._several(one.body, where)[0],
                    orelse=self._several(one.orelse, where)[0],
                )
            case ir.Child():
                named = replace(where, child=_plain(one.name) or where.child)
                return replace(one, value=self._value(one.value, named))
            case ir.Replace():
                named = replace(where, child=_plain(one.path))
                return replace(one, value=self._value(one.value, named))
            case ir.Splice():
                return replace(one, value=self._expression(one.value, where))
            case ir.OwnParameter() | ir.OwnBuffer() | ir.OwnAttribute():
                return replace(one, value=self._expression(one.value, where))
        return one

    def _for(self, one: ir.For, where: Where) -> ir.For:
        number = self._number()
        iterable = self._expression(one.iterable, where)
        target, iterable = self._visitor.loop(number, one.target, iterable, where)
        inside = replace(
            where,
            loops=(*where.loops, number),
            names=_with(where.names, one.target),
        )
        body, _ = self._several(one.body, inside)
        return replace(one, target=target, iterable=iterable, body=body)

    def _value(self, value: ir.ModuleValue, where: Where) -> ir.ModuleValue:
        if isinstance(value, ir.Value):
            return value.with_expression(self._expression(value.expression, where))
        callee = value.callee
        if isinstance(callee, ast.Call):
            callee = self._expression(callee, where)
        return replace(
            value, callee=callee, children=self._several(value.children, where)[0]
        )

    # --- expressions ----------------------------------------------------------------

    def _expression(self, node: ast.expr, where: Where) -> ast.expr:
        if isinstance(node, ast.Name) and node.id == AUTO:
            return self._visitor.auto(self._number(), node, where)
        if isinstance(node, ast.Call):
            return self._call(node, where)
        if isinstance(node, _COMPREHENSIONS):
            return self._comprehension(node, where)
        if isinstance(node, ast.List | ast.Tuple):
            made = copy.copy(node)
            count = len(node.elts)
            made.elts = [
                self._expression(item, replace(where, item=at - count))
                for at, item in enumerate(node.elts)
            ]
            return made
        return self._fields(node, replace(where, call=None))

    def _fields(self, node: Node, where: Where) -> Node:
        """The node with everything in it walked."""
        made = copy.copy(node)
        for name, value in ast.iter_fields(node):
            setattr(made, name, self._field(value, where))
        return made

    def _field(self, value: object, where: Where) -> object:
        if isinstance(value, list):
            return [self._field(one, where) for one in value]
        if isinstance(value, ast.expr):
            return self._expression(value, where)
        if isinstance(value, ast.keyword | ast.comprehension):
            return self._fields(value, where)
        return value

    def _call(self, node: ast.Call, where: Where) -> ast.expr:
        number = self._number()
        outside = replace(where, call=None, argument=None, item=None)
        made = copy.copy(node)
        made.func = self._expression(node.func, outside)
        made.args = [
            self._expression(one, replace(where, call=node, argument=at, item=None))
            for at, one in enumerate(node.args)
        ]
        made.keywords = [self._keyword(one, node, where) for one in node.keywords]
        return self._visitor.call(number, node, made, where)

    def _keyword(
        self, keyword: ast.keyword, node: ast.Call, where: Where
    ) -> ast.keyword:
        made = copy.copy(keyword)
        inside = replace(where, call=node, argument=keyword.arg, item=None)
        made.value = self._expression(keyword.value, inside)
        return made

    def _comprehension(self, node: ast.expr, where: Where) -> ast.expr:
        made = copy.copy(node)
        inside = replace(where, call=None, argument=None, item=None)
        generators = []
        for one in getattr(node, "generators", ()):
            number = self._number()
            iterable = self._expression(one.iter, inside)
            outside = inside
            inside = replace(
                inside,
                loops=(*inside.loops, number),
                names=_with(inside.names, one.target),
            )
            changed = copy.copy(one)
            changed.target, changed.iter = self._visitor.loop(
                number, one.target, iterable, outside
            )
            changed.ifs = [self._expression(test, inside) for test in one.ifs]
            generators.append(changed)
        for name in ("key", "value", "elt"):
            if hasattr(node, name):
                setattr(made, name, self._expression(getattr(node, name), inside))
        made.generators = generators  # type: ignore[attr-defined] # a comprehension
        return made

    def _number(self) -> int:
        self._count += 1
        return self._count


def walk_program(program: ir.Program, visitor: Visitor) -> ir.Program:
    """A walk over all blocks."""
    walk = Walk(visitor)
    return replace(program, blocks=tuple(walk.block(one) for one in program.blocks))


def has_auto(program: ir.Program) -> bool:
    """Whether some size is left to `auto`: cheap, for what has none."""
    from modelspec.program.walk import block_nodes, names_read

    # An escape of YAML's can spell any word.
    texts = {block.source.text for block in program.blocks}
    if not any(AUTO in text or "\\" in text for text in texts):
        return False
    return any(AUTO in names_read(block_nodes(block)) for block in program.blocks)


def _with(names: tuple[str, ...], target: ast.expr) -> tuple[str, ...]:
    bound = (one.id for one in ast.walk(target) if isinstance(one, ast.Name))
    return tuple(dict.fromkeys((*names, *bound)))


def _plain(name: ast.expr | None) -> str | None:
    value = name.value if isinstance(name, ast.Constant) else None
    return value if isinstance(value, str) else None
