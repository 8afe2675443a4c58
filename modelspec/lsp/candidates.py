"""The names that fit at a place, nearest meanings first.

In: a `Place`, and the index of the last text that compiled (None where none did). Out:
`Candidate`s. What a prefix rules out is left to the editor.
"""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol.types import CompletionItemKind as Kind

from modelspec.catalog import load_catalog
from modelspec.catalog.parallel import COMPUTING_DTYPES, SHORT_STYLES
from modelspec.lsp.candidate import (
    Candidate,
    argument_candidate,
    init_candidates,
    key_candidates,
    keyword_candidates,
    layer_candidates,
    symbol_candidate,
)
from modelspec.lsp.described import describe_init
from modelspec.lsp.known import Known
from modelspec.lsp.place import Place
from modelspec.lsp.python_candidates import PythonCandidates
from modelspec.lsp.typed import read_typed
from modelspec.program.types import NAMES as TYPE_NAMES
from modelspec.spec.frame import (
    BlockSpec,
    BudgetSpec,
    BufferSpec,
    FileSpec,
    InputSpec,
    MixedPrecisionSpec,
    ParallelSpec,
    ParameterSpec,
    ParamSpec,
)


class Candidates:
    """Of one file."""

    def __init__(self, known: Known) -> None:
        self._known, self._index = known, known.index
        self._python = PythonCandidates(known)

    def of(self, place: Place, siblings: frozenset[str]) -> Iterator[Candidate]:
        match place.wanted:
            case "file keys":
                yield from key_candidates(FileSpec, siblings)
            case "block keys":
                yield from key_candidates(BlockSpec, siblings)
            case "param keys":
                yield from key_candidates(ParamSpec, siblings)
            case "input keys":
                yield from key_candidates(InputSpec, siblings)
            case "owned keys":
                yield from key_candidates(ParameterSpec, siblings)
                yield from key_candidates(BufferSpec, siblings)
            case "budget keys":
                yield from key_candidates(BudgetSpec, siblings)
            case "parallel keys":
                yield from key_candidates(ParallelSpec, siblings)
            case "mixed precision keys":
                yield from key_candidates(MixedPrecisionSpec, siblings)
            case "computing dtype":
                for dtype in COMPUTING_DTYPES:
                    yield Candidate(dtype, Kind.EnumMember, f"torch.{dtype}")
            case "style":
                for short, meaning in SHORT_STYLES.items():
                    yield Candidate(short, Kind.EnumMember, meaning)
            case "arguments":
                yield from self._arguments(place.detail, siblings)
            case "argument":
                yield from self._choices(place)
            case "module" | "expression" | "size":
                yield from self._python.expression(
                    place, is_module=place.wanted == "module"
                )
            case "method":
                yield from self._python.method(place)
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
        described = self._known.described(type_)
        for one in described.arguments if described is not None else ():
            if one.by_name and one.name not in siblings:
                yield argument_candidate(one, f"{one.name}: ")

    def _choices(self, place: Place) -> Iterator[Candidate]:
        described = self._known.described(place.detail)
        for one in described.arguments if described is not None else ():
            if one.name != place.argument:
                continue
            for choice in one.choices:
                yield Candidate(choice, Kind.EnumMember, one.type)
            if one.type == "bool":
                yield from (Candidate(word, Kind.Keyword) for word in ("true", "false"))

    def _rules(self, place: Place, siblings: frozenset[str]) -> Iterator[Candidate]:
        """`init`, `tie`, `freeze`, `variants`, `imports`."""
        owner = self._known.owner(place)
        match place.wanted:
            case "init key":
                yield from layer_candidates()
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
            if key.endswith(path.removeprefix("./")) and key != self._known.key:
                yield from (Candidate(one, Kind.Class) for one in names)

    def _paths(self, owner: str, text: str) -> Iterator[Candidate]:
        before = text.rpartition(".")[0]
        assert self._index is not None
        for symbol in self._index.members(owner, before):
            if symbol.kind in ("child", "parameter"):
                yield symbol_candidate(symbol)

    def _init_value(self, place: Place) -> Iterator[Candidate]:
        typed = read_typed(place.text)
        if typed.in_string or typed.is_number:
            return
        if typed.call is not None:
            yield from keyword_candidates(
                describe_init(typed.call.callee), typed.call, skip=1
            )
        elif not typed.before:
            yield from init_candidates()
        yield from self._python.scope(place, typed)
