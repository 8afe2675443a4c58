"""What a scalar becomes: its text on one line, or the lines of a block.

In: a scalar with its role. Out: text. Python is laid out where it can be read; all
else is the text as it was, in the quotes that it needs.
"""

from __future__ import annotations

import re

from modelspec.diagnostics.span import Source
from modelspec.formatting.fragments import (
    Body,
    Line,
    collapse,
    read_body,
    read_line,
    without_slice_blanks,
)
from modelspec.formatting.scalars import (
    Place,
    is_plain,
    quote,
    with_single_quotes,
    write_scalar,
)
from modelspec.formatting.tree import Role, Scalar
from modelspec.layout.document import WIDTH, text_width
from modelspec.policy import Limits
from modelspec.syntax.scalars import resolve_plain

_BODIES = (Role.FORWARD, Role.INIT, Role.FUNCTION)


def fits(text: str) -> bool:
    return text_width(text) <= WIDTH


class Readings:
    """What texts read as. Nothing plays a part but the text and its role, and a spec
    writes the same many times: each is read once."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._lines: dict[tuple[str, Role], Line | None] = {}
        self._meanings: dict[tuple[str, Role], object] = {}
        self._written: dict[tuple[str, Place], str] = {}

    def line(self, text: str, role: Role) -> Line | None:
        key = (text, role)
        if key not in self._lines:
            self._lines[key] = read_line(text, role, self.limits)
        return self._lines[key]

    def meaning(self, text: str, role: Role) -> object:
        key, line = (text, role), self.line(text, role)
        if key not in self._meanings and line is not None:
            self._meanings[key] = line.meaning()
        return self._meanings.get(key)

    def in_yaml(self, python: str, place: Place) -> str:
        """Python on one line, in quotes where YAML needs them."""
        key = (python, place)
        if key not in self._written:
            self._written[key] = _in_yaml(python, place)
        return self._written[key]


def _in_yaml(python: str, place: Place) -> str:
    # Python is no pattern, and no number but where it is one.
    for one in (python, without_slice_blanks(python)):
        if is_plain(one, place, quoted=False):
            return one
    return quote(with_single_quotes(python))


class Texts:
    """The texts of the scalars of one source."""

    def __init__(
        self, source: Source, limits: Limits, readings: Readings | None = None
    ) -> None:
        self.source = source
        self.limits = limits
        self._readings = Readings(limits) if readings is None else readings

    def of(self, source: Source) -> Texts:
        """Those of another source, what was read for this one read no more."""
        return Texts(source, self.limits, self._readings)

    # --- one line -------------------------------------------------------------------

    def flat(self, node: Scalar, place: Place) -> str:
        """A scalar on one line, its anchor before it."""
        anchor = f"&{node.anchor} " if node.anchor is not None else ""
        return (anchor + self._flat(node, place)).rstrip()

    def _flat(self, node: Scalar, place: Place) -> str:
        if place in (Place.BLOCK, Place.FLOW) and not is_string(node):
            return node.text or ("null" if place is Place.FLOW else "")
        line = self.line(node)
        if line is None:
            return self._as_text(node, place)
        return self._readings.in_yaml(line.flat, place)

    def _as_text(self, node: Scalar, place: Place) -> str:
        quoted = node.style != "plain"
        if quoted and node.role is Role.PARAM:
            # Plain, it could be taken for a type.
            return quote(node.text)
        return write_scalar(node.text, place, quoted=quoted)

    # --- several lines --------------------------------------------------------------

    def lines(self, node: Scalar, indent: int, head: str) -> list[str]:
        """A scalar of a block after its head (`name:`, `-`), what goes on indented."""
        if node.anchor is not None:
            head = f"{head} &{node.anchor}"
        if node.style == "folded":
            return self._folded(node, indent, head)
        if node.style == "literal" or _is_literal(node):
            return self._literal(node, indent, head)
        text = self._flat(node, Place.BLOCK)
        one = f"{head} {text}" if text else head
        if fits(one) or not is_string(node):
            return [one]
        return self._broken(node, indent, f"{head} ") or [one]

    def _broken(self, node: Scalar, indent: int, head: str) -> list[str] | None:
        line = self.line(node)
        if line is not None:
            lines = line.broken(indent, head)
        elif node.role is Role.DOC:
            lines = _wrapped(node.text, indent, head)
        else:
            return None
        text = collapse([lines[0][len(head) :], *lines[1:]])
        if len(lines) < 2 or len(text) > self.limits.expression_characters:
            return None
        if is_plain(text, Place.BLOCK, quoted=False):
            return lines
        if line is not None and is_plain(
            without_slice_blanks(text), Place.BLOCK, quoted=False
        ):
            first = head + without_slice_blanks(lines[0][len(head) :])
            return [first, *map(without_slice_blanks, lines[1:])]
        return _quoted(lines, head, python=line is not None)

    def _literal(self, node: Scalar, indent: int, head: str) -> list[str]:
        body = self.body(node)
        if body is not None and (lines := body.lines(indent)) is not None:
            return [f"{head} |", *lines]
        if not node.text:
            return [f'{head} ""']
        content = node.text.removesuffix("\n").split("\n")
        first = next((line for line in content if line.strip(" ")), "")
        above = content[: content.index(first)] if first else content
        mark = "2" if first.startswith(" ") or any(above) else ""
        header = f"{head} |{mark}{_chomping(node.text)}"
        return [header, *(" " * indent + line if line else "" for line in content)]

    def _folded(self, node: Scalar, indent: int, head: str) -> list[str]:
        """As written, but for the indentation."""
        written = self.source.text[node.start : node.end]
        header, _, rest = written.partition("\n")
        content = rest.split("\n")
        first = next((line for line in content if line.strip(" ")), "")
        if not first or re.search("[0-9]", header.partition("#")[0]):
            return [f"{head} {quote(node.text)}"]
        chomping = _chomping(node.text)
        if chomping == "+":
            return [f"{head} {quote(node.text)}"]
        width = len(first) - len(first.lstrip(" "))
        lines = (line[width:] for line in content)
        shifted = (" " * indent + line if line else "" for line in lines)
        return [f"{head} >{chomping}", *shifted]

    # --- Python ---------------------------------------------------------------------

    def line(self, node: Scalar) -> Line | None:
        """An expression, unless its author gave it several lines."""
        if "\n" in node.text or node.role in (Role.TEXT, Role.DOC):
            return None
        if node.style in ("literal", "folded"):
            return None
        return self._readings.line(node.text, node.role)

    def meaning(self, node: Scalar) -> object:
        """What the Python of a scalar means, whatever its layout; None where there is
        none."""
        if self.line(node) is not None:
            return self._readings.meaning(node.text, node.role)
        body = self.body(node)
        return None if body is None else body.meaning()

    def body(self, node: Scalar) -> Body | None:
        if node.role not in _BODIES or node.style == "folded":
            return None
        return read_body(node.text, node.role, self.limits)


def is_string(node: Scalar) -> bool:
    """Whether a scalar that is no key is a string."""
    if node.style != "plain":
        return True
    return isinstance(resolve_plain(node.text), str)


def _is_literal(node: Scalar) -> bool:
    """Whether a text of several lines reads better as a block."""
    lines = node.text.removesuffix("\n").split("\n")
    if (
        len(lines) < 2
        or not lines[-1]
        or not lines[0].strip(" ")
        or lines[0] != (lines[0].lstrip())
    ):
        return False
    return all(line.isprintable() and line == line.rstrip() for line in lines)


def _chomping(text: str) -> str:
    """How the header of a block says which line feeds at its end count."""
    if not text.endswith("\n"):
        return "-"
    return "+" if text.endswith("\n\n") or text == "\n" else ""


def _wrapped(text: str, indent: int, head: str) -> list[str]:
    """Words, as many on a line as fit; one line where blanks count."""
    words = text.split(" ")
    if "" in words or "\n" in text:
        return [head + text]
    lines = [head + words[0]]
    for word in words[1:]:
        longer = f"{lines[-1]} {word}"
        if fits(longer) or word[0] in "-?:#":
            lines[-1] = longer
        else:
            lines.append(" " * indent + word)
    return lines


def _quoted(lines: list[str], head: str, *, python: bool) -> list[str] | None:
    """The lines of one scalar in quotes; None where they would need escapes."""
    inner = [lines[0][len(head) :], *lines[1:]]
    if python:
        inner = [with_single_quotes(line) for line in inner]
    text = "".join(inner)
    mark = '"'
    if not text.isprintable():
        return None
    if '"' in text or "\\" in text:
        mark = "'"
        inner = [line.replace("'", "''") for line in inner]
    inner[0] = head + mark + inner[0]
    inner[-1] += mark
    return inner
