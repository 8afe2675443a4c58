"""What is known of the names of one file.

In: the index of the last text that compiled (None where none did), and the key of the
file. Out: what a name that can be called is, there or in a method of a block.
"""

from __future__ import annotations

import ast
from collections.abc import Collection

from modelspec.lsp.described import (
    Argument,
    Described,
    arguments_of,
    describe,
    describe_method,
    signature_text,
)
from modelspec.lsp.index import Index, Symbol
from modelspec.lsp.place import Place
from modelspec.program.ir import Block
from modelspec.program.standard import TAKE_CHILDREN


class Known:
    """Of one file. `names` are the blocks that have a name in it, and the classes of
    Python modules."""

    def __init__(self, index: Index | None, key: str) -> None:
        self.index, self.key = index, key
        self.names: Collection[str] = ()
        if index is not None:
            self.names = index.names.get(key, {}) | index.externals.get(key, {})

    def described(self, name: str) -> Described | None:
        return describe(name, self.index, self.key)

    def owner(self, place: Place) -> Block | None:
        """The block that a place is in."""
        if self.index is None:
            return None
        return self.index.block_named(self.key, place.block)

    def takes_children(self, name: str) -> bool:
        if name not in self.names:
            return name in TAKE_CHILDREN
        described = self.described(name)
        arguments = described.arguments if described is not None else ()
        return any(one.type == "children" for one in arguments)

    def child(self, place: Place, path: str) -> Symbol | None:
        """What `self.PATH` is in the block that a place is in."""
        owner = self.owner(place)
        if owner is None or self.index is None:
            return None
        id = self.index.member(owner.name, path)
        return self.index.symbols[id] if id is not None else None

    def called(self, place: Place, callee: str) -> Described | None:
        """What a call in a method calls: a child, a function, a method of a tensor."""
        if callee.startswith("self."):
            symbol = self.child(place, callee.removeprefix("self."))
            return self._forward(callee, symbol) if symbol is not None else None
        found = self.described(callee)
        if found is None and "." in callee:
            found = describe_method(callee.rpartition(".")[2])
        return found

    def _forward(self, callee: str, symbol: Symbol) -> Described | None:
        """What calling a child or method of the spec takes, if it is one of a block."""
        index = self.index
        if index is None:
            return None
        if symbol.kind == "method":
            return _method(callee, symbol, index.block(symbol.id.owner))
        block = index.block(symbol.type or "")
        if block is None:
            return None
        arguments = tuple(
            Argument(one.name, "None" if one.optional else None, one.dtype)
            for one in block.inputs
        )
        return Described(signature_text(callee, arguments), "child", "", arguments)


def _method(callee: str, symbol: Symbol, block: Block | None) -> Described | None:
    for method in block.methods if block is not None else ():
        if method.name == symbol.id.last:
            text = ast.unparse(method.arguments).removeprefix("self").lstrip(", ")
            arguments = arguments_of(text)
            return Described(f"{callee}({text})", "method", "", arguments)
    return None
