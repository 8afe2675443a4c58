"""The names that fit at a place, nearest meanings first.

In: a `Place`, and the index of the last text that compiled (None where none did). Out:
`Candidate`s. What a prefix rules out is left to the editor.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from lsprotocol.types import CompletionItemKind as Kind

from modelspec.catalog import load_catalog
from modelspec.catalog.docs import layer_doc
from modelspec.lsp.described import (
    Argument,
    Described,
    describe,
    describe_init,
    describe_layer,
    describe_method,
)
from modelspec.lsp.index import Index, Symbol
from modelspec.lsp.keys import key_docs
from modelspec.lsp.place import CONTAINERS, Place
from modelspec.lsp.typed import Call, Typed, read_typed
from modelspec.program.ir import Block
from modelspec.program.standard import STANDARD_BLOCKS
from modelspec.program.types import NAMES as TYPE_NAMES
from modelspec.pysubset import BUILTINS
from modelspec.records import dataclass
from modelspec.spec.frame import (
    BlockSpec,
    BudgetSpec,
    BufferSpec,
    FileSpec,
    InputSpec,
    ParameterSpec,
    ParamSpec,
)

_TAKE_CHILDREN = ("Residual", "Concat", "Add")
_SYMBOLS = {
    "child": Kind.Field,
    "parameter": Kind.Field,
    "buffer": Kind.Field,
    "attribute": Kind.Field,
    "constant": Kind.Constant,
    "method": Kind.Method,
    "param": Kind.Property,
    "var": Kind.Variable,
    "local": Kind.Variable,
    "input": Kind.Variable,
}
_ASSIGNED = re.compile(
    r"^[ \t]*(?:for[ \t]+)?([A-Za-z_]\w*(?:[ \t]*,[ \t]*[A-Za-z_]\w*)*)"
    r"[ \t]*(?:=(?!=)|in\b)",
    re.MULTILINE | re.ASCII,
)
_DEF = re.compile(r"\bdef\s+\w+\s*\(([^)]*)\)?")


@dataclass(frozen=True, slots=True)
class Candidate:
    label: str
    kind: Kind
    detail: str = ""
    doc: str = ""
    insert: str = ""

    def __post_init__(self) -> None:
        if not self.insert:
            object.__setattr__(self, "insert", self.label)


class Candidates:
    """Of one file."""

    def __init__(self, index: Index | None, key: str) -> None:
        self._index, self._key = index, key
        self._names = index.names.get(key, {}) if index is not None else {}

    def takes_children(self, name: str) -> bool:
        if name not in self._names:
            return name in _TAKE_CHILDREN
        described = self._described(name)
        arguments = described.arguments if described is not None else ()
        return any(one.type == "children" for one in arguments)

    def of(self, place: Place, siblings: frozenset[str]) -> Iterator[Candidate]:
        match place.wanted:
            case "file keys":
                yield from _keys(FileSpec, siblings)
            case "block keys":
                yield from _keys(BlockSpec, siblings)
            case "param keys":
                yield from _keys(ParamSpec, siblings)
            case "input keys":
                yield from _keys(InputSpec, siblings)
            case "owned keys":
                yield from _keys(ParameterSpec, siblings)
                yield from _keys(BufferSpec, siblings)
            case "budget keys":
                yield from _keys(BudgetSpec, siblings)
            case "arguments":
                yield from self._arguments(place.detail, siblings)
            case "argument":
                yield from self._choices(place)
            case "module" | "expression" | "size":
                yield from self._expression(place, is_module=place.wanted == "module")
            case "method":
                yield from self._method(place)
            case "type":
                yield from (Candidate(one, Kind.Keyword) for one in TYPE_NAMES)
            case "dtype":
                names = sorted(load_catalog().dtype_names)
                bare = (one.removeprefix("torch.") for one in names)
                yield from (Candidate(one, Kind.EnumMember) for one in bare)
            case _:
                yield from self._rules(place, siblings)

    # --- keys -----------------------------------------------------------------------

    def _arguments(self, type_: str, siblings: frozenset[str]) -> Iterator[Candidate]:
        described = self._described(type_)
        for one in described.arguments if described is not None else ():
            if one.by_name and one.name not in siblings:
                yield _argument(one, f"{one.name}: ")

    def _choices(self, place: Place) -> Iterator[Candidate]:
        described = self._described(place.detail)
        for one in described.arguments if described is not None else ():
            if one.name != place.argument:
                continue
            for choice in one.choices:
                yield Candidate(choice, Kind.EnumMember, one.type)
            if one.type == "bool":
                yield from (Candidate(word, Kind.Keyword) for word in ("true", "false"))

    def _rules(self, place: Place, siblings: frozenset[str]) -> Iterator[Candidate]:
        """`init`, `tie`, `freeze`, `variants`, `imports`."""
        owner = self._owner(place)
        match place.wanted:
            case "init key":
                yield from self._layers()
            case "init leaf":
                yield from (Candidate(one, Kind.Field) for one in ("weight", "bias"))
            case "init value":
                yield from self._init_value(place)
            case "path" if owner is not None:
                yield from self._paths(owner.name, place.text)
            case "variant keys" if owner is not None:
                for param in owner.params:
                    if param.name not in siblings:
                        insert = f"{param.name}: "
                        detail = str(param.type)
                        yield Candidate(
                            param.name, Kind.Property, detail, param.doc or "", insert
                        )
            case "imported":
                yield from self._imported(place.detail)

    def _imported(self, path: str) -> Iterator[Candidate]:
        for key, names in self._index.names.items() if self._index else ():
            if key.endswith(path.removeprefix("./")) and key != self._key:
                yield from (Candidate(one, Kind.Class) for one in names)

    def _paths(self, owner: str, text: str) -> Iterator[Candidate]:
        before = text.rpartition(".")[0]
        assert self._index is not None
        for symbol in self._index.members(owner, before):
            if symbol.kind in ("child", "parameter"):
                yield _symbol(symbol)

    def _init_value(self, place: Place) -> Iterator[Candidate]:
        typed = read_typed(place.text)
        if typed.in_string or typed.is_number:
            return
        if typed.call is not None:
            yield from _keywords(describe_init(typed.call.callee), typed.call, skip=1)
        elif not typed.before:
            for name in load_catalog().init_names:
                described = describe_init(name)
                detail = described.signature if described is not None else ""
                yield Candidate(name, Kind.Function, detail)
        yield from self._scope(place, typed)

    # --- expressions ------------------------------------------------------------------

    def _expression(self, place: Place, *, is_module: bool) -> Iterator[Candidate]:
        typed = read_typed(place.text)
        if typed.in_string or typed.is_number:
            return
        if typed.before:
            yield from self._after_dot(place, typed)
            return
        if typed.call is not None:
            described = self._described(typed.call.callee)
            if typed.call.keyword:
                yield from _choice_texts(described, typed.call.keyword)
            else:
                yield from _keywords(described, typed.call)
        if is_module and typed.call is None:
            yield from self._modules(place)
            yield from self._scope(place, typed)
            return
        yield from self._scope(place, typed)
        yield from self._blocks(place)
        yield from self._functions()
        yield from self._layers()
        yield from _builtins()

    def _modules(self, place: Place) -> Iterator[Candidate]:
        """Where a module stands: containers, blocks, layers."""
        yield from self._blocks(place)
        for name in sorted(CONTAINERS - {"OrderedDict"}):
            yield Candidate(name, Kind.Class, "torch.nn", layer_doc(name))
        yield from self._layers()
        yield from (
            Candidate(name, Kind.Class, f"{name}({signature})")
            for name, signature in STANDARD_BLOCKS.items()
        )

    def _method(self, place: Place) -> Iterator[Candidate]:
        typed = read_typed(place.text)
        if typed.in_string or typed.is_number:
            return
        if typed.before:
            yield from self._after_dot(place, typed)
            return
        if typed.call is not None:
            yield from _keywords(self._called(place, typed.call), typed.call)
        for name in _locals(place.text):
            yield Candidate(name, Kind.Variable)
        owner = self._owner(place)
        for one in owner.inputs if owner is not None else ():
            yield Candidate(one.name, Kind.Variable, "input")
        yield from (
            Candidate(one, Kind.Module) for one in ("self", "torch", "F", "math", "nn")
        )
        yield from self._functions()
        yield from _builtins()
        words = "return if elif else for while in not and or is None True False assert"
        yield from (Candidate(word, Kind.Keyword) for word in words.split())
        if place.detail == "init":
            yield from self._layers()

    def _after_dot(self, place: Place, typed: Typed) -> Iterator[Candidate]:
        before = typed.before
        if before == "self" or before.startswith("self."):
            owner = self._owner(place)
            if owner is not None and self._index is not None:
                path = before.removeprefix("self").removeprefix(".")
                yield from map(_symbol, self._index.members(owner.name, path))
            if before == "self":
                yield Candidate("training", Kind.Field, "bool")
                return
            yield from self._inside_layer(place, before)
            return
        if before in ("nn", "torch.nn"):
            yield from self._layers()
            yield from (Candidate(one, Kind.Module) for one in ("init", "functional"))
            return
        if before in ("nn.init", "torch.nn.init"):
            for name in load_catalog().init_names:
                described = describe_init(name)
                yield Candidate(
                    name, Kind.Function, described.signature if described else ""
                )
            return
        if before == "math":
            names = {one.removeprefix("math.") for one in BUILTINS if "math." in one}
            yield from (Candidate(name, Kind.Function) for name in sorted(names))
            return
        found = list(_torch_names(before))
        yield from found
        if not found and before not in ("torch", "F"):
            yield from _tensor_members()

    def _inside_layer(self, place: Place, before: str) -> Iterator[Candidate]:
        """What a child that is a layer of torch has."""
        owner, index = self._owner(place), self._index
        if owner is None or index is None:
            return
        id = index.member(owner.name, before.removeprefix("self."))
        text = index.symbols[id].text if id is not None else ""
        match = re.match(r"nn\.(\w+)", text)
        layer = load_catalog().layer(match[1]) if match else None
        if layer is None:
            if id is None or index.symbols[id].kind in ("parameter", "buffer"):
                yield from _tensor_members()
            return
        for name in layer.attributes:
            yield Candidate(name, Kind.Field, layer.name)
        names = {one.name for one in layer.signature.parameters}
        for name in ("weight", "bias"):
            if name in names or name == "weight":
                yield Candidate(name, Kind.Field, layer.name)

    def _called(self, place: Place, call: Call) -> Described | None:
        if call.callee.startswith("self."):
            owner, index = self._owner(place), self._index
            if owner is None or index is None:
                return None
            id = index.member(owner.name, call.callee.removeprefix("self."))
            symbol = index.symbols[id] if id is not None else None
            block = (
                index.program.block(symbol.type or "") if symbol is not None else None
            )
            if block is None:
                return None
            arguments = tuple(Argument(one.name, None) for one in block.inputs)
            return Described(call.callee, "child", "", arguments)
        found = self._described(call.callee)
        if found is None and "." in call.callee:
            found = describe_method(call.callee.rpartition(".")[2])
        return found

    # --- names ------------------------------------------------------------------------

    def _scope(self, place: Place, typed: Typed) -> Iterator[Candidate]:
        """Params, vars, loop names; `self` for what is registered already."""
        owner = self._owner(place)
        if typed.before or owner is None or self._index is None:
            return
        for symbol in self._index.symbols.values():
            id = symbol.id
            if id.owner == owner.name and id.space == "local" and id.name != "_":
                yield _symbol(symbol, self._param_detail(owner, symbol))
        yield Candidate("self", Kind.Variable)

    def _param_detail(self, owner: Block, symbol: Symbol) -> str:
        for param in owner.params:
            if param.name == symbol.id.name:
                return str(param.type)
        return symbol.kind

    def _blocks(self, place: Place) -> Iterator[Candidate]:
        """Blocks that can be used there: not the one it is in, nor the file's own."""
        file = self._index.files.get(self._key) if self._index is not None else None
        root = file.spec.name.text if file is not None and file.spec.name else None
        for name in self._names:
            if name in (place.block, root):
                continue
            described = self._described(name)
            if described is not None:
                yield Candidate(name, Kind.Class, described.signature, described.doc)

    def _functions(self) -> Iterator[Candidate]:
        for one in self._index.program.functions if self._index is not None else ():
            if not one.source.is_standard:
                described = self._described(one.name)
                detail = described.signature if described is not None else ""
                yield Candidate(one.name, Kind.Function, detail)

    def _layers(self) -> Iterator[Candidate]:
        for name in load_catalog().layer_names:
            yield Candidate(name, Kind.Class, "torch.nn", _layer_text(name))

    def _described(self, name: str) -> Described | None:
        return describe(name, self._index, self._key)

    def _block(self, name: str | None) -> Block | None:
        return None if self._index is None else self._index.block_named(self._key, name)

    def _owner(self, place: Place) -> Block | None:
        return self._block(place.block)


def _keys(frame: type, siblings: Iterable[str]) -> Iterator[Candidate]:
    taken = set(siblings)
    for name, doc in key_docs(frame).items():
        if name not in taken:
            yield Candidate(name, Kind.Keyword, "", doc, f"{name}:")


def _keywords(
    described: Described | None, call: Call, skip: int = 0
) -> Iterator[Candidate]:
    """Arguments that a call can still be given by name."""
    if described is None or call.keyword:
        return
    for one in described.arguments[call.position + skip :]:
        if one.by_name and one.name not in call.keywords:
            yield _argument(one, f"{one.name}=")


def _choice_texts(described: Described | None, keyword: str) -> Iterator[Candidate]:
    for one in described.arguments if described is not None else ():
        if one.name == keyword:
            yield from (Candidate(repr(c), Kind.EnumMember) for c in one.choices)


def _argument(one: Argument, insert: str) -> Candidate:
    default = "" if one.default is None else f" = {one.default}"
    detail = (one.type + default).strip()
    return Candidate(one.name, Kind.Property, detail, one.doc, insert)


def _symbol(symbol: Symbol, detail: str = "") -> Candidate:
    detail = detail or symbol.text or symbol.kind
    return Candidate(symbol.id.last, _SYMBOLS.get(symbol.kind, Kind.Variable), detail)


def _layer_text(name: str) -> str:
    described = describe_layer(name)
    return "" if described is None else f"`{described.signature}`\n\n{described.doc}"


def _builtins() -> Iterator[Candidate]:
    for name in sorted(BUILTINS):
        if "." not in name:
            yield Candidate(name, Kind.Function)


def _torch_names(before: str) -> Iterator[Candidate]:
    """The functions and constants of `torch`, `F`, `torch.fft`, ..."""
    catalog = load_catalog()
    prefix = "F." if before in ("F", "nn.functional", "torch.nn.functional") else ""
    prefix = prefix or f"{before}."
    seen: set[str] = set()
    for name in catalog.function_names(prefix):
        first, _, rest = name.removeprefix(prefix).partition(".")
        if first not in seen:
            seen.add(first)
            yield Candidate(first, Kind.Module if rest else Kind.Function)
    if before == "torch":
        names = sorted({*catalog.dtype_names, *catalog.constant_names})
        for name in names:
            bare = name.removeprefix("torch.")
            if "." not in bare:
                yield Candidate(bare, Kind.Constant)


def _tensor_members() -> Iterator[Candidate]:
    catalog = load_catalog()
    for name in catalog.tensor_method_names():
        yield Candidate(name, Kind.Method, "torch.Tensor")
    for name in sorted(catalog.tensor_attributes):
        yield Candidate(name, Kind.Field, "torch.Tensor")


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
