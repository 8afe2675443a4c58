"""What blocks extend: whether a chain of `extends` comes to an end.

In: lowered blocks. Out: a diagnostic for each circle, at the first `extends` in it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from modelspec.diagnostics.diagnostic import Label, Report
from modelspec.program.ir import Block


def check_bases(blocks: Sequence[Block], report: Report) -> None:
    """Reports blocks that extend each other: no class could be made of them."""
    by_name = {block.name: block for block in blocks}
    told: set[str] = set()
    for block in blocks:
        circle = _circle(block, by_name)
        if not circle or block.name in told:
            continue
        told.update(one.name for one in circle)
        names = [one.name for one in (*circle, block)]
        report.error(
            "extends-cycle",
            f"these blocks extend each other: {' -> '.join(names)}",
            block.base.span,
            help="move what they share into a block that extends none of them",
            labels=tuple(Label(one.base.span, "and here") for one in circle[1:]),
        )


def bases_of(block: Block, by_name: dict[str, Block]) -> Iterator[Block]:
    """The blocks that a block extends, nearest first; ends where they repeat."""
    seen: set[str] = set()
    while block.base.call is not None:
        function = block.base.call.func
        name = function.id if isinstance(function, ast.Name) else ""
        if name not in by_name or name in seen:
            return
        seen.add(name)
        block = by_name[name]
        yield block


def _circle(block: Block, by_name: dict[str, Block]) -> list[Block]:
    """A block and those it extends, up to itself; empty where that ends elsewhere."""
    bases = list(bases_of(block, by_name))
    if block not in bases:
        return []
    return [block, *bases[: bases.index(block)]]
