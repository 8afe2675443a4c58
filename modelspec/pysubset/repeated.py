"""Texts that were read before: what one became, again, at another place.

A network writes few calls many times: the same, or the same but for its numbers
(`Linear(64, 64)`, `Linear(128, 10)`). Reading one takes Python's parser and half a
dozen looks at the tree; here the finished tree of the first is kept as a `Form`, from
which that of the next is made. It is equal to what reading the text would give, node
for node and place for place.

In: scalars in one line, and trees of calls, names and literals. Anything else is not
kept, and neither is what a name of a block's own (a param, a loop name) may have had a
part in.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Sequence
from dataclasses import field
from typing import TypeAlias

from modelspec.policy import Limits
from modelspec.records import dataclass
from modelspec.syntax.nodes import ScalarNode

# Whole numbers that stand by themselves: no part of a name, a float or an exponent.
_NUMBER = re.compile(r"(?<![\w.])(?<![eE][-+])(0|[1-9][0-9]{0,8})(?![\w.])")
_MOST_KEPT = 1024
_WIDEST = 30  # bits that nine digits may take
_WORD = re.compile(r"[A-Za-z_]\w*")
_KINDS = (
    ast.Attribute,
    ast.Call,
    ast.Constant,
    ast.List,
    ast.Name,
    ast.Tuple,
    ast.UnaryOp,
    ast.keyword,
)
_BARE = (ast.expr_context, ast.unaryop)

_Shape: TypeAlias = "tuple[str, ...]"


class Repeated:
    """The forms of a file's texts, by what they were read as."""

    def __init__(self) -> None:
        self._forms: dict[tuple[str, _Shape], Form] = {}
        self._found: dict[tuple[str, str], Found] = {}

    def find(
        self, node: ScalarNode, role: str, hidden: Collection[str], limits: Limits
    ) -> Found | None:
        """What a text is in this role, if one of its form was kept; the same for equal
        texts.

        `hidden` are names that may mean something else than when it was kept.
        """
        if not _is_simple(node, limits):
            return None
        found = self._found.get((role, node.text))
        if found is None:
            parts = _NUMBER.split(node.text)
            form = self._forms.get((role, tuple(parts[::2])))
            if form is None:
                return None
            found = Found(form, parts[1::2])
            if len(self._found) < _MOST_KEPT:
                self._found[role, node.text] = found
        return None if hidden and found.form.reads(hidden) else found

    def keep(
        self,
        node: ScalarNode,
        role: str,
        hidden: Collection[str],
        limits: Limits,
        tree: ast.expr,
    ) -> None:
        """Keeps what a text was read as, without a word to report, for others of its
        form."""
        if not _is_simple(node, limits) or limits.integer_bits <= _WIDEST:
            return
        words = frozenset(_WORD.findall(node.text))
        if any(word in hidden for word in words):
            return
        form = _form(tree, node, words)
        if form is not None:
            shape = tuple(_NUMBER.split(node.text)[::2])
            self._forms[role, shape] = form


def _is_simple(node: ScalarNode, limits: Limits) -> bool:
    """Whether the text stands in one line of the file as it is, and is short."""
    text = node.text
    return (
        node.style == "plain"
        and node.end - node.start == len(text)
        and len(text) <= limits.expression_characters
        and text.isascii()
    )


@dataclass(slots=True, eq=False)
class _Part:
    """A node of a form, which stands in the first text at `start` to `end`, of whose
    numbers so many ended before each. `number` is set for one of them itself; `same`
    are fields whose values all places share."""

    kind: type[ast.AST]
    start: int
    end: int
    before_start: int
    before_end: int
    number: int | None
    same: dict[str, object] = field(default_factory=dict)
    inner: list[tuple[str, _Part]] = field(default_factory=list)
    lists: list[tuple[str, list[_Part]]] = field(default_factory=list)

    def make(self, line: int, shifts: list[int], numbers: Sequence[str]) -> ast.AST:
        """The node on a line; `shifts` tells how far to the right it stands there,
        after none of the numbers, after one, ..."""
        made = self.kind.__new__(self.kind)
        fields = made.__dict__
        fields.update(self.same)
        fields["lineno"] = fields["end_lineno"] = line
        fields["col_offset"] = self.start + shifts[self.before_start]
        fields["end_col_offset"] = self.end + shifts[self.before_end]
        if self.number is not None:
            fields["value"] = int(numbers[self.number])
        for name, part in self.inner:
            fields[name] = part.make(line, shifts, numbers)
        for name, parts in self.lists:
            fields[name] = inner = []
            for part in parts:
                inner.append(part.make(line, shifts, numbers))
        return made

    def literal(self, numbers: Sequence[str]) -> object:
        """The value of a literal: a constant, a tuple of them, a negative number."""
        if self.number is not None:
            return int(numbers[self.number])
        if self.kind is ast.Constant:
            return self.same["value"]
        if self.lists:
            return tuple(one.literal(numbers) for one in self.lists[0][1])
        return -self.inner[0][1].literal(numbers)  # type: ignore[operator]  # a number

    def arguments(self) -> list[_Part]:
        """Those of a call: by position, then by keyword."""
        lists = dict(self.lists)
        keywords = (dict(one.inner)["value"] for one in lists.get("keywords", ()))
        return [*lists.get("args", ()), *keywords]


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """What a text became. `words` are the names in it, `spans` where its numbers
    stand, `arguments` those of the call that it is, if it is one."""

    root: _Part
    words: frozenset[str]
    spans: tuple[tuple[int, int], ...]
    arguments: Sequence[_Part]

    def reads(self, hidden: Collection[str]) -> bool:
        """Whether one of some names stands in the text."""
        return any(word in hidden for word in self.words)

    def at(self, node: ScalarNode, numbers: Sequence[str]) -> ast.expr:
        """The same for a text with other numbers, at its own place."""
        line, column = node.source.byte_column(node.start)
        shifts = [column]
        for number, (start, end) in zip(numbers, self.spans, strict=True):
            column += len(number) - (end - start)
            shifts.append(column)
        return self.root.make(line, shifts, numbers)  # type: ignore[return-value]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A text that was met before but for its numbers."""

    form: Form
    numbers: Sequence[str]

    def at(self, node: ScalarNode) -> ast.expr:
        """What it is read as, at the place of one of the texts."""
        return self.form.at(node, self.numbers)

    def values(self) -> list[object]:
        """The arguments of a text that is a call of literals."""
        return [one.literal(self.numbers) for one in self.form.arguments]


class _UnfitError(Exception):
    """A tree holds something that is not kept."""


def _form(tree: ast.expr, node: ScalarNode, words: frozenset[str]) -> Form | None:
    spans = tuple(found.span() for found in _NUMBER.finditer(node.text))
    builder = _Builder(spans, *node.source.byte_column(node.start))
    try:
        root = builder.part(tree)
    except _UnfitError:
        return None
    # A number in a string, say, is none of the tree's.
    whole = sorted(builder.numbers) == list(range(len(spans)))
    return Form(root, words, spans, root.arguments()) if whole else None


@dataclass(slots=True, eq=False)
class _Builder:
    """A tree to parts; `numbers` are those of the text that were found in it."""

    spans: tuple[tuple[int, int], ...]
    line: int
    column: int
    numbers: list[int] = field(default_factory=list)

    def part(self, node: ast.AST) -> _Part:
        if not isinstance(node, _KINDS):
            raise _UnfitError
        if not node.lineno == node.end_lineno == self.line:
            raise _UnfitError
        start, end = (
            node.col_offset - self.column,
            (node.end_col_offset or 0) - self.column,
        )
        part = _Part(
            type(node), start, end, self._before(start), self._before(end), None
        )
        if (start, end) in self.spans and isinstance(node, ast.Constant):
            part.number = self.spans.index((start, end))
            self.numbers.append(part.number)
        for name, value in ast.iter_fields(node):
            self._field(name, value, part)
        return part

    def _before(self, at: int) -> int:
        return sum(end <= at for _, end in self.spans)

    def _field(self, name: str, value: object, part: _Part) -> None:
        if isinstance(value, list):
            part.lists.append((name, [self.part(item) for item in value]))
        elif isinstance(value, ast.AST) and not isinstance(value, _BARE):
            part.inner.append((name, self.part(value)))
        else:
            part.same[name] = value
