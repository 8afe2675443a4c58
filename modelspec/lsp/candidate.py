"""One proposal of a completion, and those that need to know nothing of the spec.

Out: `Candidate`s: keys, arguments, layers, built-in functions, functions of torch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lsprotocol.types import CompletionItemKind as Kind

from modelspec.catalog import load_catalog
from modelspec.lsp.described import Argument, Described, describe_init, describe_layer
from modelspec.lsp.index import Symbol
from modelspec.lsp.keys import key_docs
from modelspec.lsp.typed import Call
from modelspec.pysubset import BUILTINS
from modelspec.records import dataclass

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


def key_candidates(frame: type, siblings: Iterable[str]) -> Iterator[Candidate]:
    taken = set(siblings)
    for name, doc in key_docs(frame).items():
        if name not in taken:
            yield Candidate(name, Kind.Keyword, "", doc, f"{name}:")


def keyword_candidates(
    described: Described | None, call: Call, skip: int = 0
) -> Iterator[Candidate]:
    """Arguments that a call can still be given by name."""
    if described is None or call.keyword:
        return
    for one in described.arguments[call.position + skip :]:
        if one.by_name and one.name not in call.keywords:
            yield argument_candidate(one, f"{one.name}=")


def choice_candidates(described: Described | None, keyword: str) -> Iterator[Candidate]:
    for one in described.arguments if described is not None else ():
        if one.name == keyword:
            yield from (Candidate(repr(c), Kind.EnumMember) for c in one.choices)


def argument_candidate(one: Argument, insert: str) -> Candidate:
    default = "" if one.default is None else f" = {one.default}"
    detail = (one.type + default).strip()
    return Candidate(one.name, Kind.Property, detail, one.doc, insert)


def symbol_candidate(symbol: Symbol, detail: str = "") -> Candidate:
    detail = detail or symbol.text or symbol.kind
    return Candidate(symbol.id.last, _SYMBOLS.get(symbol.kind, Kind.Variable), detail)


def _layer_text(name: str) -> str:
    described = describe_layer(name)
    return "" if described is None else f"`{described.signature}`\n\n{described.doc}"


def builtin_candidates() -> Iterator[Candidate]:
    for name in sorted(BUILTINS):
        if "." not in name:
            yield Candidate(name, Kind.Function)


def torch_candidates(before: str) -> Iterator[Candidate]:
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


def tensor_candidates() -> Iterator[Candidate]:
    catalog = load_catalog()
    for name in catalog.tensor_method_names():
        yield Candidate(name, Kind.Method, "torch.Tensor")
    for name in sorted(catalog.tensor_attributes):
        yield Candidate(name, Kind.Field, "torch.Tensor")


def layer_candidates() -> Iterator[Candidate]:
    for name in load_catalog().layer_names:
        yield Candidate(name, Kind.Class, "torch.nn", _layer_text(name))


def init_candidates() -> Iterator[Candidate]:
    """The functions of `torch.nn.init`."""
    for name in load_catalog().init_names:
        described = describe_init(name)
        detail = described.signature if described is not None else ""
        yield Candidate(name, Kind.Function, detail)
