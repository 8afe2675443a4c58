"""The uses of names: in expressions, in methods, and in dotted names of tensors.

In: an index with its definitions. Each name of the Program that means one of them
becomes an occurrence, where the text has that very name there: what was made by the
compiler (a default `forward`, a kept param) stands nowhere.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from modelspec.diagnostics.span import Span
from modelspec.lsp.index import Index, SymbolId, base_class, source_key
from modelspec.program.ir import (
    Block,
    Freeze,
    Function,
    InitByName,
    Method,
    Replace,
    Tie,
)
from modelspec.program.walk import block_expressions, walk_statements
from modelspec.pysubset import span_of, span_of_attribute_name, span_of_keyword
from modelspec.syntax.nodes import MappingNode

# What has attributes that no spec defines.
_MODULES = ("nn", "torch", "F", "math")
_PLAIN_PART = re.compile(r"[^.*?\[\]${}]+\Z")


def add_uses(index: Index) -> None:
    for block in index.blocks.values():
        _Uses(index, block).construct()
        for method in block.methods:
            if not method.synthesized:
                _Uses(index, block, method).method()
        _add_paths(block, index)
    for function in index.functions:
        _add_function(function, index)
    for file in index.files.values():
        root = index.block_named(source_key(file.source), None)
        if root is not None and file.spec.variants is not None:
            _add_variants(file.spec.variants, root, index)
    root = index.program.root_block
    for variant in index.program.variants if root is not None else ():
        assert root is not None
        _Uses(index, root).values(value for _, value in variant.values)


def _add_function(function: Function, index: Index) -> None:
    """The functions that it calls, unless it has a name of its own like theirs."""
    nodes = list(ast.walk(function.definition))
    own = {one.arg for one in nodes if isinstance(one, ast.arg)}
    names = [one for one in nodes if isinstance(one, ast.Name)]
    own |= {one.id for one in names if isinstance(one.ctx, ast.Store)}
    for node in names:
        id = SymbolId("", "function", node.id)
        if node.id not in own and id in index.symbols:
            index.use(id, span_of(node, function.source))


def _add_variants(variants: MappingNode, root: Block, index: Index) -> None:
    """The params that variants set."""
    for entry in variants.entries:
        inside = entry.value.entries if isinstance(entry.value, MappingNode) else ()
        for value in inside:
            id = SymbolId(root.name, "local", value.key.text)
            if id in index.symbols:
                index.use(id, value.key.span)


class _Uses:
    """The uses in one block, in its construction or in one of its methods."""

    def __init__(
        self, index: Index, block: Block, method: Method | None = None
    ) -> None:
        self._index, self._block, self._method = index, block, method
        self._own: set[str] = set()

    def construct(self) -> None:
        for root in block_expressions(self._block):
            self._visit(ast.walk(root))

    def values(self, roots: Iterable[ast.expr]) -> None:
        for root in roots:
            self._visit(ast.walk(root))

    def method(self) -> None:
        method = self._method
        assert method is not None
        nodes = [node for root in method.statements for node in ast.walk(root)]
        arguments = [*method.arguments.posonlyargs, *method.arguments.args]
        for argument in [*arguments, *method.arguments.kwonlyargs]:
            self._define(argument.arg, argument)
        for node in nodes:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self._define(node.id, node)
        defaults = [*method.arguments.defaults, *method.arguments.kw_defaults]
        for default in defaults:
            self._visit(ast.walk(default) if default is not None else ())
        self._visit(iter(nodes))

    def _define(self, name: str, node: ast.AST) -> None:
        """A local of a method: its first assignment is its definition."""
        first = name not in self._own
        self._own.add(name)
        id = self._local(name)
        span = span_of(node, self._block.source)
        span = Span(span.source, span.start, span.start + len(name))
        if first and id not in self._index.symbols and span.text == name:
            self._index.define(id, "local", span)

    def _local(self, name: str) -> SymbolId:
        assert self._method is not None
        return SymbolId(self._block.name, f"in {self._method.name}", name)

    def _visit(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            match node:
                case ast.Name():
                    self._name(node)
                case ast.Attribute():
                    self._attribute(node)
                case ast.Call():
                    self._call(node)

    def _name(self, node: ast.Name) -> None:
        id = self._meaning(node.id)
        if id in self._index.symbols:
            span = span_of(node, self._block.source)
            self._index.use(id, span)

    def _meaning(self, name: str) -> SymbolId:
        if self._method is not None:
            if name in self._own:
                return self._local(name)
        elif (id := SymbolId(self._block.name, "local", name)) in self._index.symbols:
            return id
        block = SymbolId(name, "block", "")
        return block if block in self._index.symbols else SymbolId("", "function", name)

    def _attribute(self, node: ast.Attribute) -> None:
        span = span_of_attribute_name(node, self._block.source)
        if span.text != node.attr:
            return
        id = self._owned(node)
        if id is not None:
            self._index.use(id, span)
        elif not isinstance(node.value, ast.Name) or node.value.id not in _MODULES:
            self._index.loose_attributes.add(span)

    def _owned(self, node: ast.Attribute) -> SymbolId | None:
        """What `self.a.b` means, or `Block.constant`."""
        path = self_path(node)
        if path is not None:
            return self._index.member(self._block.name, path)
        if isinstance(node.value, ast.Name):
            block = self._meaning(node.value.id)
            if block.space == "block":
                return self._index.member(block.owner, node.attr)
        return None

    def _call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name):
            owner: str | None = node.func.id
            seen: set[str] = set()
            # Blocks may extend one another in a circle, which is a mistake.
            while owner is not None and owner not in seen:
                seen.add(owner)
                block = self._index.block(owner)
                if block is None:
                    return
                self._keywords(node, owner)
                owner = base_class(block) if not block.params else None
        elif _is_path_call(node) and isinstance(node.args[0], ast.Constant):
            _add_path(node.args[0], str(node.args[0].value), self._block, self._index)

    def _keywords(self, node: ast.Call, owner: str) -> None:
        for keyword in node.keywords:
            id = SymbolId(owner, "local", keyword.arg or "")
            symbol = self._index.symbols.get(id)
            if (
                symbol is None
                or symbol.kind != "param"
                or not hasattr(keyword, "lineno")
            ):
                continue
            span = span_of_keyword(keyword, self._block.source)
            if span.text == keyword.arg:
                self._index.use(id, span)


def self_path(node: ast.Attribute) -> str | None:
    """`a.b` of `self.a.b`."""
    parts = [node.attr]
    inner = node.value
    while isinstance(inner, ast.Attribute):
        parts.append(inner.attr)
        inner = inner.value
    is_self = isinstance(inner, ast.Name) and inner.id == "self"
    return ".".join(reversed(parts)) if is_self else None


def _is_path_call(node: ast.Call) -> bool:
    """`self.get_submodule("a.b")`."""
    return (
        isinstance(node.func, ast.Attribute)
        and node.func.attr in ("get_submodule", "get_parameter", "get_buffer")
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "self"
        and len(node.args) == 1
    )


def _add_paths(block: Block, index: Index) -> None:
    """The dotted names in `tie`, `init`, `freeze`, and of modules replaced."""
    for statement in walk_statements(block.construct):
        for node in _paths(statement):
            if isinstance(node, ast.JoinedStr):
                node = node.values[0] if node.values else node
            if isinstance(node, ast.Constant):
                _add_path(node, str(node.value), block, index)


def _paths(statement: object) -> Iterator[ast.expr]:
    match statement:
        case Tie(target=target, source=source):
            yield from (target, source)
        case Freeze(pattern=pattern) | InitByName(pattern=pattern):
            yield pattern
        case Replace(path=path):
            yield path


def _add_path(node: ast.expr, path: str, block: Block, index: Index) -> None:
    """The parts of a dotted name; those after a `*` mean whatever has that name."""
    whole = span_of(node, block.source)
    quoted = whole.text[:1] in ("'", '"')
    start = whole.start + (1 if quoted else 0)
    if not block.source.text.startswith(path, start):
        return
    at, known, is_loose = start, "", False
    for part in path.split("."):
        known = f"{known}.{part}" if known else part
        is_loose = is_loose or not _PLAIN_PART.match(part)
        span = Span(block.source, at, at + len(part))
        id = None if is_loose else index.member(block.name, known)
        if is_loose:
            index.loose.add(span)
        elif id is not None:
            index.use(id, span)
        at = span.end + 1
