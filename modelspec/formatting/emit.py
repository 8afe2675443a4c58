"""The tree of a spec as text, in the one style.

In: a tree with its comments and roles. Out: text. Two blanks for each level, items of
lists indented below their key; what stands in brackets stays there while it fits in 88
columns; at most one blank line, none at the beginning of anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from modelspec.formatting.scalars import Place
from modelspec.formatting.texts import Texts, fits
from modelspec.formatting.tree import (
    Alias,
    Collection,
    Comment,
    Node,
    Part,
    Role,
    Scalar,
)
from modelspec.layout.comments import comment_text
from modelspec.layout.document import WIDTH, text_width
from modelspec.pysubset import Comment as PythonComment

_STEP = 2
# YAML allows 1024 characters for a key without a mark of its own.
_LONGEST_KEY = 1000
_LONGEST_WORD = 24


def emit_tree(root: Collection, texts: Texts) -> str:
    """A whole file, its last line feed included."""
    emitter = _Emitter(texts)
    emitter.parts(root, 0)
    return "\n".join(emitter.out) + "\n"


class _Emitter:
    def __init__(self, texts: Texts) -> None:
        self.texts = texts
        self.out: list[str] = []

    def parts(self, node: Collection, indent: int) -> None:
        """The parts of a collection, a line or more each."""
        is_first = True
        for part in node.parts:
            self._comments(part.before, indent, is_first)
            if part.blank_before and not (is_first and not part.before):
                self._blank_line()
            is_first = False
            if part.key is None:
                self._item(part, indent)
            else:
                self._entry(part, indent)
        self._comments(node.after, indent, is_first)

    def _comments(
        self, comments: Iterable[Comment], indent: int, is_first: bool
    ) -> None:
        for comment in comments:
            if comment.blank_before and not is_first:
                self._blank_line()
            is_first = False
            self.out.append(" " * indent + written(comment))

    def _blank_line(self) -> None:
        if self.out and self.out[-1]:
            self.out.append("")

    # --- parts ----------------------------------------------------------------------

    def _entry(self, part: Part, indent: int) -> None:
        head = " " * indent + self._key(part)
        if len(head) > _LONGEST_KEY:
            self.out.append(f"{' ' * indent}? {head.strip()[:-1].rstrip()}")
            head = " " * indent + ":"
        self._value(part, indent, head)

    def _item(self, part: Part, indent: int) -> None:
        value = part.value
        head = " " * indent + "-"
        is_block = isinstance(value, Collection) and not self._is_flow(value, head)
        if not is_block or value.anchor is not None:  # type: ignore[union-attr]  # a block
            self._value(part, indent, head)
            return
        assert isinstance(value, Collection)
        if part.beside is not None:
            self._comments([part.beside], indent, True)
        at = len(self.out)
        self.parts(value, indent + _STEP)
        self.out[at] = f"{head} {self.out[at].lstrip(' ')}"

    def _value(self, part: Part, indent: int, head: str) -> None:
        value, inner = part.value, indent + _STEP
        beside = "" if part.beside is None else "  " + written(part.beside)
        if isinstance(value, Scalar):
            lines = self.texts.lines(value, inner, head)
            is_block = len(lines) > 1 and bool(_HEADER.fullmatch(lines[0]))
            if len(lines) > 1 and not is_block and part.key is not None:
                below = self.texts.lines(value, inner, " " * (inner - 1))
                # What is repeated or depends stands by itself when it is long, and so
                # does what need not be broken then.
                is_block = _is_control(part.key)
                if is_block or (len(below) == 1 and value.anchor is None):
                    lines = [head, *below]
            lines[0 if is_block else -1] += beside
            self.out += lines
        elif isinstance(value, Alias):
            self.out.append(f"{head} *{value.name}{beside}")
        elif self._is_flow(value, head):
            self.out.append(f"{head} {self._anchored(value)}{beside}")
        elif part.key is not None and self._is_flow_below(value, inner):
            self.out += [head, f"{' ' * inner}{self._anchored(value)}{beside}"]
        elif self._is_table(value):
            self._fill(part, value, indent, head, beside)
        else:
            anchor = "" if value.anchor is None else f" &{value.anchor}"
            self.out.append(f"{head}{anchor}{beside}")
            self.parts(value, inner)

    def _key(self, part: Part) -> str:
        if isinstance(part.key, Alias):
            return f"*{part.key.name} :"
        assert part.key is not None
        return self.texts.flat(part.key, Place.KEY) + ":"

    # --- brackets -------------------------------------------------------------------

    def _is_flow(self, node: Collection, head: str) -> bool:
        """Whether a collection stands in brackets on the line of its head."""
        if not node.parts:
            return True
        if not node.flow or node.has_comments:
            return False
        return fits(f"{head} {self._anchored(node)}")

    def _is_flow_below(self, node: Collection, indent: int) -> bool:
        """Whether a short one stands in brackets there: names in it, or quotes that
        only brackets make necessary, are easier to read without them."""
        inner = [part.value for part in node.parts]
        nested = any(isinstance(one, Collection) and one.mapping for one in inner)
        if nested or not self._is_flow(node, " " * (indent - 1)):
            return False
        return '"' not in self._flow(node)

    def _anchored(self, node: Collection) -> str:
        return (f"&{node.anchor} " if node.anchor is not None else "") + self._flow(
            node
        )

    def _flow(self, node: Collection) -> str:
        inner = ", ".join(self._flow_part(part) for part in node.parts)
        return f"{{{inner}}}" if node.mapping else f"[{inner}]"

    def _flow_part(self, part: Part) -> str:
        value = self._flow_value(part.value)
        if part.key is None:
            return value
        if isinstance(part.key, Alias):
            return f"*{part.key.name} : {value}"
        key = self.texts.flat(part.key, Place.FLOW_KEY)
        return key if self._is_bare(part) else f"{key}: {value}"

    def _is_bare(self, part: Part) -> bool:
        """Whether a key in brackets stands without a colon: most are pieces of a text
        that its commas cut, and would look meant with one."""
        if not isinstance(part.key, Scalar) or not isinstance(part.value, Scalar):
            return False
        between = self.texts.source.text[part.key.end : part.value.end]
        return part.value.text == "" and ":" not in between

    def _flow_value(self, node: Node) -> str:
        if isinstance(node, Scalar):
            return self.texts.flat(node, Place.FLOW)
        return f"*{node.name}" if isinstance(node, Alias) else self._anchored(node)

    def _is_table(self, node: Collection) -> bool:
        """Whether a list in brackets is of words and numbers only."""
        if node.mapping or not node.flow or node.has_comments:
            return False
        return all(
            isinstance(part.value, Scalar)
            and len(self.texts.flat(part.value, Place.FLOW)) <= _LONGEST_WORD
            for part in node.parts
        )

    def _fill(
        self, part: Part, node: Collection, indent: int, head: str, beside: str
    ) -> None:
        """Words in brackets, as many on a line as fit."""
        lead = " " * (indent + _STEP)
        anchor = "" if node.anchor is None else f" &{node.anchor}"
        if part.key is None and not anchor:
            lead, end = head + " ", beside
        else:
            self.out.append(head + anchor + beside)
            end = ""
        words = [self._flow_part(one) + "," for one in node.parts]
        words[-1] = words[-1][:-1] + "]"
        line = f"{lead}[{words[0]}"
        for word in words[1:]:
            if text_width(line) + 1 + text_width(word) > WIDTH:
                self.out.append(line)
                line = " " * (indent + _STEP + 1) + word
            else:
                line += " " + word
        self.out.append(line + end)


def _is_control(key: Node | None) -> bool:
    return isinstance(key, Scalar) and key.role is Role.CONTROL


_HEADER = re.compile(r".* [|>]2?[-+]?")


def written(comment: Comment) -> str:
    """A comment as it is written out; what tools look for at its beginning stays."""
    return comment_text(PythonComment(1, 0, comment.text, comment.own_line))
