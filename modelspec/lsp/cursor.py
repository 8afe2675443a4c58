"""What stands before the cursor, told from the lines alone.

In: a text that may not parse, and a place in it. Out: a `Cursor`: the keys it stands
under, and the piece of text that is being typed. Indentation and brackets tell the
keys, as they do a reader; nothing has to be complete.
"""

from __future__ import annotations

import re
from dataclasses import field

from modelspec.lsp.flow import ITEM, Value, read_flow
from modelspec.records import dataclass
from modelspec.syntax.keys import control_word

_LINE = re.compile(r"( *)((?:-(?: +|$))*)(.*)", re.DOTALL)
_KEY = re.compile(
    r"""("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#'"{\[][^\n]*?)\s*:(?:\s|$)"""
)
_HEADER = re.compile(r"[|>][-+\d]*\s*(?:#.*)?$")


@dataclass(frozen=True, slots=True)
class Cursor:
    """`keys` are outermost first, `-` for an item of a list. `text` is what was typed
    of the value (or of a key, where `is_bare`: no colon stands on the line yet).
    `is_text` in the lines of a block scalar. `siblings` are the keys beside."""

    keys: tuple[str, ...]
    text: str
    is_bare: bool = False
    is_text: bool = False
    is_comment: bool = False
    siblings: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Level:
    indent: int
    key: str


@dataclass(slots=True)
class _Scan:
    """The lines so far. `block` is the indentation of the key of a block scalar that
    goes on, `value` the text of the last value, `seen` the keys by their path."""

    levels: list[_Level] = field(default_factory=list)
    block: int | None = None
    value: Value = field(default_factory=Value)
    seen: list[tuple[tuple[str, ...], str]] = field(default_factory=list)

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(level.key for level in self.levels)

    def line(self, line: str) -> None:
        """A whole line above the cursor."""
        indent = len(line) - len(line.lstrip(" "))
        if not line.strip() or line.lstrip().startswith("#"):
            if self.block is not None:
                self.value.add(line)
            return
        if self.continues(indent, line):
            self.value.add(line)
            return
        _, value = self.begin(line)
        self.value = Value()
        if _HEADER.match(value):
            self.block = self.levels[-1].indent if self.levels else -1
        else:
            self.value.add(value)

    def continues(self, indent: int, line: str) -> bool:
        """Whether a line goes on with the value above it."""
        if self.block is not None:
            if indent > self.block:
                return True
            self.block = None
        if self.value.is_open:
            return True
        deeper = bool(self.levels) and indent > self.levels[-1].indent
        first = self.value.first
        return deeper and first not in ("", "&", "#") and not _KEY.match(line.lstrip())

    def begin(self, line: str) -> tuple[bool, str]:
        """A line of its own: whether it has a key, and what follows it."""
        match = _LINE.match(line)
        assert match is not None
        column = len(match[1])
        while self.levels and self.levels[-1].indent >= column:
            # Items of a list may stand in the column of its key.
            last = self.levels[-1]
            if last.indent == column and last.key != ITEM and match[2]:
                break
            self.levels.pop()
        for dash in re.finditer(r"- *", match[2]):
            self.levels.append(_Level(column + dash.start(), ITEM))
        column += len(match[2])
        rest = match[3]
        key = _key(rest)
        if key is None:
            return False, rest
        self.seen.append((self.keys, key[0]))
        self.levels.append(_Level(column, key[0]))
        return True, rest[key[1] :].lstrip()


def read_cursor(text: str, offset: int) -> Cursor:
    """Where a place stands."""
    lines = text[:offset].replace("\r\n", "\n").split("\n")
    scan = _Scan()
    for line in lines[:-1]:
        scan.line(line)
    line = lines[-1]
    indent = len(line) - len(line.lstrip(" "))
    if scan.continues(indent, line) and (scan.block is not None or line.strip()):
        value = "\n".join([*scan.value.lines, line])
        if scan.block is not None:
            return Cursor(scan.keys, value, is_text=True)
        return _inside(scan.keys, value, False, frozenset())
    if _in_comment(line):
        return Cursor(scan.keys, "", is_comment=True)
    has_key, value = scan.begin(line)
    siblings = _siblings(scan, text[offset:], indent)
    return _inside(scan.keys, value, not has_key, siblings)


def _inside(
    keys: tuple[str, ...], value: str, is_bare: bool, siblings: frozenset[str]
) -> Cursor:
    """The keys inside of `{...}` and `[...]` too."""
    lead = value.lstrip()
    if lead[:1] not in ("{", "["):
        return Cursor(keys, lead, is_bare, siblings=siblings)
    flow = read_flow(lead)
    if flow is None:
        return Cursor(keys, "", is_comment=True)
    return Cursor((*keys, *flow.keys), flow.text, flow.is_bare, siblings=flow.siblings)


def _siblings(scan: _Scan, after: str, indent: int) -> frozenset[str]:
    """Keys beside the one that is typed, above it and below."""
    above = {key for path, key in scan.seen if path == scan.keys}
    below = set()
    for line in after.split("\n")[1:]:
        if not line.strip():
            continue
        depth = len(line) - len(line.lstrip(" "))
        if depth < indent:
            break
        key = _key(line.strip()) if depth == indent else None
        if key is not None:
            below.add(key[0])
    return frozenset(above | below)


def _key(rest: str) -> tuple[str, int] | None:
    """The key at the start of a line, and where it ends."""
    if control_word(rest) not in (None, "let"):
        # Their colon is the last one; a dict or slice may have others.
        end = rest.rstrip().rfind(":")
        is_key = end >= 0 and (end + 1 == len(rest.rstrip()) or rest[end + 1] == " ")
        return (rest[:end].strip(), end + 1) if is_key else None
    match = _KEY.match(rest)
    if match is None:
        return None
    text = match[1].strip()
    if text[0] in "'\"":
        text = text[1:-1]
    return text, match.end(1) + match[0][len(match[1]) :].index(":") + 1


def _in_comment(line: str) -> bool:
    quote = ""
    for at, char in enumerate(line):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"" and (at == 0 or line[at - 1] in " ([{,=:"):
            quote = char
        elif char == "#" and (at == 0 or line[at - 1] == " "):
            return True
    return False
