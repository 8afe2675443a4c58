"""The definitions of a spec: blocks, and what each holds.

In: an index with its Program and files. It gets a symbol for every name that the files
define, with the place of the name and of what belongs to it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import TypeAlias

from modelspec.diagnostics.span import Source, Span
from modelspec.lsp.index import Index, Kind, SymbolId, source_key
from modelspec.program.ir import (
    Block,
    Child,
    Container,
    For,
    Function,
    If,
    Let,
    ModuleValue,
    OwnAttribute,
    OwnBuffer,
    OwnParameter,
    Statement,
)
from modelspec.program.walk import walk_statements
from modelspec.pysubset import span_of
from modelspec.spec.loader import LoadedFile
from modelspec.syntax.nodes import Entry, MappingNode, Node

_Owned: TypeAlias = "OwnParameter | OwnBuffer | OwnAttribute"
_OWNED: dict[type, Kind] = {
    OwnParameter: "parameter",
    OwnBuffer: "buffer",
    OwnAttribute: "attribute",
}


def add_definitions(index: Index) -> None:
    for file in index.files.values():
        _add_blocks(file, index)
    for block in index.blocks.values():
        _add_block(block, index)
    for function in index.functions:
        _add_function(function, index)
    for file in index.files.values():
        _add_imports(file, index)


def _add_blocks(file: LoadedFile, index: Index) -> None:
    """Blocks by the names they have in their own file."""
    by_place = {
        (id(block.source), block.span.start): block.name
        for block in index.blocks.values()
    }
    written: list[tuple[Span, MappingNode]] = []
    if file.spec.name is not None:
        written.append((file.spec.name.span, file.node))
    for entry in file.spec.blocks.entries if file.spec.blocks is not None else ():
        if isinstance(entry.value, MappingNode):
            written.append((entry.key.span, entry.value))
    names = index.names.setdefault(source_key(file.source), {})
    for span, node in written:
        bare = _bare(span)
        # A block that nothing uses yet is in no Program.
        unused = f"{source_key(file.source)}:{bare.text}"
        name = by_place.get((id(file.source), span.start), unused)
        names[bare.text] = name
        index.nodes[name] = node
        index.define(SymbolId(name, "block", ""), "block", bare, node.span)


def _add_function(function: Function, index: Index) -> None:
    """Its key, and the name in its `def`."""
    id = SymbolId("", "function", function.name)
    span = _bare(function.span)
    names = index.function_names.setdefault(source_key(function.source), {})
    names[span.text] = function.name
    index.define(id, "function", span)
    _use_def_line(id, span, len(function.source.text), index)


def _use_def_line(id: SymbolId, key: Span, end: int, index: Index) -> None:
    """The name in the `def` line of the text under a key."""
    text = key.source.text
    header = re.compile(r":[ \t]*(?:[|>][^\n]*)?\s*[\"']?\s*def[ \t]+(\w+)", re.ASCII)
    # The key may be quoted.
    start = key.end + (text[key.end : key.end + 1] in ("'", '"'))
    found = header.match(text, start, end)
    if found is not None and found[1] == key.text:
        index.use(id, Span(key.source, found.start(1), found.end(1)))


def _add_imports(file: LoadedFile, index: Index) -> None:
    names = index.names[source_key(file.source)]
    externals = index.externals.setdefault(source_key(file.source), {})
    for one in file.imports:
        if one.module is not None:
            externals |= {it.ours: f"{one.module}.{it.theirs}" for it in one.names}
        theirs = index.names.get(one.key or "")
        if one.key is None or theirs is None:
            continue
        other = index.files[one.key].source
        start = Span(other, 0, 0)
        index.define(SymbolId("", "file", one.key), "file", start)
        index.use(SymbolId("", "file", one.key), _bare(one.span))
        functions = index.function_names.get(one.key, {})
        for name in one.names:
            if name.theirs in theirs:
                names[name.ours] = theirs[name.theirs]
                id = SymbolId(theirs[name.theirs], "block", "")
            elif name.theirs in functions:
                id = SymbolId("", "function", functions[name.theirs])
            else:
                continue
            index.use(id, _bare(name.span))
            index.use(id, _bare(name.ours_span))


def _add_block(block: Block, index: Index) -> None:
    for param in block.params:
        id = SymbolId(block.name, "local", param.name)
        index.define(id, "param", _bare(param.span))
    for statement in walk_statements(block.construct):
        if isinstance(statement, Let | For):
            _add_targets(statement, block, index)
    for constant in block.constants:
        id = SymbolId(block.name, "member", constant.name)
        index.define(id, "constant", _bare(constant.span))
    _add_members(block.construct, "", block, index)
    _add_methods(block, index)
    for one in block.inputs:
        if one.span.text.strip("'\"") == one.name:
            id = SymbolId(block.name, "in forward", one.name)
            index.define(id, "input", _bare(one.span))


def _add_targets(statement: Let | For, block: Block, index: Index) -> None:
    for node in ast.walk(statement.target):
        if not isinstance(node, ast.Name):
            continue
        is_var = isinstance(statement, Let) and statement.is_var
        id = SymbolId(block.name, "local", node.id)
        span = _bare(span_of(node, block.source))
        index.define(id, "var" if is_var else "local", span)


def _add_members(
    statements: Iterable[Statement], prefix: str, block: Block, index: Index
) -> None:
    """Children and tensors by their dotted paths; `#` stands for a position."""
    for at, one in enumerate(statements):
        if isinstance(one, For):
            _add_members(one.body, prefix, block, index)
        elif isinstance(one, If):
            _add_members(one.body, prefix, block, index)
            _add_members(one.orelse, prefix, block, index)
        elif isinstance(one, Child):
            _add_child(one, f"{prefix}#{at}", prefix, block, index)
        elif isinstance(one, OwnParameter | OwnBuffer | OwnAttribute):
            _add_owned(one, prefix, block, index)


def _add_owned(
    one: OwnParameter | OwnBuffer | OwnAttribute,
    prefix: str,
    block: Block,
    index: Index,
) -> None:
    if isinstance(one.name, ast.Constant):
        id = SymbolId(block.name, "member", f"{prefix}{one.name.value!s}")
        index.define(id, _OWNED[type(one)], _bare(span_of(one.name, block.source)))


def _add_child(
    child: Child, unnamed: str, prefix: str, block: Block, index: Index
) -> None:
    path = unnamed
    if isinstance(child.name, ast.Constant):
        path = f"{prefix}{child.name.value!s}"
        span = _bare(span_of(child.name, block.source))
        whole = span.to(_end(child.value, block.source))
        symbol = index.define(
            SymbolId(block.name, "member", path), "child", span, whole
        )
        symbol.type = symbol.type or _class(child.value, index)
        symbol.value = symbol.value or child.value
    if isinstance(child.value, Container):
        _add_members(child.value.children, f"{path}.", block, index)


def _end(value: ModuleValue, source: Source) -> Span:
    """The last place of a module and all in it."""
    span = value.span
    if isinstance(value, Container):
        for one in walk_statements(value.children):
            if isinstance(one, Child):
                span = span.to(one.value.span)
    return span


def _class(value: ModuleValue, index: Index) -> str | None:
    """The block that a module is an instance of, where it is written so."""
    node = value.callee if isinstance(value, Container) else value.expression
    if isinstance(node, ast.Call):
        node = node.func
    known = isinstance(node, ast.Name) and index.block(node.id) is not None
    return node.id if known and isinstance(node, ast.Name) else None


def _add_methods(block: Block, index: Index) -> None:
    node = index.nodes.get(block.name)
    entries = _under(node, "methods") if node is not None else ()
    for entry in entries:
        id = SymbolId(block.name, "member", entry.key.text)
        whole = entry.key.span.to(entry.value.span)
        key = _bare(entry.key.span)
        index.define(id, "method", key, whole)
        _use_def_line(id, key, whole.end, index)
    for entry in node.entries if node is not None else ():
        if entry.key.text == "forward":
            id = SymbolId(block.name, "member", "forward")
            whole = entry.key.span.to(entry.value.span)
            index.define(id, "method", _bare(entry.key.span), whole)


def _under(node: MappingNode, key: str) -> tuple[Entry, ...]:
    value: Node | None = node.get(key)
    return value.entries if isinstance(value, MappingNode) else ()


def _bare(span: Span) -> Span:
    """Without the quotes around a scalar."""
    text = span.text
    if len(text) > 1 and text[0] in "'\"" and text[-1] == text[0]:
        return Span(span.source, span.start + 1, span.end - 1)
    return span
