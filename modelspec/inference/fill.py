"""Numbers in place of `auto`: a Program to a Program.

In: a Program, and a trace for each set of values that its root's params may have. Out:
the Program without those `auto` that some trace came by. What is equal everywhere is a
number. What differs is, in this order:

- an expression that the block has already and that was the size every time;
- within one module, a list that the turn of the loop is an index of;
- between modules of a block, an argument of the block, which each place of use gives:
  there it is a size as any other, up to the root, whose variants give it.

Never imports torch; the same traces give the same Program.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import replace

from modelspec.diagnostics.diagnostic import Diagnostic, SpecError
from modelspec.inference.candidates import find_expression
from modelspec.inference.lifts import Lift, Lifts
from modelspec.inference.loops import Index, Loop, index_of, names_of, with_index
from modelspec.inference.rewriting import Visitor, Where, walk_program
from modelspec.inference.rows import (
    Row,
    Value,
    fold,
    levels_of,
    makers,
    split_first,
    values_of,
)
from modelspec.inference.sites import argument_name
from modelspec.inference.trace import UNSEEN, Trace
from modelspec.program import ir
from modelspec.pysubset.place import span_of
from modelspec.records import dataclass


def fill(program: ir.Program, traces: Sequence[Trace]) -> ir.Program:
    """The Program with the sizes that the traces tell.

    Raises:
        SpecError: a size differs between modules, and no argument can tell them apart.
    """
    if not traces:
        return program
    filler = _Filler(program, traces)
    filler.settle()
    filled = walk_program(program, _Writer(filler))
    blocks = tuple(filler.with_params(block) for block in filled.blocks)
    variants = tuple(filler.with_values(one) for one in filled.variants)
    return replace(filled, blocks=blocks, variants=variants)


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """A size to write: an `auto`, or an argument that a call has to give."""

    number: int
    where: Where
    node: ast.expr
    argument: str | None
    rows: tuple[Row, ...]
    lift: Lift | None = None
    """Whose argument it is that the call gives."""


class _Places(Visitor):
    """What the numbers of a walk stand for."""

    def __init__(self) -> None:
        self.autos: dict[int, tuple[ast.expr, Where]] = {}
        self.calls: dict[int, tuple[ast.expr, Where]] = {}
        self.loops: dict[int, Loop] = {}
        self.nests: dict[int, set[int]] = {}
        """For each loop those around it and in it, whose names must be others."""

    def auto(self, number: int, node: ast.Name, where: Where) -> ast.expr:
        self.autos[number] = (node, where)
        return node

    def call(
        self, number: int, node: ast.Call, made: ast.Call, where: Where
    ) -> ast.expr:
        self.calls[number] = (node, where)
        return made

    def loop(
        self, number: int, target: ast.expr, iterable: ast.expr, where: Where
    ) -> tuple[ast.expr, ast.expr]:
        self.loops[number] = Loop(target, iterable)
        for one in where.loops:
            self.nests.setdefault(one, set()).add(number)
            self.nests.setdefault(number, set()).add(one)
        return target, iterable


class _Filler:
    def __init__(self, program: ir.Program, traces: Sequence[Trace]) -> None:
        self.program = program
        self.traces = traces
        self.places = _Places()
        walk_program(program, self.places)
        self.expressions: dict[int, ast.expr] = {}
        self.keywords: dict[int, list[tuple[Lift, ast.expr]]] = {}
        self.indices: dict[int, Index] = {}
        self.lifts: dict[str, Lifts] = {}
        self._taken = {block.name: names_of(block) for block in program.blocks}
        self._slots: dict[str, list[Slot]] = {}

    def settle(self) -> None:
        """Decide what to write everywhere."""
        for slot in self._autos():
            self._slots.setdefault(slot.where.block.name, []).append(slot)
        done: set[str] = set()
        for block in self._order():
            self._settle_block(block, done)
            done.add(block.name)

    def _settle_block(self, block: ir.Block, done: set[str]) -> None:
        lifts = self.lifts[block.name] = Lifts(block)
        for slot in sorted(self._slots.pop(block.name, ()), key=lambda s: s.number):
            expression = self._write(list(slot.rows), slot)
            if slot.lift is None:
                self.expressions[slot.number] = expression
            else:
                given = self.keywords.setdefault(slot.number, [])
                given.append((slot.lift, expression))
        indices = {one.name for one in self.indices.values() if one.name is not None}
        lifts.give_names(
            self._taken[block.name] | self._names_of_others(block) | indices
        )
        if block.name != self.program.root:
            for lift in lifts.made:
                self._hand_up(block, lift, done)

    # --- what there is to write -----------------------------------------------------

    def _autos(self) -> Iterator[Slot]:
        rows: dict[int, list[Row]] = {}
        for run, trace in enumerate(self.traces):
            for one in trace.executions:
                row = Row((run, one.activation), one.turns, dict(one.names), one.value)
                rows.setdefault(one.place, []).append(row)
        for number, found in sorted(rows.items()):
            node, where = self.places.autos[number]
            name = argument_name(where, self.program)
            yield Slot(number, where, node, name, tuple(found))

    def _order(self) -> list[ir.Block]:
        """Blocks before those whose modules make theirs."""
        makers: dict[str, set[str]] = {}
        for trace in self.traces:
            for one in trace.activations:
                if one.parent != UNSEEN:
                    above = trace.activations[one.parent].block
                    makers.setdefault(above, set()).add(one.block)
        ordered: dict[str, None] = {}
        seen: set[str] = set()

        def visit(name: str) -> None:
            if name not in seen:
                seen.add(name)
                for below in sorted(makers.get(name, ())):
                    visit(below)
                ordered[name] = None

        for block in self.program.blocks:
            visit(block.name)
        found = (self.program.block(name) for name in ordered)
        return [block for block in found if block is not None]

    # --- one size -------------------------------------------------------------------

    def _write(self, rows: list[Row], slot: Slot) -> ast.expr:
        values = values_of(rows)
        if len(values) == 1:
            return literal(values[0], slot.node)
        at = (slot.node.lineno, slot.node.col_offset)
        known = find_expression(rows, slot.where, at)
        if known is not None:
            return known
        levels = levels_of(rows)
        if not levels:
            return self._lift(rows, slot)
        index = self._index(slot, levels[-1])
        parts = split_first(rows, levels[-1])
        if parts is not None:
            first, others = (self._write(part, slot) for part in parts)
            is_first = ast.Compare(index, [ast.Eq()], [ast.Constant(0)])
            return _at(ast.IfExp(is_first, first, others), slot.node)
        items = self._write(fold(rows, levels[-1]), slot)
        return _at(ast.Subscript(items, index, ast.Load()), slot.node)

    def _index(self, slot: Slot, level: int) -> ast.expr:
        number = slot.where.loops[level]
        if number not in self.indices:
            beside = self.places.nests.get(number, set()) & self.indices.keys()
            taken = {name for o in beside if (name := self.indices[o].name) is not None}
            taken |= self._taken[slot.where.block.name]
            self.indices[number] = index_of(self.places.loops[number], taken)
        return self.indices[number].expression

    def _lift(self, rows: list[Row], slot: Slot) -> ast.expr:
        block = slot.where.block
        values = dict(makers(rows))
        lift = self.lifts[block.name].add(values, slot.argument, slot.where.child)
        lift.span = lift.span or span_of(slot.node, block.source)
        return lift.name_node(slot.node)

    # --- arguments of blocks ----------------------------------------------------------

    def _hand_up(self, block: ir.Block, lift: Lift, done: set[str]) -> None:
        """The argument's value at each place of use is a size to write there."""
        rows: dict[int, list[Row]] = {}
        for (run, index), value in lift.values.items():
            one = self.traces[run].activations[index]
            if one.parent == UNSEEN:
                raise _cannot_differ(block, lift, "it is made where no call is seen")
            row = Row((run, one.parent), one.turns, dict(one.names), value)
            rows.setdefault(one.call, []).append(row)
        for number, found in rows.items():
            node, where = self.places.calls[number]
            user = where.block.name
            if user in done or user == block.name:
                raise _cannot_differ(block, lift, "the block stands in itself")
            slot = Slot(number, where, node, lift.name, tuple(found), lift)
            self._slots.setdefault(user, []).append(slot)

    def _names_of_others(self, block: ir.Block) -> set[str]:
        """Params of blocks that are made by the same calls: they get it too."""
        return {
            param.name
            for other in self._beside(block.name)
            if (found := self.program.block(other)) is not None
            for param in found.params
        }

    def _beside(self, name: str) -> set[str]:
        """Blocks that some call makes which makes this one too."""
        by_call: dict[int, set[str]] = {}
        for trace in self.traces:
            for one in trace.activations:
                if one.call != UNSEEN:
                    by_call.setdefault(one.call, set()).add(one.block)
        return set().union(*(o for o in by_call.values() if name in o)) - {name}

    # --- the result -------------------------------------------------------------------

    def with_params(self, block: ir.Block) -> ir.Block:
        """A block with the arguments that it has got."""
        lifts = self.lifts.get(block.name)
        more = [] if lifts is None else [self._param(block, o) for o in lifts.made]
        names = {param.name for param in more}
        for other in sorted(self._beside(block.name)):
            for lift in self.lifts[other].made:
                # A call that may make either gives it to both.
                if lift.name not in names and self._is_given(lift, block.name):
                    names.add(lift.name)
                    more.append(lift.param(is_needed=False))
        return replace(block, params=(*block.params, *more)) if more else block

    def _is_given(self, lift: Lift, name: str) -> bool:
        calls = {
            n for n, given in self.keywords.items() if lift in [o for o, _ in given]
        }
        return any(
            one.call in calls and one.block == name
            for trace in self.traces
            for one in trace.activations
        )

    def _param(self, block: ir.Block, lift: Lift) -> ir.Param:
        if block.name == self.program.root:
            return lift.root_param(
                [at for at, one in enumerate(self.traces) if one.variant is None]
            )
        count = sum(
            one.block == block.name
            for trace in self.traces
            for one in trace.activations
        )
        return lift.param(is_needed=len(lift.values) == count)

    def with_values(self, variant: ir.Variant) -> ir.Variant:
        """A variant with what the root has to be given."""
        lifts = self.lifts.get(self.program.root or "")
        more = [
            (lift.name, lift.literal(value))
            for lift in (lifts.made if lifts is not None else ())
            for (run, _), value in lift.values.items()
            if self.traces[run].variant == variant.name
            and value != lift.default(self._defaults())
        ]
        return replace(variant, values=(*variant.values, *more)) if more else variant

    def _defaults(self) -> list[int]:
        return [at for at, one in enumerate(self.traces) if one.variant is None]


class _Writer(Visitor):
    """Writes what was decided."""

    def __init__(self, filler: _Filler) -> None:
        self._filler = filler

    def auto(self, number: int, node: ast.Name, where: Where) -> ast.expr:
        return self._filler.expressions.get(number, node)

    def call(
        self, number: int, node: ast.Call, made: ast.Call, where: Where
    ) -> ast.expr:
        for lift, value in self._filler.keywords.get(number, ()):
            keyword = ast.keyword(lift.name, value)
            made.keywords = [*made.keywords, ast.copy_location(keyword, node)]
        return made

    def loop(
        self, number: int, target: ast.expr, iterable: ast.expr, where: Where
    ) -> tuple[ast.expr, ast.expr]:
        index = self._filler.indices.get(number)
        return (
            (target, iterable) if index is None else with_index(target, iterable, index)
        )


def literal(value: Value, at: ast.expr) -> ast.expr:
    """A number, or a list of them."""
    if isinstance(value, int):
        return _at(ast.Constant(value), at)
    return _at(ast.List([literal(one, at) for one in value], ast.Load()), at)


def _at(node: ast.expr, at: ast.expr) -> ast.expr:
    for one in ast.walk(node):
        if isinstance(one, ast.expr) and not hasattr(one, "lineno"):
            ast.copy_location(one, at)
    return node


def _cannot_differ(block: ir.Block, lift: Lift, why: str) -> SpecError:
    listed = ", ".join(str(one) for one in dict.fromkeys(lift.values.values()))
    return SpecError(
        [
            Diagnostic(
                "auto-not-inferred",
                f"'{lift.argument or lift.name}' differs between modules of"
                f" {block.name} ({listed}), and {why}",
                lift.span,
                help=("give the block a param for it",),
            )
        ]
    )
