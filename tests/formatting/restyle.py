"""The same spec in a style drawn by chance: indentation, quotes, brackets, comments.

In: a tree and a `random.Random`. Out: a text that means what the tree means, and the
comments put into it. It decides on its own what needs quotes, and more often than the
formatter would.
"""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass, field

from modelspec.formatting.tree import Alias, Collection, Node, Part, Role, Scalar

_WORD = re.compile(r"[A-Za-z_][\w./()=+ ]*[\w)]|[A-Za-z_]")
_NOT_A_STRING = ("y", "n", "yes", "no", "on", "off", "true", "false", "null")
_PYTHON = (Role.EXPRESSION, Role.CONTROL)


@dataclass(slots=True)
class Restyler:
    """`layout_only` leaves quotes and brackets as they are, and adds no comments."""

    chance: random.Random
    layout_only: bool = False
    lines: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)

    def text(self, root: Collection) -> str:
        self._block(root, 0)
        return "\n".join(self.lines) + "\n"

    def _is(self, likely: float) -> bool:
        return self.chance.random() < likely

    # --- blocks ---------------------------------------------------------------------

    def _block(self, node: Collection, indent: int) -> None:
        for part in node.parts:
            if not self.layout_only:
                self._between(indent)
            lead = " " * indent
            if part.key is None:
                self._item(part, lead + "-", indent)
            else:
                self._after(part, lead + self._key(part.key, False), indent)

    def _between(self, indent: int) -> None:
        while self._is(0.1):
            self.lines.append(self.chance.choice(("", "   ")))
        if self._is(0.1):
            self.lines.append(" " * indent + self._comment())

    def _comment(self) -> str:
        text = f"note {len(self.comments)}"
        self.comments.append(text)
        return self.chance.choice(("#", "# ", "#  ")) + text

    def _item(self, part: Part, head: str, indent: int) -> None:
        value = part.value
        stays = isinstance(value, Collection) and not self._is_flow(value)
        if not stays or value.anchor is not None or self._is(0.2):
            self._after(part, head, indent)
            return
        assert isinstance(value, Collection)
        inner = indent + 1 + self.chance.randint(1, 4)
        at = len(self.lines)
        quiet, self.layout_only = self.layout_only, True
        self._block(value, inner)
        self.layout_only = quiet
        self.lines[at] = head + self.lines[at][indent + 1 :]

    def _after(self, part: Part, head: str, indent: int) -> None:
        value = part.value
        deeper = indent + self.chance.randint(1, 5)
        if isinstance(value, Scalar):
            self._scalar(value, head, indent)
        elif isinstance(value, Alias):
            self.lines.append(f"{head}{self._gap()}*{value.name}{self._end()}")
        elif self._is_flow(value):
            text = f"{_anchor(value)}{self._flow(value, deeper)}"
            self.lines += f"{head}{self._gap()}{text}{self._end()}".split("\n")
        else:
            anchor = f" {_anchor(value)}".rstrip()
            self.lines.append(f"{head}{anchor}{self._end()}")
            below = part.key is not None and not value.mapping and self._is(0.3)
            self._block(value, indent if below else deeper)

    def _scalar(self, node: Scalar, head: str, indent: int) -> None:
        if node.style == "literal" and (self.layout_only or self._is(0.7)):
            self._literal(node, head, indent)
            return
        text = self._quoted(node, flow=False)
        gap = self._gap() if text or node.anchor else ""
        self.lines.append(f"{head}{gap}{_anchor(node)}{text}{self._end()}")

    def _literal(self, node: Scalar, head: str, indent: int) -> None:
        step = self.chance.randint(1, 6)
        starts_blank = re.match(r"\n* ", node.text) is not None
        mark = str(step) if starts_blank else ""
        chomping = "" if node.text.endswith("\n") else "-"
        if node.text.endswith("\n\n"):
            chomping = "+"
        self.lines.append(f"{head} {_anchor(node)}|{mark}{chomping}")
        lead = " " * (indent + step)
        for line in node.text.removesuffix("\n").split("\n"):
            self.lines.append(lead + line if line else "")

    def _gap(self) -> str:
        return " " * self.chance.choice((1, 1, 1, 2, 5))

    def _end(self) -> str:
        blanks = " " * self.chance.choice((0, 0, 0, 1, 3))
        if self.layout_only or not self._is(0.1):
            return blanks
        return f" {blanks}{self._comment()}"

    # --- brackets -------------------------------------------------------------------

    def _is_flow(self, node: Collection) -> bool:
        if not node.parts:
            return True
        if self.layout_only:
            return node.flow
        return self._is(0.7 if node.flow else 0.1)

    def _flow(self, node: Collection, indent: int) -> str:
        pieces = [self._flow_part(part, indent) for part in node.parts]
        out = pieces[0] if pieces else ""
        for piece in pieces[1:]:
            out += f",{self._flow_gap(indent)}{piece}"
        blank = " " * self.chance.randint(0, 1)
        trailing = "," if pieces and self._is(0.1) else ""
        left, right = "{}" if node.mapping else "[]"
        return f"{left}{blank}{out}{blank}{trailing}{right}"

    def _flow_gap(self, indent: int) -> str:
        if not self._is(0.1):
            return " " * self.chance.randint(0, 2)
        comment = "" if self.layout_only or self._is(0.5) else f" {self._comment()}"
        return f"{comment}\n{' ' * (indent + 1)}"

    def _flow_part(self, part: Part, indent: int) -> str:
        key = "" if part.key is None else self._key(part.key, True) + " "
        value = part.value
        if isinstance(value, Alias):
            return f"{key}*{value.name}"
        if isinstance(value, Collection):
            return f"{key}{_anchor(value)}{self._flow(value, indent)}"
        return f"{key}{_anchor(value)}{self._quoted(value, flow=True) or 'null'}"

    # --- scalars --------------------------------------------------------------------

    def _key(self, key: Scalar | Alias, flow: bool) -> str:
        if isinstance(key, Alias):
            return f"*{key.name} :"
        return f"{_anchor(key)}{self._quoted(key, flow=flow, is_key=True)}:"

    def _quoted(self, node: Scalar, *, flow: bool, is_key: bool = False) -> str:
        """A scalar on one line; `flow` where YAML cuts at commas."""
        if node.style == "plain" and not _is_string(node.text) and not is_key:
            return node.text
        text = self._respaced(node)
        may_be_plain = node.style == "plain" and "\n" not in text
        if flow or is_key:
            may_be_plain = may_be_plain and _is_plain_anywhere(text)
        if may_be_plain and (self.layout_only or self._is(0.7)):
            return text
        if self.layout_only and node.style == "single":
            return "'" + text.replace("'", "''") + "'"
        if text.isprintable() and not self.layout_only and self._is(0.5):
            return "'" + text.replace("'", "''") + "'"
        written = json.dumps(text, ensure_ascii=False)
        return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in written)

    def _respaced(self, node: Scalar) -> str:
        """Python with other blanks, where none of them can stand in a string."""
        text = node.text
        if node.role not in _PYTHON or node.anchor or set(text) & set("\"'$#\n"):
            return text
        comma = self.chance.choice((", ", ",", ",  "))
        text = text.replace(", ", comma)
        if self._is(0.3):
            text = text.replace("(", "( ").replace(")", " )")
        return text


def _anchor(node: Node) -> str:
    anchor = None if isinstance(node, Alias) else node.anchor
    return "" if anchor is None else f"&{anchor} "


def _is_plain_anywhere(text: str) -> bool:
    if text.count("(") != text.count(")"):
        return False
    return bool(_WORD.fullmatch(text)) and text.lower() not in _NOT_A_STRING


def _is_string(text: str) -> bool:
    from modelspec.syntax.scalars import resolve_plain

    return isinstance(resolve_plain(text), str)
