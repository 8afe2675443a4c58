"""Values that go on over several lines: flow collections and quoted texts.

In: the text of a value so far, which may not be closed. Out: whether it goes on, and
where in its brackets it ends. Each character is looked at once.
"""

from __future__ import annotations

from dataclasses import field

from modelspec.records import dataclass

ITEM = "-"
_OPENING, _CLOSING, _QUOTES = "{[", "}]", "'\""
# A quote begins a text only after one of these, or at the start.
_BEFORE_QUOTE = ("{", "[", ",", ":", "")


@dataclass(slots=True)
class _Quotes:
    """Reads character by character; `last` is the last one that was no space."""

    quote: str = ""
    last: str = ""

    def is_outside(self, char: str) -> bool:
        """Whether a character stands outside of quoted texts, and is no quote."""
        before = self.last
        if char not in " \n":
            self.last = char
        if self.quote:
            self.quote = "" if char == self.quote else self.quote
            return False
        if char in _QUOTES and before in _BEFORE_QUOTE:
            self.quote = char
            return False
        return True


@dataclass(slots=True)
class Value:
    """A value, line by line. `first` is its first character."""

    lines: list[str] = field(default_factory=list)
    first: str = ""
    _depth: int = 0
    _quotes: _Quotes = field(default_factory=_Quotes)

    def add(self, line: str) -> None:
        self.lines.append(line)
        self.first = self.first or line.strip()[:1]
        if self.first and self.first in _QUOTES:
            self._depth += line.count(self.first)
        elif self.first and self.first in _OPENING:
            for char in line:
                if self._quotes.is_outside(char):
                    self._depth += (char in _OPENING) - (char in _CLOSING)

    @property
    def is_open(self) -> bool:
        """Whether a flow collection, or a quoted text, is not closed yet."""
        if self.first and self.first in _QUOTES:
            return self._depth % 2 == 1
        return self._depth > 0


@dataclass(frozen=True, slots=True)
class Flow:
    """Where an unclosed collection ends: `keys` lead there from the value, `text` is
    what was typed there, of a key where `is_bare`; `siblings` are the keys beside."""

    keys: tuple[str, ...]
    text: str
    is_bare: bool
    siblings: frozenset[str]


@dataclass(slots=True)
class _Bracket:
    """`$` stands for `${`. `start` is where the current key or item starts."""

    kind: str
    start: int
    key: str | None = None
    keys: list[str] = field(default_factory=list)


def read_flow(text: str) -> Flow | None:
    """The end of a text that begins with a bracket; None where all are closed."""
    stack = _open_brackets(text)
    if not stack:
        return None
    if stack[-1].kind == "$":
        stack.pop()
    keys = tuple(
        ITEM if one.kind == "[" else one.key
        for one in stack
        if one.kind == "[" or one.key is not None
    )
    last = stack[-1]
    is_bare = last.kind == "{" and last.key is None
    typed = text[last.start :].lstrip()
    return Flow(keys, typed, is_bare, frozenset(last.keys))  # type: ignore[arg-type]


def _open_brackets(text: str) -> list[_Bracket]:
    stack: list[_Bracket] = []
    quotes = _Quotes()
    for at, char in enumerate(text):
        if not quotes.is_outside(char):
            continue
        top = stack[-1] if stack else None
        if char in _OPENING:
            is_expression = char == "{" and text[at - 1 : at] == "$"
            is_value = top is not None and top.key is not None
            kind = "$" if is_expression and is_value else char
            stack.append(_Bracket(kind, at + 1))
        elif char in _CLOSING and stack:
            stack.pop()
        elif top is None:
            continue
        elif char == ":" and top.kind == "{" and top.key is None:
            top.key = text[top.start : at].strip().strip("'\"")
            top.keys.append(top.key)
            top.start = at + 1
        elif char == "," and top.kind != "$":
            top.key, top.start = None, at + 1
    return stack
