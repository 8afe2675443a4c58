"""Where the nodes of an ast stand in the file.

Python numbers lines and UTF-8 columns of the text it was given. `settle` rewrites
them to the file's own, so that compiled code has the file's lines in its tracebacks,
and `span_of` turns them into the `Span` of a diagnostic. Positions that Python itself
gets wrong (inside f-strings, before 3.12) are kept within the file.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_right

from modelspec.diagnostics.span import Fragment, Source, Span
from modelspec.trees import children

_LINE_END = re.compile(r"\r\n|\r|\n")
_NUMBER = re.compile(
    r"0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+"
    r"|(?:[0-9](?:_?[0-9])*)?\.?[0-9](?:_?[0-9])*\.?(?:[eE][+-]?[0-9](?:_?[0-9])*)?"
)
_LONGEST_SPELLING = 64


class Placement:
    """From Python's lines and columns in a fragment to those of its file.

    `lead` is the number of ASCII characters that were put before the fragment.
    """

    def __init__(self, fragment: Fragment, lead: int = 0) -> None:
        self.fragment = fragment
        self.lead = lead
        text = fragment.text
        ends = [found.end() for found in _LINE_END.finditer(text)]
        self.starts = [0, *ends]
        self._ascii = text.isascii()
        self._shifts: dict[int, tuple[int, int] | None] = {}

    def index(self, line: int, byte_column: int) -> int:
        """The index in the fragment's text, kept within it."""
        if line == 1:
            byte_column = max(0, byte_column - self.lead)
        text = self.fragment.text
        if line > len(self.starts):
            return len(text)
        start = self.starts[max(line, 1) - 1]
        end = self.starts[line] if line < len(self.starts) else len(text)
        if not self._ascii:
            head = text[start:end].encode(errors="replace")[:byte_column]
            byte_column = len(head.decode(errors="ignore"))
        return min(start + byte_column, end)

    def first(self, line: int, byte_column: int) -> tuple[int, int]:
        """The file's line and byte column at which something starts."""
        shift = self.shift(line)
        if shift is not None:
            return shift[0], max(0, byte_column + shift[1])
        offset = self.fragment.offset(self.index(line, byte_column))
        return self.fragment.source.byte_column(offset)

    def last(self, line: int, byte_column: int) -> tuple[int, int]:
        """The same for just after an end."""
        shift = self.shift(line)
        if shift is not None:
            return shift[0], max(0, byte_column + shift[1])
        index = self.index(line, byte_column)
        if index == 0:
            return self.first(line, byte_column)
        offset = self.fragment.offset(index - 1) + 1
        return self.fragment.source.byte_column(offset)

    def shift(self, line: int) -> tuple[int, int] | None:
        """The file's line and what to add to columns, where that is all there is."""
        if line not in self._shifts:
            self._shifts[line] = self._find_shift(line)
        return self._shifts[line]

    def _find_shift(self, line: int) -> tuple[int, int] | None:
        if not 1 <= line <= len(self.starts):
            return None
        start = self.starts[line - 1]
        stop = len(self.fragment.text)
        end = self.starts[line] - 1 if line < len(self.starts) else stop
        first = self.fragment.offset(start)
        if end > start and self.fragment.offset(end - 1) - first != end - 1 - start:
            return None
        source = self.fragment.source
        starts = source.line_starts()
        number = bisect_right(starts, first)
        begin = starts[number - 1]
        if not source.text[begin : first + end - start].isascii():
            return None
        return number, first - begin - (self.lead if line == 1 else 0)


def settle(
    tree: ast.AST, placement: Placement, expressions: int, statements: int
) -> ast.AST | None:
    """Rewrite every position in a tree to the file's; the first node too deep.

    Expressions within one another and statements within one another are counted
    apart. Works without recursion, as the tree may be deeper than the stack.
    """
    too_deep: ast.AST | None = None
    todo: list[tuple[ast.AST, int, int]] = [(tree, 0, 0)]
    while todo:
        node, inside, nested = todo.pop()
        if isinstance(node, ast.expr):
            inside += 1
        elif isinstance(node, ast.stmt):
            inside, nested = 0, nested + 1
        if hasattr(node, "lineno"):
            _move(node, placement)
        if inside > expressions or nested > statements:
            too_deep = too_deep or node
        todo += [(child, inside, nested) for child in children(node)]
    return too_deep


def _move(node: ast.AST, placement: Placement) -> None:
    place: ast.expr = node  # type: ignore[assignment]  # any node with a place
    line, column = place.lineno, place.col_offset
    end, end_column = place.end_lineno or line, place.end_col_offset or 0
    shift = placement.shift(line)
    if shift is not None and end == line:
        # Nearly all nodes: in one line that stands in the file as it is.
        place.lineno = place.end_lineno = shift[0]
        place.col_offset = max(0, column + shift[1])
        place.end_col_offset = max(0, end_column + shift[1])
        return
    place.lineno, place.col_offset = placement.first(line, column)
    place.end_lineno, place.end_col_offset = placement.last(end, end_column)


_PLACELESS = (
    ast.expr_context,
    ast.operator,
    ast.unaryop,
    ast.cmpop,
    ast.boolop,
)


def span_of(node: ast.AST, source: Source) -> Span:
    """The stretch of the file that a settled node stands for."""
    if not hasattr(node, "lineno"):
        return _span_of_parts(node, source)
    place: ast.expr = node  # type: ignore[assignment]  # any node with a place
    start = source.offset(place.lineno, place.col_offset)
    end = start
    if place.end_lineno is not None:
        end = source.offset(place.end_lineno, place.end_col_offset or 0)
    return Span(source, start, max(start, end))


def _span_of_parts(node: ast.AST, source: Source) -> Span:
    """Of a node without a place of its own (a comprehension): that of its parts."""
    spans = [
        span_of(child, source)
        for child in ast.iter_child_nodes(node)
        if not isinstance(child, _PLACELESS)
    ]
    if not spans:
        return Span(source, 0, 0)
    start = min(span.start for span in spans)
    return Span(source, start, max(span.end for span in spans))


def span_of_attribute_name(node: ast.Attribute, source: Source) -> Span:
    """The name after the dot."""
    whole = span_of(node, source)
    return Span(source, max(whole.start, whole.end - len(node.attr)), whole.end)


def span_of_keyword(node: ast.keyword, source: Source) -> Span:
    """The name before the equals sign; all of `**mapping`."""
    whole = span_of(node, source)
    if node.arg is None:
        return whole
    return Span(source, whole.start, min(whole.end, whole.start + len(node.arg)))


def span_of_word(node: ast.AST, source: Source) -> Span:
    """The first word of a statement: `try`, `class`, `raise`."""
    whole = span_of(node, source)
    word = re.match(r"@|\w+", source.text[whole.start : whole.end])
    return Span(source, whole.start, whole.start + word.end()) if word else whole


def number_spelling(node: ast.Constant, source: Source) -> str | None:
    """A number as the user wrote it (`1e-5`, `1_000`), if that is what stands there."""
    value = node.value
    if type(value) not in (int, float):
        return None
    text = span_of(node, source).text
    if len(text) > _LONGEST_SPELLING or not _NUMBER.fullmatch(text):
        return None
    try:
        read: int | float = int(text, 0) if type(value) is int else float(text)
    except ValueError:
        return None
    return text if read == value else None
