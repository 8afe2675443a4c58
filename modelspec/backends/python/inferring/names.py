"""What names are at one point of a body, as a type checker follows them.

Comes in: assignments and tests, one after another. Goes out: the kind of each name, and
the codes of assignments that a checker refuses.
"""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from modelspec.backends.python.attributes import CONTAINERS
from modelspec.backends.python.kinds import (
    ANY,
    EMPTY_DICT,
    EMPTY_LIST,
    INT,
    MODULE,
    NONE,
    STR,
    Kind,
    alternatives,
    common,
    joined,
    without_none,
)
from modelspec.backends.python.nodes import path_of
from modelspec.backends.python.torch_kinds import fits
from modelspec.program import ir

if TYPE_CHECKING:
    from modelspec.backends.python.inference import Inference


class Names(ABC):
    """Names so far, what the body returned, codes it needs."""

    def __init__(
        self,
        inference: Inference,
        block: ir.Block,
        names: dict[str, Kind],
        codes: set[str],
    ) -> None:
        self.inference = inference
        self.attributes = inference.attributes
        self.block = block
        self.declared = dict(names)
        self.names = dict(names)
        self.given = frozenset(names)
        self.widened: set[str] = set()
        self.filled: set[str] = set()
        self.codes = codes
        self.returned: list[Kind] = []
        self.shown: dict[ast.expr, bool] = {}
        """Values that an f-string shows alone, and whether each is a text."""

    @abstractmethod
    def infer(self, node: ast.expr) -> Kind:
        """The kind of an expression."""

    def narrow(self, test: ast.expr, *, holds: bool) -> None:
        """What a test has told of a name: `isinstance`, or whether it is None."""
        match test:
            case ast.Compare(
                left=ast.Name(id=key),
                ops=[ast.Is() | ast.IsNot() as operator],
                comparators=[ast.Constant(value=None)],
            ):
                is_none = isinstance(operator, ast.Is) is holds
                before = self.names.get(key, ANY)
                self.names[key] = NONE if is_none else without_none(before)
            case ast.BoolOp(op=ast.And()) if holds:
                for one in test.values:
                    self.narrow(one, holds=True)
        found = told_by_isinstance(test)
        if found is None:
            return
        key, kind = found
        if holds:
            self.names[key] = Kind(kind) if kind else ANY
            return
        before = self.names.get(key, ANY)
        left = [one for one in alternatives(before.text) if one != kind]
        self.names[key] = Kind(" | ".join(left), before.seen) if left else before

    def bind(self, target: ast.expr, value: Kind) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            if value == MODULE:
                self.codes.update(("misc", "has-type"))
                value = ANY
            parts = value.items if len(value.items) == len(target.elts) else ()
            for index, item in enumerate(target.elts):
                part = parts[index] if parts else self.item(value)
                self.bind(item, part.opaque() if value.seen == "any" else part)
            return
        if not isinstance(target, ast.Name):
            self._fill(target)
            self.infer(target)
            return
        before = self.declared.get(target.id)
        if before is None or before == NONE:
            known = value if before is None else joined([before, value])
            self.declared[target.id] = known
        elif before.seen == "any":
            value = value.opaque() if target.id in self.given else value
        else:
            value = self._assigned(target.id, before, value)
        self.names[target.id] = value

    def _assigned(self, key: str, declared: Kind, value: Kind) -> Kind:
        """What a name is after another value than its first; a checker lets it be
        None in the other branch of a condition, and `_` anything."""
        if key == "_":
            return value
        self.need_annotation(key)
        may_be_none = value == NONE and key in self.widened
        if value.seen != "any" and not may_be_none and not fits(value, declared):
            self.codes.add("assignment")
        if value.seen != "any":
            return value
        return without_none(declared)

    def need_annotation(self, key: str) -> None:
        """A checker wants to know of an empty list or dict what it will hold, if it is
        read before something is put into it."""
        known = self.names.get(key)
        empty = known is EMPTY_LIST or known is EMPTY_DICT
        if empty and key not in self.filled:
            self.codes.add("var-annotated")

    def _fill(self, target: ast.expr) -> None:
        """What is put into an empty dict tells a checker what it holds."""
        match target:
            case ast.Subscript(value=ast.Name(id=key)):
                self.filled.add(key)

    def item(self, kind: Kind) -> Kind:
        """What iterating over a value gives."""
        if kind.seen == "union":
            self.codes.add("union-attr")
            return MODULE.opaque()
        if kind.text in CONTAINERS or self.is_container(kind):
            return STR if kind.text == "nn.ModuleDict" else MODULE
        if kind.text in {"torch.Size", "range"}:
            return INT
        if kind.items:
            return common(kind.items)
        if kind.is_tensor or kind.text.startswith("tuple[torch.Tensor"):
            return Kind("torch.Tensor", kind.seen)
        return ANY

    def is_container(self, kind: Kind) -> bool:
        block = self.attributes.block_of(kind.text)
        if block is None:
            return False
        if block.base.call is not None:
            base = Kind(".".join(path_of(block.base.call.func) or ()))
            return base.text in CONTAINERS[:2] or self.is_container(base)
        return block.base.kind in ("Sequential", "ModuleList")


def told_by_isinstance(test: ast.expr) -> tuple[str, str] | None:
    """The name and the class in `isinstance(name, Class)`; no class if several."""
    match test:
        case ast.Call(func=ast.Name(id="isinstance"), args=[ast.Name(id=key), kind]):
            return key, ".".join(path_of(kind) or ())
    return None
