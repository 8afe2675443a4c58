"""What `self` has in a block: what it registers, keeps, defines and inherits.

In: a block and its Program. Out: `Members`. Names computed with `${...}` are kept as
patterns; where more may be there than can be seen, the members are open and a name
that is not among them may still be right.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterable
from dataclasses import field
from typing import TypeGuard

from modelspec.analysis.patterns import NamePattern, pattern_of
from modelspec.catalog import load_catalog
from modelspec.program.ir import (
    Block,
    Child,
    For,
    If,
    Keep,
    ModuleValue,
    OwnAttribute,
    OwnBuffer,
    OwnParameter,
    Program,
    Replace,
    Splice,
    Statement,
)
from modelspec.records import dataclass

_KINDS = {
    Child: "child",
    OwnParameter: "parameter",
    OwnBuffer: "buffer",
    OwnAttribute: "attribute",
}
# Layers whose attributes are made in loops or later, so that no table has them all.
_OPEN_BASES = frozenset({"RNNBase", "LazyModuleMixin"})


@dataclass(slots=True, eq=False)
class Members:
    """`kinds` tells what each name is: child, parameter, buffer, attribute, value (a
    param or var), constant, method, or torch for what a torch layer brings."""

    kinds: dict[str, str] = field(default_factory=dict)
    children: dict[str, list[ModuleValue]] = field(default_factory=dict)
    patterns: list[NamePattern] = field(default_factory=list)
    has_numbers: bool = False
    is_open: bool = False

    def has(self, name: str) -> bool:
        """Whether there is, or may be, something of this name."""
        return self.is_open or name in self.kinds or self.may_be_computed(name)

    def may_be_computed(self, name: str) -> bool:
        """Whether a name, or a number in a loop, that is computed may be this one."""
        if self.has_numbers and name.isdecimal():
            return True
        return any(one.matches(name) for one in self.patterns)

    def add(self, name: ast.expr | None, kind: str) -> None:
        if isinstance(name, ast.Constant):
            self.kinds.setdefault(str(name.value), kind)
        elif name is not None:
            self.patterns.append(pattern_of(name))


def members_of(block: Block, program: Program) -> Members:
    found = Members()
    _add_block(block, found)
    _add_base(block, program, found, {block.name})
    return found


def _add_block(block: Block, found: Members) -> None:
    _add_statements(block.construct, found)
    for constant in block.constants:
        found.kinds.setdefault(constant.name, "constant")
    for method in block.methods:
        found.kinds.setdefault(method.name, "method")
    for name in block.unread:
        found.kinds.setdefault(name, "unread")


def _add_statements(statements: Iterable[Statement], found: Members) -> None:
    at = 0
    for one in statements:
        kind = _KINDS.get(type(one))
        if isinstance(one, Child) and one.name is None:
            found.kinds.setdefault(str(at), "child")
            at += 1
        elif kind is not None:
            name: ast.expr | None = getattr(one, "name", None)
            found.add(name, kind)
            if isinstance(one, Child) and isinstance(one.name, ast.Constant):
                found.children.setdefault(str(one.name.value), []).append(one.value)
        elif isinstance(one, Keep):
            found.kinds.setdefault(one.name, "value")
        elif isinstance(one, Splice):
            found.is_open = True
        elif isinstance(one, For):
            found.has_numbers = True
            _add_statements(one.body, found)
        elif isinstance(one, If):
            found.has_numbers = True
            _add_statements(one.body, found)
            _add_statements(one.orelse, found)


def _add_base(block: Block, program: Program, found: Members, seen: set[str]) -> None:
    if block.base.call is None:
        return
    function = block.base.call.func
    base = program.block(function.id) if isinstance(function, ast.Name) else None
    if base is not None and base.name not in seen:
        seen.add(base.name)
        replaced = any(isinstance(one, Replace) for one in block.construct)
        inherited = Members()
        _add_block(base, inherited)
        for name, kind in inherited.kinds.items():
            found.kinds.setdefault(name, kind)
        for name, values in inherited.children.items():
            if not replaced:
                found.children.setdefault(name, []).extend(values)
        found.patterns += inherited.patterns
        found.has_numbers |= inherited.has_numbers
        found.is_open = found.is_open or inherited.is_open
        _add_base(base, program, found, seen)
    elif is_torch_layer(function):
        _add_layer(function.attr, found)
    else:
        found.is_open = True


def is_torch_layer(node: ast.expr) -> TypeGuard[ast.Attribute]:
    """Whether a canonical expression is `nn.Something`."""
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "nn"
    )


def _add_layer(name: str, found: Members) -> None:
    names = layer_members(name)
    found.is_open = found.is_open or names is None
    for member in sorted(names or ()):
        found.kinds.setdefault(member, "torch")


@functools.cache
def layer_members(name: str) -> frozenset[str] | None:
    """What a layer of torch has of its own; None where no table has it all."""
    layer = load_catalog().layer(name)
    if layer is None or layer.is_container or _OPEN_BASES & {name, *layer.bases}:
        return None
    if not layer.attributes:
        return None
    names: set[str] = set()
    for one in (name, *layer.bases):
        inherited = load_catalog().layer(one)
        if inherited is not None:
            names.update(inherited.attributes, inherited.methods)
    return frozenset(names)
