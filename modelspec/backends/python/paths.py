"""Dotted names: whether one means a parameter or a module, and how code reaches it.

Comes in: a Block and a name as `tie`, `freeze` and `init` give it. Goes out: what it
means as far as the Program tells, and chains of attributes and indices that a type
checker can follow to the end.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Literal, TypeAlias

from modelspec.analysis.patterns import pattern_of
from modelspec.backends.python.attributes import Attributes
from modelspec.backends.python.containers import kind_of
from modelspec.backends.python.names import is_identifier
from modelspec.backends.python.nodes import attribute, constant, name, string, subscript
from modelspec.backends.python.patterns import Pattern, split
from modelspec.backends.python.traversal import statements_in
from modelspec.program import ir

Meaning: TypeAlias = Literal["parameter", "module"]
Place: TypeAlias = "ir.Block | ir.Container | str | None"
"""A class, a container written out, a layer's name; None is any module."""

_OF_LAYERS = re.compile(r"(weight|bias|in_proj_|original)")
"""How the parameters of torch's own layers begin."""


class Paths:
    """Dotted names below one block."""

    def __init__(self, attributes: Attributes, block: ir.Block) -> None:
        self.attributes = attributes
        self.block = block

    def meaning(self, path: Pattern) -> Meaning | None:
        """None where it may be either."""
        owner, leaf = split(path)
        own = _meanings([self.block], leaf) if owner is None else set()
        found = own or _meanings(self.attributes.uses.program.blocks, leaf)
        text = string(leaf)
        if not own and text is not None and _OF_LAYERS.match(text):
            found.add("parameter")
        if len(found) > 1:
            return None
        return found.pop() if found else "module"

    def chain(self, path: Pattern) -> ast.expr | None:
        """`self.transformer["wte"]` for a module, if each step has a type."""
        text = string(path)
        found: ast.expr = name("self")
        place: Place = self.block
        for part in text.split(".") if text else ():
            step = self._step(found, place, part)
            if step is None:
                return None
            found, place = step
        return found if text else None

    def _step(
        self, found: ast.expr, place: Place, part: str
    ) -> tuple[ast.expr, Place] | None:
        if isinstance(place, ir.Block):
            types = self.attributes.of(place).get(part, [])
            if len(types) == 1 and is_identifier(part):
                return attribute(found, part), self._place(place, part, types[0])
            kind = f"nn.{place.base.kind}"
        else:
            kind = kind_of(place) if isinstance(place, ir.Container) else place or ""
        if kind in ("nn.Sequential", "nn.ModuleList") and part.isdecimal():
            return subscript(found, constant(int(part))), None
        if kind == "nn.ModuleDict":
            return subscript(found, constant(part)), None
        return None

    def _place(self, block: ir.Block, part: str, kind: str) -> Place:
        for one in block.construct:
            match one:
                case ir.Child(
                    name=ast.Constant(value=key), value=ir.Container() as made
                ):
                    if key == part and made.into is None:
                        return made
        return self.attributes.block_of(kind) or kind


def _meanings(
    blocks: tuple[ir.Block, ...] | list[ir.Block], leaf: Pattern
) -> set[Meaning]:
    """What is registered under a name that may be this one."""
    found: set[Meaning] = set()
    for block in blocks:
        for one in statements_in(block.construct):
            match one:
                case ir.OwnParameter() if may_coincide(one.name, leaf):
                    found.add("parameter")
                case ir.Child() if one.name and may_coincide(one.name, leaf):
                    found.add("module")
    return found


def may_coincide(first: Pattern, second: Pattern) -> bool:
    """Whether two names, each perhaps computed, can come out the same."""
    return any(
        pattern_of(one).matches(_sample(other))
        for one, other in ((first, second), (second, first))
    )


def _sample(pattern: Pattern) -> str:
    return "".join("0" if text is None else text for text in _parts(pattern))


def _parts(pattern: Pattern) -> Iterator[str | None]:
    for one in pattern.values if isinstance(pattern, ast.JoinedStr) else [pattern]:
        yield str(one.value) if isinstance(one, ast.Constant) else None
