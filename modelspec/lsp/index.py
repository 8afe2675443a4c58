"""Every name of a spec: where it is defined, and where it is used.

In: a compilation. Out: an `Index`. Definitions come from the files as they are written,
uses from the Program, where each name is resolved already. Only what stands in the
text under that very name is an occurrence; standard blocks have none.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import field
from typing import Literal, TypeAlias

from modelspec.diagnostics.span import Source, Span
from modelspec.driver import Compilation
from modelspec.program.ir import Block, Container, Function, ModuleValue, Program
from modelspec.records import dataclass
from modelspec.spec.loader import LoadedFile
from modelspec.syntax.nodes import MappingNode

Kind: TypeAlias = Literal[
    "block",
    "function",
    "param",
    "var",
    "child",
    "parameter",
    "buffer",
    "attribute",
    "constant",
    "method",
    "input",
    "local",
    "file",
]


@dataclass(frozen=True, slots=True)
class SymbolId:
    """What a name means. `owner` is the class of the block, empty for what belongs to
    none; `space` tells names of the constructor (`local`) from those under `self`
    (`member`, a dotted path) and those of a method (`in NAME`)."""

    owner: str
    space: str
    name: str

    @property
    def last(self) -> str:
        """The name as it is written: the end of a path."""
        return self.name.rpartition(".")[2]


@dataclass(slots=True, eq=False)
class Symbol:
    """`spans` are the places of its definition: a child of both branches of an `if`
    has two. `whole` is what belongs to the first; `type` the class of the block that a
    child is an instance of, `value` what it is made of."""

    id: SymbolId
    kind: Kind
    spans: list[Span]
    whole: Span
    type: str | None = None
    value: ModuleValue | None = None

    @property
    def written(self) -> str:
        """The name as its definition has it."""
        return self.spans[0].text

    @property
    def text(self) -> str:
        """A child in one line, as it is told of it; empty for what is none."""
        if self.value is None:
            return ""
        if isinstance(self.value, Container):
            text = ast.unparse(self.value.callee)
            return f"{text}: {len(self.value.children)} in it"
        return ast.unparse(self.value.expression)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A stretch of a file that means a symbol."""

    start: int
    end: int
    id: SymbolId


@dataclass(slots=True, eq=False)
class Index:
    """`blocks` are those of the spec by their classes, and `functions` its functions,
    what nothing uses included, without standard ones. `names` are, for each file, the
    names of blocks in it and their classes, `function_names` those of functions,
    `externals` those of classes of Python modules and where these are;
    `loose` are parts of patterns (`inner` of `*.inner.weight`), which mean every child
    or tensor of that name, and `loose_attributes` names of attributes of what only a
    run knows (`norm` of `layer.norm`)."""

    program: Program
    files: dict[str, LoadedFile]
    blocks: dict[str, Block] = field(default_factory=dict)
    functions: list[Function] = field(default_factory=list)
    symbols: dict[SymbolId, Symbol] = field(default_factory=dict)
    occurrences: dict[str, set[Occurrence]] = field(default_factory=dict)
    nodes: dict[str, MappingNode] = field(default_factory=dict)
    names: dict[str, dict[str, str]] = field(default_factory=dict)
    function_names: dict[str, dict[str, str]] = field(default_factory=dict)
    externals: dict[str, dict[str, str]] = field(default_factory=dict)
    loose: set[Span] = field(default_factory=set)
    loose_attributes: set[Span] = field(default_factory=set)

    def __post_init__(self) -> None:
        program = self.program
        for block in (*program.blocks, *program.unused_blocks):
            if not block.source.is_standard:
                self.blocks[block.name] = block
        functions = (*program.functions, *program.unused_functions)
        self.functions += (one for one in functions if not one.source.is_standard)

    # --- filling ------------------------------------------------------------------

    def define(
        self, id: SymbolId, kind: Kind, span: Span, whole: Span | None = None
    ) -> Symbol:
        """A definition of a symbol, the first or a further one."""
        symbol = self.symbols.get(id)
        if symbol is None:
            symbol = Symbol(id, kind, [span], whole or span)
            self.symbols[id] = symbol
        elif span not in symbol.spans:
            symbol.spans.append(span)
        self.use(id, span)
        return symbol

    def use(self, id: SymbolId, span: Span) -> None:
        if not span.source.is_standard and span.end > span.start:
            found = Occurrence(span.start, span.end, id)
            self.occurrences.setdefault(source_key(span.source), set()).add(found)

    # --- asking -------------------------------------------------------------------

    def at(self, key: str, offset: int) -> Occurrence | None:
        """The smallest occurrence that holds a place or ends there."""
        fitting = [
            one
            for one in self.occurrences.get(key, ())
            if one.start <= offset <= one.end
        ]
        return min(
            fitting,
            key=lambda one: (one.end - one.start, one.end == offset),
            default=None,
        )

    def uses(self, id: SymbolId) -> Iterator[tuple[str, Occurrence]]:
        """The key of the file and the place, in order."""
        for key in sorted(self.occurrences):
            found = [one for one in self.occurrences[key] if one.id == id]
            for one in sorted(found, key=lambda one: one.start):
                yield key, one

    def member(self, owner: str, path: str) -> SymbolId | None:
        """What `self.PATH` means in a block: a module or tensor, else a param or var,
        in the block, in what it extends, or inside of a child that is a block."""
        return self._member(owner, path, 0)

    def _member(self, owner: str, path: str, depth: int) -> SymbolId | None:
        id = SymbolId(owner, "member", path)
        if id in self.symbols:
            return id
        local = SymbolId(owner, "local", path)
        if local in self.symbols and self.symbols[local].kind in ("param", "var"):
            return local
        block = self.block(owner)
        if block is None or depth > 16:
            return None
        head = path
        while "." in head:
            head, _, _ = head.rpartition(".")
            child = self.symbols.get(SymbolId(owner, "member", head))
            if child is not None and child.type is not None:
                return self._member(child.type, path[len(head) + 1 :], depth + 1)
        base = base_class(block)
        return None if base is None else self._member(base, path, depth + 1)

    def members(self, owner: str, path: str = "") -> list[Symbol]:
        """What can stand after `self.` or `self.PATH.`, nearest first."""
        found: dict[str, Symbol] = {}
        for symbol in self._members(owner, path, 0):
            found.setdefault(symbol.id.last, symbol)
        return list(found.values())

    def _members(self, owner: str, path: str, depth: int) -> Iterator[Symbol]:
        block = self.block(owner)
        if block is None or depth > 16:
            return
        if path:
            inner = self.member(owner, path)
            child = self.symbols.get(inner) if inner is not None else None
            if child is None:
                return
            if child.type is not None:
                yield from self._members(child.type, "", depth + 1)
                return
            owner, path = child.id.owner, child.id.name + "."
        own = [one for one in self.symbols.values() if one.id.owner == owner]
        for symbol in own:
            rest = symbol.id.name.removeprefix(path)
            fits = symbol.id.space == "member" and symbol.id.name.startswith(path)
            if fits and "." not in rest and "#" not in rest:
                yield symbol
        if path:
            return
        yield from (s for s in own if s.kind in ("param", "var"))
        base = base_class(block)
        if base is not None:
            yield from self._members(base, "", depth + 1)

    def block(self, name: str) -> Block | None:
        return self.blocks.get(name)

    def source(self, key: str) -> Source:
        """The text of a file that was read."""
        return self.files[key].source

    def block_named(self, key: str, name: str | None) -> Block | None:
        """A block of a file by its name there; the file's own for None."""
        file = self.files.get(key)
        if name is None:
            if file is None or file.spec.name is None:
                return None
            name = file.spec.name.text
        return self.block(self.names.get(key, {}).get(name, ""))


def source_key(source: Source) -> str:
    return source.path or source.name


def base_class(block: Block) -> str | None:
    """The class of the block that a block extends."""
    call = block.base.call
    return call.func.id if call and isinstance(call.func, ast.Name) else None


def build_index(compilation: Compilation) -> Index:
    """The index of a compilation that has a Program."""
    from modelspec.lsp.definitions import add_definitions
    from modelspec.lsp.uses import add_uses

    assert compilation.program is not None
    files = {source_key(file.source): file for file in compilation.files}
    index = Index(compilation.program, files)
    add_definitions(index)
    add_uses(index)
    return index
