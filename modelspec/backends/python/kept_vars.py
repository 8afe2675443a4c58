"""Vars that are computed only to be read as attributes.

`hidden = 4 * dim` followed by `self.hidden = hidden` is `self.hidden = 4 * dim` where
nothing else reads the local. Comes in: a Block. Goes out: the same Block with such vars
as attributes: where they are kept, or, if a name in the value is bound anew in between,
where they are computed. Values that may draw random numbers or read `self` stay vars.
"""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import replace

from modelspec.backends.python.nodes import names_in, target_names
from modelspec.backends.python.traversal import expressions_of, statements_in
from modelspec.program import ir


def with_kept_vars(block: ir.Block) -> ir.Block:
    values = _values(block)
    kept = {one.name for one in block.construct if isinstance(one, ir.Keep)}
    found = {name: value for name, value in values.items() if name in kept}
    if not found:
        return block
    bound = Counter(_bound(block))
    construct: list[ir.Statement] = []
    for one in block.construct:
        match one:
            case ir.Let(target=ast.Name(id=name)) | ir.Keep(name=name) if name in found:
                fixed = all(bound[other] <= 1 for other in names_in(found[name]))
                if fixed == isinstance(one, ir.Keep):
                    key = ast.Constant(name)
                    construct.append(ir.OwnAttribute(key, found[name], one.span))
            case _:
                construct.append(one)
    return replace(block, construct=tuple(construct))


def _values(block: ir.Block) -> dict[str, ast.expr]:
    """Vars with one value, which one statement reads: that which keeps it."""
    bound = Counter(_bound(block))
    read = Counter(_read(block))
    found: dict[str, ast.expr] = {}
    for one in block.construct:
        match one:
            case ir.Let(
                target=ast.Name(id=name), value=ir.Value() as made, is_var=True
            ):
                names = set(names_in(made.expression))
                # The base of a class that extends is initialised after its vars.
                fixed = all(bound[other] <= 1 for other in names)
                movable = fixed or block.base.call is None
                pure = not names & {"torch", "self"}
                if pure and movable and bound[name] == 1 and read[name] == 1:
                    found[name] = made.expression
    return found


def _bound(block: ir.Block) -> list[str]:
    found = [param.name for param in block.params]
    for one in statements_in(block.construct):
        if isinstance(one, ir.Let | ir.For):
            found += target_names(one.target)
    return found


def _read(block: ir.Block) -> list[str]:
    found = [
        name
        for one in statements_in(block.construct)
        for node in expressions_of(one)
        for name in names_in(node)
    ]
    return found if block.base.call is None else [*found, *names_in(block.base.call)]
