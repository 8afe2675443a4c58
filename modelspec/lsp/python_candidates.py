"""The names that fit into a piece of Python: an expression, a module, a method.

In: a `Place` where Python stands, and what is known of the file. Out: `Candidate`s,
nearest meanings first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lsprotocol.types import CompletionItemKind as Kind

from modelspec.catalog import load_catalog
from modelspec.catalog.docs import layer_doc
from modelspec.lsp.candidate import (
    Candidate,
    builtin_candidates,
    choice_candidates,
    init_candidates,
    keyword_candidates,
    layer_candidates,
    symbol_candidate,
    tensor_candidates,
    torch_candidates,
)
from modelspec.lsp.index import Symbol
from modelspec.lsp.known import Known
from modelspec.lsp.place import Place
from modelspec.lsp.typed import Typed, read_typed
from modelspec.program.ir import Block
from modelspec.program.standard import STANDARD_BLOCKS
from modelspec.pysubset import BUILTINS
from modelspec.syntax.keys import CONTAINERS

_ASSIGNED = re.compile(
    r"^[ \t]*(?:for[ \t]+)?([A-Za-z_]\w*(?:[ \t]*,[ \t]*[A-Za-z_]\w*)*)"
    r"[ \t]*(?:=(?!=)|in\b)",
    re.MULTILINE | re.ASCII,
)
_DEF = re.compile(r"\bdef\s+\w+\s*\(([^)]*)\)?")


class PythonCandidates:
    """Of one file."""

    def __init__(self, known: Known) -> None:
        self._known, self._index = known, known.index

    def expression(self, place: Place, *, is_module: bool) -> Iterator[Candidate]:
        typed = read_typed(place.text)
        if typed.in_string or typed.is_number:
            return
        if typed.before:
            yield from self._after_dot(place, typed)
            return
        if typed.call is not None:
            described = self._known.described(typed.call.callee)
            if typed.call.keyword:
                yield from choice_candidates(described, typed.call.keyword)
            else:
                yield from keyword_candidates(described, typed.call)
        if is_module and typed.call is None:
            yield from self._modules(place)
            yield from self.scope(place, typed)
            return
        yield from self.scope(place, typed)
        yield from self._blocks(place)
        yield from self._functions()
        yield from layer_candidates()
        yield from builtin_candidates()

    def _modules(self, place: Place) -> Iterator[Candidate]:
        """Where a module stands: containers, blocks, layers."""
        yield from self._blocks(place)
        for name in sorted(CONTAINERS):
            yield Candidate(name, Kind.Class, "torch.nn", layer_doc(name))
        yield from layer_candidates()
        yield from (
            Candidate(name, Kind.Class, f"{name}({signature})")
            for name, signature in STANDARD_BLOCKS.items()
        )

    def method(self, place: Place) -> Iterator[Candidate]:
        typed = read_typed(place.text)
        if typed.in_string or typed.is_number:
            return
        if typed.before:
            yield from self._after_dot(place, typed)
            return
        if typed.call is not None:
            yield from keyword_candidates(
                self._known.called(place, typed.call.callee), typed.call
            )
        for name in _locals(place.text):
            yield Candidate(name, Kind.Variable)
        owner = self._known.owner(place)
        for one in owner.inputs if owner is not None else ():
            yield Candidate(one.name, Kind.Variable, "input")
        yield from (
            Candidate(one, Kind.Module) for one in ("self", "torch", "F", "math", "nn")
        )
        yield from self._functions()
        yield from builtin_candidates()
        words = "return if elif else for while in not and or is None True False assert"
        yield from (Candidate(word, Kind.Keyword) for word in words.split())
        if place.detail == "init":
            yield from layer_candidates()

    def _after_dot(self, place: Place, typed: Typed) -> Iterator[Candidate]:
        before = typed.before
        if before == "self" or before.startswith("self."):
            owner = self._known.owner(place)
            if owner is not None and self._index is not None:
                path = before.removeprefix("self").removeprefix(".")
                yield from map(symbol_candidate, self._index.members(owner.name, path))
            if before == "self":
                yield Candidate("training", Kind.Field, "bool")
                return
            yield from self._inside_layer(place, before)
            return
        if before in ("nn", "torch.nn"):
            yield from layer_candidates()
            yield from (Candidate(one, Kind.Module) for one in ("init", "functional"))
            return
        if before in ("nn.init", "torch.nn.init"):
            yield from init_candidates()
            return
        if before == "math":
            names = {one.removeprefix("math.") for one in BUILTINS if "math." in one}
            yield from (Candidate(name, Kind.Function) for name in sorted(names))
            return
        found = list(torch_candidates(before))
        yield from found
        if not found and before not in ("torch", "F"):
            yield from tensor_candidates()

    def _inside_layer(self, place: Place, before: str) -> Iterator[Candidate]:
        """What a child that is a layer of torch has."""
        owner, index = self._known.owner(place), self._index
        if owner is None or index is None:
            return
        id = index.member(owner.name, before.removeprefix("self."))
        text = index.symbols[id].text if id is not None else ""
        match = re.match(r"nn\.(\w+)", text)
        layer = load_catalog().layer(match[1]) if match else None
        if layer is None:
            if id is None or index.symbols[id].kind in ("parameter", "buffer"):
                yield from tensor_candidates()
            return
        for name in layer.attributes:
            yield Candidate(name, Kind.Field, layer.name)
        names = {one.name for one in layer.signature.parameters}
        for name in ("weight", "bias"):
            if name in names or name == "weight":
                yield Candidate(name, Kind.Field, layer.name)

    def scope(self, place: Place, typed: Typed) -> Iterator[Candidate]:
        """Params, vars, loop names; `self` for what is registered already."""
        owner = self._known.owner(place)
        if typed.before or owner is None or self._index is None:
            return
        for symbol in self._index.symbols.values():
            id = symbol.id
            if id.owner == owner.name and id.space == "local" and id.name != "_":
                yield symbol_candidate(symbol, self._param_detail(owner, symbol))
        yield Candidate("self", Kind.Variable)

    def _param_detail(self, owner: Block, symbol: Symbol) -> str:
        for param in owner.params:
            if param.name == symbol.id.name:
                return str(param.type)
        return symbol.kind

    def _blocks(self, place: Place) -> Iterator[Candidate]:
        """Blocks that can be used there: not the one it is in, nor the file's own."""
        file = (
            self._index.files.get(self._known.key) if self._index is not None else None
        )
        root = file.spec.name.text if file is not None and file.spec.name else None
        for name in self._known.names:
            if name in (place.block, root):
                continue
            described = self._known.described(name)
            if described is not None:
                yield Candidate(name, Kind.Class, described.signature, described.doc)

    def _functions(self) -> Iterator[Candidate]:
        for one in self._index.functions if self._index is not None else ():
            described = self._known.described(one.name)
            detail = described.signature if described is not None else ""
            yield Candidate(one.name, Kind.Function, detail)


def _locals(text: str) -> list[str]:
    """Names that the method has bound before the cursor, the last first."""
    found: dict[str, None] = {}
    for match in _ASSIGNED.finditer(text):
        found.update(dict.fromkeys(re.findall(r"[A-Za-z_]\w*", match[1])))
    names = list(reversed(found))
    head = _DEF.search(text)
    if head is not None:
        arguments = re.sub(r"=[^,]*|:[^,]*", "", head[1])
        names += re.findall(r"[A-Za-z_]\w*", arguments)
    return [name for name in names if name != "self"]
