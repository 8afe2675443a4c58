"""list[ast.stmt] -> lines of text.

Blank lines: those of the source are kept (one of several, two at module level; none at
the beginning of a block), and where `ruff format` wants some, there are some. Comments:
on a line of their own they stay before the statement they precede, or at the end of the
block whose indentation they have; at the end of a statement they stay there; inside one
they move to lines before it. Statements without positions are printed without blank
lines.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeAlias

from modelspec.layout.comments import (
    CommentQueue,
    comment_text,
    trailing_text,
)
from modelspec.layout.docstrings import docstring_lines, docstring_value
from modelspec.layout.document import (
    STEP,
    WIDTH,
    Doc,
    flat_text,
    render,
    text_width,
)
from modelspec.layout.headers import Headers
from modelspec.pysubset.body import Comment

_DEFINITIONS = (ast.FunctionDef, ast.ClassDef)
_IMPORTS = (ast.Import, ast.ImportFrom)
_END = 1 << 60
Clauses: TypeAlias = (
    ast.If | ast.For | ast.While | ast.With | ast.FunctionDef | ast.ClassDef
)
_CLAUSES = (ast.If, ast.For, ast.While, ast.With, ast.FunctionDef, ast.ClassDef)


def render_line(doc: Doc, indent: int, step: int = STEP) -> list[str]:
    """The lines of a document: one if it fits."""
    text = flat_text(doc)
    if text_width(text) + indent <= WIDTH:
        return [" " * indent + text]
    return render(doc, indent, step=step).split("\n")


@dataclass(slots=True)
class Block:
    """The lines of a block so far, and the line of the source where they end."""

    top_level: bool
    lines: list[str] = field(default_factory=list)
    end: int | None = None

    def add(self, lines: list[str], first: int | None, last: int | None) -> None:
        """Add lines that stood from `first` to `last`, blank ones before them."""
        if self.lines and first is not None and self.end is not None:
            self.separate(min(first - self.end - 1, 2 if self.top_level else 1))
        self.lines += lines
        self.end = last

    def separate(self, count: int) -> None:
        """Have at least so many blank lines before what comes next."""
        have = 0
        while have < len(self.lines) and not self.lines[-1 - have]:
            have += 1
        if self.lines:
            self.lines += [""] * (count - have)


class Statements:
    """Prints blocks of statements with the comments among them."""

    def __init__(self, headers: Headers, comments: Sequence[Comment]) -> None:
        self.headers = headers
        self.comments = CommentQueue(comments)

    def block(
        self,
        body: Sequence[ast.stmt],
        indent: int,
        *,
        parent: ast.AST | None,
        limit: int = _END,
        column: int = -1,
    ) -> Block:
        """One block, with the comments at its end: those above the line `limit` and to
        the right of `column`. Without a parent it is the body of a function."""
        block = Block(isinstance(parent, ast.Module))
        is_scope = parent is None or isinstance(parent, (*_DEFINITIONS, ast.Module))
        previous: ast.stmt | None = None
        for index, node in enumerate(body):
            after = [_line(later) for later in body[index + 1 : index + 2]]
            end = (after[0] if after else None) or limit
            docstring = docstring_value(node) if index == 0 and is_scope else None
            block.separate(_blank_lines(previous, node, parent, block.top_level))
            self._statement(node, docstring, indent, block, end)
            previous = node
        tail = self.comments.take_while(
            lambda comment: comment.line < limit and comment.column > column
        )
        self._own_lines(tail, indent, block)
        return block

    def _statement(
        self,
        node: ast.stmt,
        docstring: str | None,
        indent: int,
        block: Block,
        limit: int,
    ) -> None:
        suffix = self._before(node, indent, block, limit)
        if docstring is not None:
            lines = docstring_lines(docstring, indent)
            lines[-1] += flat_text(suffix)
        elif _is_stub(node):
            doc = self.headers.layout(node)
            lines = render_line((doc, " ...", suffix), indent)
        else:
            lines = render_line(self.headers.layout(node, suffix), indent)
        last = getattr(node, "end_lineno", None)
        if isinstance(node, _CLAUSES) and not _is_stub(node):
            last = self._clauses(node, indent, lines, limit)
        block.add(lines, _line(node), last)

    def _clauses(
        self, node: Clauses, indent: int, lines: list[str], limit: int
    ) -> int | None:
        """Add the blocks under a statement; tells the line where the last one ends."""
        orelse = node.orelse if isinstance(node, (ast.If, ast.For, ast.While)) else []
        column = getattr(node, "col_offset", -1)
        end = self._else_line(node, orelse, column) if orelse else limit
        block = self.block(
            node.body, indent + STEP, parent=node, limit=end, column=column
        )
        lines += _under(node, block)
        if not orelse:
            return block.end
        before = Block(top_level=False)
        if _is_elif(node):
            suffix = self._before(orelse[0], indent, before, limit)
            test = self.headers.layout(orelse[0], suffix)
            lines += before.lines + render_line(("el", test), indent)
            assert isinstance(orelse[0], ast.If)
            return self._clauses(orelse[0], indent, lines, limit)
        self._own_lines(
            self.comments.take_while(lambda comment: comment.line < end), indent, before
        )
        start = _line(orelse[0]) or end
        trailing = self.comments.take_while(
            lambda comment: comment.line < start and not comment.own_line
        )
        suffix = trailing_text(trailing[0]) if trailing else ""
        lines += before.lines + render_line(("else:", suffix), indent)
        block = self.block(
            orelse, indent + STEP, parent=node, limit=limit, column=column
        )
        lines += _under(node, block)
        return block.end

    def _else_line(self, node: Clauses, orelse: Sequence[ast.stmt], column: int) -> int:
        """The line of an `else`, which a tree does not tell: the one with a comment at
        its end, or the last between the blocks that is free of comments."""
        start, above = _line(orelse[0]), getattr(node.body[-1], "end_lineno", None)
        if start is None or above is None:
            return start or _END
        if _is_elif(node):
            return start
        between = self.comments.between(above, start)
        for comment in between:
            if not comment.own_line:
                return comment.line
            if comment.column <= column:
                above = comment.line
        taken = {comment.line for comment in between}
        free = (line for line in range(start - 1, above, -1) if line not in taken)
        return next(free, start)

    def _own_lines(
        self, comments: Sequence[Comment], indent: int, block: Block
    ) -> None:
        for comment in comments:
            text = " " * indent + comment_text(comment)
            block.add([text], comment.line, comment.line)

    def _before(self, node: ast.stmt, indent: int, block: Block, limit: int) -> Doc:
        """Add the comments before and in a statement's first line; tells the one at its
        end. `limit` is the line of what comes next."""
        start = _line(node)
        if start is None:
            return ""
        leading = self.comments.take_while(lambda comment: comment.line < start)
        self._own_lines(leading, indent, block)
        inside = self._inside(node, start, limit)
        last = inside.pop() if inside and not inside[-1].own_line else None
        for comment in inside:
            block.add([" " * indent + comment_text(comment)], start, start - 1)
        return trailing_text(last) if last else ""

    def _inside(self, node: ast.stmt, start: int, limit: int) -> list[Comment]:
        if not isinstance(node, _CLAUSES) or _is_stub(node):
            # What stands behind a `;` on the same line is nearer to its comment.
            last = min(getattr(node, "end_lineno", start), limit - 1)
            return self.comments.take_while(lambda comment: comment.line <= last)
        body = _line(node.body[0]) or start
        header = _header_end(node, start)
        return self.comments.take_while(
            lambda comment: (
                comment.line < body and (comment.line <= header or not comment.own_line)
            )
        )


def _line(node: ast.AST) -> int | None:
    return getattr(node, "lineno", None)


def _header_end(node: Clauses, start: int) -> int:
    """The last line of what stands before the colon, as far as a tree tells."""
    body: set[ast.AST] = {*node.body, *getattr(node, "orelse", [])}
    parts = (part for part in ast.iter_child_nodes(node) if part not in body)
    nodes = chain.from_iterable(map(ast.walk, parts))
    return max((getattr(part, "end_lineno", start) for part in nodes), default=start)


def _under(node: Clauses, block: Block) -> list[str]:
    """A block's lines; a definition right under a condition or loop stands off."""
    is_scope = isinstance(node, _DEFINITIONS)
    starts = block.lines[0].lstrip().startswith(("def ", "class "))
    return ["", *block.lines] if starts and not is_scope else block.lines


def _is_elif(node: Clauses) -> bool:
    """Whether all that is left is another condition, not written under an `else`."""
    if not isinstance(node, ast.If) or len(node.orelse) != 1:
        return False
    (only,) = node.orelse
    column = getattr(node, "col_offset", 0)
    return isinstance(only, ast.If) and getattr(only, "col_offset", 0) <= column


def _is_stub(node: ast.stmt) -> bool:
    """Whether a body is only `...`, which then stands on the line of its header."""
    if not isinstance(node, _DEFINITIONS) or len(node.body) != 1:
        return False
    (only,) = node.body
    return (
        isinstance(only, ast.Expr)
        and isinstance(only.value, ast.Constant)
        and only.value.value is ...
    )


def _innermost_last(node: ast.stmt) -> ast.stmt:
    """The statement or, under conditions and loops, the definition that ends it."""
    while isinstance(node, (ast.If, ast.For, ast.While, ast.With)):
        node = (getattr(node, "orelse", []) or node.body)[-1]
    return node


def _blank_lines(
    previous: ast.stmt | None,
    node: ast.stmt,
    parent: ast.AST | None,
    top_level: bool,
) -> int:
    """How many blank lines there must be between two statements."""
    if previous is None:
        return 0
    if isinstance(_innermost_last(previous), _DEFINITIONS):
        return 2 if top_level else 1
    if isinstance(node, _DEFINITIONS):
        return 2 if top_level else 1
    if isinstance(previous, _IMPORTS) and not isinstance(node, _IMPORTS):
        return 1
    if parent is None or not isinstance(parent, (ast.ClassDef, ast.Module)):
        return 0
    is_first = previous is parent.body[0]
    return int(is_first and docstring_value(previous) is not None)
