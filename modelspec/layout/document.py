"""Documents: text with places where a line may break.

A document says what may break, never what does. `render` decides, in the manner of
Wadler and Prettier: a group is printed flat when it and what follows it, up to the next
possible break, fit in the width; else its own breaks become new lines. It knows nothing
of Python.
"""

from __future__ import annotations

import unicodedata
from enum import Enum, auto
from typing import NamedTuple, TypeAlias

WIDTH = 88
STEP = 4


class Key:
    """Names a group, so that other parts of a document can ask whether it broke."""

    __slots__ = ()


class Line(NamedTuple):
    """A place to break; `flat` is what stands there otherwise."""

    flat: str


class Group(NamedTuple):
    """Breaks as one. With `when`, it is only a group if the group of that key broke."""

    content: Doc
    key: Key | None = None
    when: Key | None = None
    expand: bool = False


class Indent(NamedTuple):
    """One step deeper; with `when`, only if the group of that key broke."""

    content: Doc
    when: Key | None = None


class IfBroken(NamedTuple):
    """One text or the other, by the enclosing group or the group of `key`."""

    broken: Doc
    flat: Doc = ""
    key: Key | None = None


class Expandable(NamedTuple):
    """May break inside although the group of `key`, which encloses it, stays flat."""

    content: Doc
    key: Key


class BestFit(NamedTuple):
    """Parenthesised on lines of its own if that alone makes it fit, else left flat."""

    content: Doc
    key: Key


class Choice(NamedTuple):
    """The first variant that fits, else the last."""

    variants: tuple[Doc, ...]


class Unmeasured(NamedTuple):
    """Text that takes no part in the width."""

    text: str


Doc: TypeAlias = (
    "str | tuple[Doc, ...] | Line | Group | Indent | IfBroken | Expandable"
    " | BestFit | Choice | Unmeasured"
)

SOFT = Line("")
SPACE = Line(" ")


class _Reach(Enum):
    """How far a measurement looks."""

    FIRST_LINE = auto()
    ALL_LINES = auto()
    # All lines too, but inside brackets that open anyway a long word is no reason to
    # add parentheses around them.
    ALL_LINES_LONG_WORDS = auto()


# What is still to print: a document, its indentation, whether it is flat, and the reach
# of a measurement that meets it.
_Todo: TypeAlias = "tuple[Doc, int, bool, _Reach]"


def text_width(text: str) -> int:
    """Columns that the text takes, wide characters counting two."""
    if text.isascii():
        return len(text)
    return sum(map(_character_width, text))


def _character_width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def flat_text(doc: Doc) -> str:
    """The document with nothing broken."""
    out: list[str] = []
    _write_flat(doc, out)
    return "".join(out)


def _write_flat(doc: Doc, out: list[str]) -> None:
    kind = type(doc)
    if kind is str:
        out.append(doc)  # type: ignore[arg-type]  # an exact type test, for speed
    elif kind is tuple:
        for part in doc:
            if type(part) is str:
                out.append(part)
            else:
                _write_flat(part, out)
    elif isinstance(doc, (Line, IfBroken)):
        _write_flat(doc.flat, out)
    elif isinstance(doc, Choice):
        _write_flat(doc.variants[0], out)
    elif isinstance(doc, Unmeasured):
        out.append(doc.text)
    elif isinstance(doc, (Group, Indent, Expandable, BestFit)):
        _write_flat(doc.content, out)


def render(doc: Doc, indent: int, width: int = WIDTH, step: int = STEP) -> str:
    """The document as text; its first line is indented too."""
    return _Renderer(width, step).render(doc, indent)


class _Renderer:
    def __init__(self, width: int, step: int) -> None:
        self.width = width
        self.step = step
        self.out: list[str] = []
        self.column = 0
        self.broken: dict[Key, bool] = {}
        self.stack: list[_Todo] = []
        # True while everything inside a flat group is known to fit.
        self.measured = False

    def render(self, doc: Doc, indent: int) -> str:
        self.out.append(" " * indent)
        self.column = indent
        self.stack.append((doc, indent, False, _Reach.FIRST_LINE))
        while self.stack:
            self._print(*self.stack.pop())
        return "".join(self.out)

    def _print(self, doc: Doc, indent: int, flat: bool, reach: _Reach) -> None:
        if isinstance(doc, str):
            self._write(doc)
        elif isinstance(doc, Line):
            if flat:
                self._write(doc.flat)
            else:
                self._break(indent)
        elif isinstance(doc, Group):
            flat = self._group_mode(doc, indent, flat, reach)
            self.stack.append((doc.content, indent, flat, reach))
        elif isinstance(doc, Expandable):
            if flat and not self.broken[doc.key]:
                self.measured = flat = False
            self.stack.append((doc.content, indent, flat, reach))
        elif isinstance(doc, BestFit):
            self._print_best_fit(doc, indent, flat, reach)
        elif isinstance(doc, Choice):
            self._print_choice(doc, indent, flat, reach)
        elif isinstance(doc, Unmeasured):
            self.out.append(doc.text)
        else:
            _push(self.stack, (doc, indent, flat, reach), self.broken, self.step)

    def _write(self, text: str) -> None:
        self.out.append(text)
        self.column += text_width(text)

    def _break(self, indent: int) -> None:
        self.out.append("\n" + " " * indent)
        self.column = indent
        self.measured = False

    def _group_mode(self, doc: Group, indent: int, flat: bool, reach: _Reach) -> bool:
        if doc.when and not self.broken[doc.when]:
            return flat
        if doc.expand:
            flat = False
        elif not (flat and self.measured):
            self.measured = True
            if doc.key:
                self.broken[doc.key] = False
            flat = self._fits((doc.content, indent, True, reach))
        if doc.key:
            self.broken[doc.key] = not flat
        return flat

    def _print_best_fit(
        self, doc: BestFit, indent: int, flat: bool, reach: _Reach
    ) -> None:
        self.broken[doc.key] = False
        if flat and self.measured:
            self.stack.append((doc.content, indent, True, reach))
            return
        self.measured = True
        if self._fits((doc.content, indent, True, reach)):
            self.stack.append((doc.content, indent, True, reach))
            return
        self.broken[doc.key] = True
        inner = (doc.content, indent + self.step, False, _Reach.ALL_LINES)
        opens = self.column < self.width
        if opens and self._fits(inner, indent + self.step, close=indent):
            self._write("(")
            self._break(indent + self.step)
            self.stack += [
                (")", indent, True, reach),
                (SOFT, indent, False, reach),
                (doc.content, indent + self.step, False, reach),
            ]
            return
        # Parentheses would not help: go without.
        self.broken[doc.key] = False
        self.stack.append((doc.content, indent, flat, reach))

    def _print_choice(
        self, doc: Choice, indent: int, flat: bool, reach: _Reach
    ) -> None:
        if flat and self.measured:
            self.stack.append((doc.variants[0], indent, True, reach))
            return
        for variant in doc.variants[:-1]:
            self.measured = True
            todo = (variant, indent, True, reach)
            if self._fits(todo):
                self.stack.append(todo)
                return
        self.stack.append((doc.variants[-1], indent, False, reach))

    def _fits(
        self, todo: _Todo, column: int | None = None, close: int | None = None
    ) -> bool:
        """Whether it fits, and what follows up to the next break that will be taken.

        With `close`, what follows is a closing parenthesis on a line so indented.
        """
        room = self.width - (self.column if column is None else column)
        local: list[_Todo] = [todo]
        below = len(self.stack)
        while True:
            if not local:
                if close is not None:
                    room = self.width - close - 1
                    close = None
                if below == 0:
                    return True
                below -= 1
                local.append(self.stack[below])
            doc, indent, flat, reach = local.pop()
            if isinstance(doc, str):
                room -= text_width(doc)
                if room < 0 and reach is not _Reach.ALL_LINES_LONG_WORDS:
                    return False
            elif isinstance(doc, Line):
                if flat:
                    room -= len(doc.flat)
                    if room < 0:
                        return False
                elif reach is _Reach.FIRST_LINE:
                    return True
                else:
                    room = self.width - indent
            elif isinstance(doc, Group):
                if doc.expand and not (doc.when and not self.broken[doc.when]):
                    flat = False
                if doc.key:
                    self.broken[doc.key] = not flat
                local.append((doc.content, indent, flat, reach))
            elif isinstance(doc, Expandable):
                opens = flat and not self.broken[doc.key]
                if opens and room < 1:
                    return False  # not even the bracket has room
                flat, reach = (
                    (False, _Reach.ALL_LINES_LONG_WORDS) if opens else (flat, reach)
                )
                local.append((doc.content, indent, flat, reach))
            elif isinstance(doc, BestFit):
                self.broken[doc.key] = not flat
                local.append((doc.content, indent, flat, reach))
            elif isinstance(doc, Choice):
                chosen = doc.variants[0 if flat else -1]
                local.append((chosen, indent, flat, reach))
            elif not isinstance(doc, Unmeasured):
                _push(local, (doc, indent, flat, reach), self.broken, self.step)


def _push(stack: list[_Todo], todo: _Todo, broken: dict[Key, bool], step: int) -> None:
    """Unfold what means the same when printing and when measuring."""
    doc, indent, flat, reach = todo
    if isinstance(doc, Indent):
        if doc.when is None or broken[doc.when]:
            indent += step
        stack.append((doc.content, indent, flat, reach))
    elif isinstance(doc, IfBroken):
        is_broken = broken[doc.key] if doc.key else not flat
        stack.append((doc.broken if is_broken else doc.flat, indent, flat, reach))
    elif isinstance(doc, tuple):
        stack.extend([(part, indent, flat, reach) for part in reversed(doc)])
