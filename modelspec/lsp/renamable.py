"""Which names can be renamed, and to what.

In: a symbol of an index, and the new name. Out: what speaks against it, in words. What
these rules do not foresee is found when the edited spec is compiled.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelspec.catalog import load_catalog
from modelspec.diagnostics.span import Span
from modelspec.lsp.index import Index, Symbol, SymbolId, base_class
from modelspec.program.ir import Block
from modelspec.program.names import identifier_problem, name_problem
from modelspec.program.standard import STANDARD_BLOCKS
from modelspec.program.walk import block_nodes, function_nodes, names_read
from modelspec.pysubset import BUILTINS

_RENAMED = frozenset(
    "block function param var local child parameter buffer attribute constant"
    " method".split()
)
_OF_SELF = frozenset(
    "param var child parameter buffer attribute constant method".split()
)
# The protocol of modules calls these by their names.
_CALLED_BY_TORCH = ("forward", "extra_repr")


def is_renamed(symbol: Symbol) -> bool:
    # A method's arguments may be given by name where nothing here sees it.
    if symbol.kind == "local" and symbol.id.space != "local":
        return False
    if symbol.kind == "method" and symbol.id.last in _CALLED_BY_TORCH:
        return False
    return symbol.kind in _RENAMED and "#" not in symbol.id.last


# --- the new name -------------------------------------------------------------------


def name_problems(index: Index, symbol: Symbol, name: str) -> Iterator[str]:
    """Why a name is not legal here, or taken."""
    id = symbol.id
    if name == symbol.written:
        return
    if id.space == "member":
        block = index.block(id.owner)
        base = "Module" if block is None or "." in id.name else block.base.kind
        problem = name_problem(name, "Module" if base == "extends" else base)
        yield from (problem,) if problem is not None else ()
        yield from _taken_by_member(index, symbol, name)
        return
    problem = identifier_problem(name)
    yield from (problem,) if problem is not None else ()
    if id.space == "local":
        yield from _taken_in_block(index, symbol, name)
    else:
        yield from _taken_in_files(index, name)


def _taken_by_member(index: Index, symbol: Symbol, name: str) -> Iterator[str]:
    """By something else of the block, or of those that it extends or that extend it."""
    id = symbol.id
    path = f"{id.name[: len(id.name) - len(id.last)]}{name}"
    taken = index.member(id.owner, path)
    if taken is not None:
        yield f"there is a {index.symbols[taken].kind} of that name already"
    for owner in _family(index, id.owner):
        for same in (path, id.name):
            other = index.symbols.get(SymbolId(owner, "member", same))
            if other is not None:
                yield f"'{owner}' has a {other.kind} '{other.id.last}' too"


def _taken_in_block(index: Index, symbol: Symbol, name: str) -> Iterator[str]:
    """By another name of the constructor, or by one that is read in it."""
    owner = symbol.id.owner
    spaces = ("local", "member") if symbol.kind in ("param", "var") else ("local",)
    for space in spaces:
        taken = index.symbols.get(SymbolId(owner, space, name))
        if taken is not None:
            yield f"there is a {taken.kind} of that name already"
    block = index.block(owner)
    if block is not None and name in names_read(block_nodes(block)):
        yield f"'{name}' means something else in '{owner}'"


def _taken_in_files(index: Index, name: str) -> Iterator[str]:
    """By any other name: a block or function is known everywhere in its file."""
    if name in STANDARD_BLOCKS or name in BUILTINS or load_catalog().layer(name):
        yield "it has a meaning of its own"
    if any(
        name in one for one in (*index.names.values(), *index.function_names.values())
    ):
        yield "there is a block or function of that name already"
    if any(one.space != "member" and one.last == name for one in index.symbols):
        yield "there is a param, var or local of that name"
    nodes = [node for block in index.blocks.values() for node in block_nodes(block)]
    for function in index.functions:
        nodes += function_nodes(function)
    if name in names_read(nodes):
        yield f"'{name}' means something else in the spec"


def _family(index: Index, owner: str) -> list[str]:
    """The blocks that a block extends, and those that extend it."""
    up = set(_bases(index, owner))
    down = {name for name in index.blocks if owner in _bases(index, name)}
    return sorted((up | down) - {owner})


def _bases(index: Index, name: str) -> list[str]:
    found: list[str] = []
    block: Block | None = index.block(name)
    while block is not None:
        base = base_class(block)
        if base is None or base in found:
            break
        found.append(base)
        block = index.block(base)
    return found


# --- uses that are no names -----------------------------------------------------------


def loose_uses(index: Index, symbol: Symbol, old: str) -> Iterator[Span]:
    """Parts of patterns, and attributes of what only a run knows, of the same name."""
    if symbol.id.space == "member":
        yield from (one for one in index.loose if one.text == old)
    if symbol.kind in _OF_SELF:
        yield from (one for one in index.loose_attributes if one.text == old)


def doubts_about(index: Index, symbol: Symbol, loose: list[Span]) -> Iterator[str]:
    """Those that may mean something else of the same name too."""
    last = symbol.id.last
    same = {
        one.id
        for one in index.symbols.values()
        if one.kind in _OF_SELF and one.id.last == last
    }
    alone = len(same) == 1 and symbol.kind != "attribute"
    for part in loose:
        is_pattern = part in index.loose
        if not alone or _is_of_layers(last) or not (is_pattern or _is_ours(last)):
            yield f"'{last}' in line {part.first.line} may mean others of this name too"


def _is_of_layers(name: str) -> bool:
    """Whether some layer of torch has a module or tensor of a name."""
    catalog = load_catalog()
    layers = map(catalog.layer, catalog.layer_names)
    return any(layer is not None and name in layer.attributes for layer in layers)


def _is_ours(name: str) -> bool:
    """Whether neither tensors nor all modules have something of a name."""
    catalog = load_catalog()
    return not (
        name in catalog.tensor_attributes
        or catalog.tensor_method(name) is not None
        or name in catalog.module_names("Sequential")
    )
