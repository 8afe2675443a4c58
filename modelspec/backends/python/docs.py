"""Texts of the spec as docstrings and comments that cannot change structure.

Comes in: any text. Goes out: a docstring as `ruff format` would leave it, indented.
Lines are kept; a paragraph with one that is too long is filled anew. What is not
printable is escaped.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Sequence

WIDTH = 88
_ITEM = re.compile(r"\s*([-*+|>]|\d+[.)]|\w+:)\s")


def docstring(
    doc: str | None, indent: int, arguments: Sequence[tuple[str, str]] = ()
) -> str:
    """The docstring of a class or function; empty if there is nothing to say."""
    lines = _lines(doc or "", WIDTH - indent)
    if arguments:
        lines += ["", "Args:"]
        for name, text in arguments:
            lines += _argument(name, text, WIDTH - indent)
    if not lines:
        return ""
    return _quoted(lines, " " * indent)


def _quoted(lines: list[str], margin: str) -> str:
    first = lines[0]
    if first.startswith('"'):
        first = " " + first
    lines = [first, *lines[1:]]
    if len(lines) == 1:
        return f'{margin}"""{_closed(lines[0])}"""'
    body = [f'{margin}"""{lines[0]}']
    body += [margin + line if line else "" for line in lines[1:]]
    return "\n".join([*body, f'{margin}"""'])


def _closed(line: str) -> str:
    """A line after which three quotes may stand."""
    text = line.removesuffix('"')
    is_escaped = (len(text) - len(text.rstrip("\\"))) % 2
    return line if text == line or is_escaped else line + " "


def _argument(name: str, text: str, width: int) -> list[str]:
    first, *rest = [escaped(line.rstrip()) for line in _split(text)]
    lines = _wrapped(f"    {name}: {first}".rstrip(), width, " " * 8)
    for line in rest:
        margin = " " * (8 + len(line) - len(line.lstrip()))
        lines += _wrapped(" " * 8 + line, width, margin) if line else [""]
    return lines


def _lines(text: str, width: int) -> list[str]:
    lines = [escaped(line.rstrip()) for line in _split(text)]
    # The quotes: before the first line, and after it where it is the only one.
    taken = 6 if len(lines) == 1 else 3
    found: list[str] = []
    for paragraph in _paragraphs(lines):
        found += _filled(paragraph, width, 0 if found else taken)
    while found and not found[-1]:
        found.pop()
    return found


def _paragraphs(lines: list[str]) -> list[list[str]]:
    """Lines that run on: not indented otherwise, no blanks, no items of lists."""
    found: list[list[str]] = []
    for line in lines:
        before = found[-1][-1] if found else ""
        runs_on = before and line and _margin(before) == _margin(line)
        if runs_on and not _ITEM.match(line):
            found[-1].append(line)
        else:
            found.append([line])
    return found


def _filled(lines: list[str], width: int, taken: int) -> list[str]:
    """The lines, wrapped together if one is too long; the first has less room."""
    first, *rest = lines
    if len(first) <= width - taken and all(len(line) <= width for line in rest):
        return lines
    text = " ".join([" " * taken + first, *(line.lstrip() for line in rest)])
    wrapped = _wrapped(text, width, _margin(first))
    return [wrapped[0][taken:], *wrapped[1:]]


def _margin(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _split(text: str) -> list[str]:
    """The lines of a text, without what indents them all."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
    return inspect.cleandoc(text).split("\n")


def _wrapped(line: str, width: int, margin: str) -> list[str]:
    """The line, or several where it is too long."""
    if len(line) <= width:
        return [line]
    return textwrap.wrap(
        line.lstrip(),
        width,
        initial_indent=_margin(line),
        subsequent_indent=margin,
        break_long_words=False,
        break_on_hyphens=False,
    )


def escaped(line: str) -> str:
    """The line as it stands inside three double quotes."""
    text = "".join(_escape(one) for one in line.replace("\\", "\\\\"))
    return text.replace('"""', '\\"\\"\\"')


def _escape(character: str) -> str:
    if character == " " or character.isprintable():
        return character
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
