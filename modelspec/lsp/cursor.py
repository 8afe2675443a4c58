"""What stands before the cursor, told from the lines alone.

In: a text that may not parse, and a place in it. Out: a `Cursor`: the keys it stands
under, and the piece of text that is being typed. Indentation and brackets tell the
keys, as they do a reader; nothing has to be complete.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import field

from modelspec.records import dataclass
from modelspec.syntax.keys import control_word

ITEM = "-"
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
    value: list[str] = field(default_factory=list)
    seen: list[tuple[tuple[str, ...], str]] = field(default_factory=list)

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(level.key for level in self.levels)

    def line(self, line: str) -> None:
        """A whole line above the cursor."""
        indent = len(line) - len(line.lstrip(" "))
        if not line.strip() or line.lstrip().startswith("#"):
            if self.block is not None:
                self.value.append(line)
            return
        if self.continues(indent, line):
            self.value.append(line)
            return
        _, value = self.begin(line)
        self.value = [value]
        if _HEADER.match(value):
            self.block, self.value = self.levels[-1].indent, []

    def continues(self, indent: int, line: str) -> bool:
        """Whether a line goes on with the value above it."""
        if self.block is not None:
            if indent > self.block:
                return True
            self.block = None
        if is_open("\n".join(self.value)):
            return True
        deeper = bool(self.levels) and indent > self.levels[-1].indent
        value = "".join(self.value).strip()
        return (
            deeper
            and bool(value)
            and value[0] not in "&#"
            and not _KEY.match(line.lstrip())
        )

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
        value = "\n".join([*scan.value, line])
        if scan.block is not None:
            return Cursor(scan.keys, value, is_text=True)
        return _flow(scan.keys, value, False, frozenset())
    if _in_comment(line):
        return Cursor(scan.keys, "", is_comment=True)
    has_key, value = scan.begin(line)
    siblings = _siblings(scan, text[offset:], indent)
    return _flow(scan.keys, value, not has_key, siblings)


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


# --- flow collections ----------------------------------------------------------------


def is_open(value: str) -> bool:
    """Whether a flow list or mapping, or a quoted text, is not closed yet."""
    value = value.strip()
    if value[:1] in ("{", "["):
        depth = 0
        for char, _ in _outside_quotes(value):
            depth += (char in "{[") - (char in "}]")
        return depth > 0
    return value[:1] in ("'", '"') and value.count(value[0]) % 2 == 1


def _outside_quotes(text: str) -> Iterator[tuple[str, int]]:
    quote = ""
    for at, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"" and text[:at].rstrip(" \n")[-1:] in ("{", "[", ",", ":", ""):
            quote = char
        else:
            yield char, at


def _flow(
    keys: tuple[str, ...], value: str, is_bare: bool, siblings: frozenset[str]
) -> Cursor:
    """The keys inside of `{...}` and `[...]` too."""
    lead = value.lstrip()
    if lead[:1] not in ("{", "["):
        return Cursor(keys, lead, is_bare, siblings=siblings)
    # Of each bracket: its keys so far, the current one, and where its text starts.
    stack: list[tuple[str, list[str], str | None, int]] = []
    for char, at in _outside_quotes(lead):
        if char in "{[":
            inside = stack[-1][2] if stack else None
            is_expression = char == "{" and lead[at - 1 : at] == "$"
            if not is_expression or inside is None:
                stack.append((char, [], None, at + 1))
            else:
                stack.append(("$", [], None, at + 1))
        elif char in "}]" and stack:
            stack.pop()
        elif char == ":" and stack and stack[-1][0] == "{" and stack[-1][2] is None:
            kind, names, _, start = stack[-1]
            written = lead[start:at].strip().strip("'\"")
            stack[-1] = (kind, [*names, written], written, at + 1)
        elif char == "," and stack and stack[-1][0] != "$":
            kind, names, _, _ = stack[-1]
            stack[-1] = (kind, names, None, at + 1)
    if not stack:
        return Cursor(keys, "", is_comment=True)
    if stack[-1][0] == "$":
        stack.pop()
    for kind, _, name, _ in stack:
        if kind == "[":
            keys = (*keys, ITEM)
        elif name is not None:
            keys = (*keys, name)
    kind, names, name, start = stack[-1]
    bare = kind == "{" and name is None
    return Cursor(keys, lead[start:].lstrip(), bare, siblings=frozenset(names))
