"""Hover: what the thing under the cursor is, in Markdown.

In: a place in an open document. Out: the explanation of a diagnostic there, the
signature and a line about a name, or what a key is for.
"""

from __future__ import annotations

import ast
import re

from lsprotocol import types

from modelspec.catalog import load_catalog
from modelspec.catalog.docs import layer_doc
from modelspec.diagnostics.codes import find_code
from modelspec.lsp.analysis import Document
from modelspec.lsp.cursor import read_cursor
from modelspec.lsp.described import (
    Described,
    describe,
    describe_block,
    describe_init,
    describe_method,
    describe_written,
)
from modelspec.lsp.index import Index, Symbol
from modelspec.lsp.keys import key_docs
from modelspec.lsp.navigation import occurrence_at
from modelspec.lsp.place import read_place
from modelspec.lsp.positions import Positions
from modelspec.lsp.session import View
from modelspec.program.ir import Input, Param
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

_DOTTED = re.compile(r"[A-Za-z_][\w.]*", re.ASCII)
_MOST_ARGUMENTS = 30
# What is defined by an entry of a mapping, if that is one plain line.
_VALUES = ("var", "constant", "parameter", "buffer", "attribute")
_ENTRY = re.compile(r"""[ ]*['"]?\w+['"]?[ ]*:[ ]+([^\s|>{&*][^\n]*)""", re.ASCII)
_FRAMES: dict[str, tuple[type, ...]] = {
    "file keys": (FileSpec,),
    "block keys": (BlockSpec,),
    "param keys": (ParamSpec,),
    "input keys": (InputSpec,),
    "owned keys": (ParameterSpec, BufferSpec),
    "budget keys": (BudgetSpec,),
    "parallel keys": (ParallelSpec,),
    "mixed precision keys": (MixedPrecisionSpec,),
}


def hover_at(
    view: View, document: Document, offset: int, encoding: str
) -> types.Hover | None:
    parts = [*_explanations(view, document, offset)]
    start, end, text = _name(view, document, offset)
    if text:
        parts.append(text)
    if not parts:
        return None
    content = types.MarkupContent(types.MarkupKind.Markdown, "\n\n---\n\n".join(parts))
    positions = Positions(document.text, encoding)
    return types.Hover(content, positions.range(start, end) if text else None)


def _explanations(view: View, document: Document, offset: int) -> list[str]:
    """What the codes of the diagnostics at a place mean."""
    found: dict[str, str] = {}
    analysis = view.latest(document)
    for one in analysis.compilation.diagnostics if analysis is not None else ():
        span = one.span
        if span is None or analysis is None or span.source is not analysis.source:
            continue
        code = find_code(one.code) if span.start <= offset <= span.end else None
        if code is not None:
            found[code.name] = f"**{code.name}**: {code.title}\n\n{code.explanation}"
    return list(found.values())


def _name(view: View, document: Document, offset: int) -> tuple[int, int, str]:
    """The place of the name under the cursor, and what is told of it."""
    start, end, dotted = _word(document.text, offset)
    found = occurrence_at(view, document, offset)
    if found is not None:
        analysis, index, occurrence = found
        text = _symbol_text(index, index.symbols[occurrence.id])
        if text:
            first = start + dotted.rfind(".") + 1
            if analysis.document is document:
                first = occurrence.start
            return first, first + occurrence.end - occurrence.start, text
    if not dotted:
        return start, end, ""
    good = view.good(document)
    index_ = good.index if good is not None else None
    text = _key_text(document, start, dotted)
    described = None if text else _described(dotted, document, start, index_)
    return start, end, text or (told(described) if described is not None else "")


def _word(text: str, offset: int) -> tuple[int, int, str]:
    """The dotted name that holds a place, up to the part that the place is in."""
    line = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    for match in _DOTTED.finditer(text, line, len(text) if end < 0 else end):
        if match.start() <= offset <= match.end():
            stop = text.find(".", offset, match.end())
            stop = match.end() if stop < 0 else stop
            return match.start(), stop, text[match.start() : stop]
    return offset, offset, ""


def _key_text(document: Document, start: int, word: str) -> str:
    """What a key of a block or file is for."""
    cursor = read_cursor(document.text, start)
    place = read_place(cursor, lambda _: False)
    if not cursor.is_bare or cursor.text:
        return ""
    doc = ""
    for frame in _FRAMES.get(place.wanted, ()):
        doc = doc or key_docs(frame).get(word, "")
    return f"`{word}`\n\n{doc}" if doc else ""


def _described(
    dotted: str, document: Document, start: int, index: Index | None
) -> Described | None:
    found = describe(dotted, index, document.key)
    if found is not None:
        return found
    if "." not in dotted:
        cursor = read_cursor(document.text, start)
        if read_place(cursor, lambda _: False).wanted == "init value":
            return describe_init(dotted)
        if document.text[start - 1 : start] == ".":
            return describe_method(dotted)
        return None
    if dotted.startswith(("self.", "torch.", "F.", "nn.", "math.")):
        last = dotted.rpartition(".")[2]
        return describe_method(last) if dotted.startswith("self.") else None
    name = dotted.rpartition(".")[2]
    return describe_method(name) if load_catalog().tensor_method(name) else None


def told(described: Described) -> str:
    """Signature, a line of doc, the arguments, where to read more."""
    parts = [f"```python\n{described.signature}\n```"]
    if described.doc:
        parts.append(described.doc)
    lines = [
        f"- `{one.name}`{f' ({one.type})' if one.type else ''}: {one.doc}"
        for one in described.arguments[:_MOST_ARGUMENTS]
        if one.doc
    ]
    if lines:
        parts.append("\n".join(lines))
    end = f"[{described.origin}]({described.link})" if described.link else ""
    return "\n\n".join([*parts, *([end] if end else [])])


def _symbol_text(index: Index, symbol: Symbol) -> str:
    block = index.block(symbol.id.owner)
    if symbol.kind == "block":
        name = symbol.spans[0].text
        if block is not None:
            return told(describe_block(block, name))
        return told(describe_written(index.nodes[symbol.id.owner], name))
    if symbol.kind == "param" and block is not None:
        params = {param.name: param for param in block.params}
        return _param_text(params[symbol.id.name], symbol.id.owner)
    if symbol.kind == "function":
        described = describe(symbol.id.name, index, "")
        return told(described) if described is not None else ""
    if symbol.kind == "file":
        return ""
    if symbol.kind == "input" and block is not None:
        inputs = {one.name: one for one in block.inputs}
        return _input_text(inputs[symbol.id.name], symbol.id.owner)
    parts = [f"```python\n{_defined(symbol)}\n```"]
    parts.append(f"{symbol.kind} of {symbol.id.owner}")
    layer = re.match(r"nn\.(\w+)", symbol.text)
    doc = layer_doc(layer[1]) if layer and load_catalog().layer(layer[1]) else ""
    return "\n\n".join([*parts, *filter(None, [doc])])


def _defined(symbol: Symbol) -> str:
    """A name and what it is, where that is one value."""
    text = symbol.text
    if symbol.kind in _VALUES and len(symbol.spans) == 1:
        span = symbol.spans[0]
        source = span.source.text
        start = source.rfind("\n", 0, span.start) + 1
        entry = _ENTRY.match(source, start)
        text = entry[1].strip() if entry is not None else ""
    return f"{symbol.id.last} = {text}" if text else symbol.id.last


def _input_text(one: Input, owner: str) -> str:
    shape = ""
    if one.shape is not None:
        sizes = (s if isinstance(s, str | int) else ast.unparse(s) for s in one.shape)
        shape = f"[{', '.join(map(str, sizes))}]"
    what = f"input of {owner}" + (", may be left out" if one.optional else "")
    return f"```python\n{one.name}: {one.dtype}{shape}\n```\n\n{what}"


def _param_text(param: Param, owner: str) -> str:
    default = f" = {ast.unparse(param.default)}" if param.default is not None else ""
    parts = [f"```python\n{param.name}: {param.type}{default}\n```"]
    parts.append(f"param of {owner}" + ("" if default else ", required"))
    limits = [
        f"{word} {value}"
        for word, value in (("min", param.minimum), ("max", param.maximum))
        if value is not None
    ]
    if param.choices:
        limits.append("one of " + ", ".join(map(repr, param.choices)))
    return "\n\n".join(
        [*parts, *([", ".join(limits)] if limits else []), *filter(None, [param.doc])]
    )
