"""Globs and dotted names as the code that finds what they mean.

Comes in: a pattern of the Program, a string or an f-string. Goes out: a test over a
name (`name.endswith(".weight")`), or the expression that reaches one module or
parameter. A glob is `fnmatchcase`: `*` crosses dots.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from modelspec.backends.python.names import is_identifier
from modelspec.backends.python.nodes import (
    attribute,
    call,
    constant,
    method_call,
    string,
)

Pattern = ast.Constant | ast.JoinedStr
_SPECIAL = "*?["


def is_glob(pattern: Pattern) -> bool:
    return any(one in text for text in _texts(pattern) for one in _SPECIAL)


def _texts(pattern: Pattern) -> list[str]:
    parts = pattern.values if isinstance(pattern, ast.JoinedStr) else [pattern]
    return [
        part.value
        for part in parts
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]


def _is_text(part: ast.expr) -> bool:
    return isinstance(part, ast.Constant) and isinstance(part.value, str)


def matches(name: ast.expr, pattern: Pattern) -> ast.expr | None:
    """A test that the name fits the glob; None if every name does."""
    texts = _texts(pattern)
    stars = sum(text.count("*") for text in texts)
    if stars == sum(text.count(one) for text in texts for one in _SPECIAL):
        starts, ends = texts[0].startswith("*"), texts[-1].endswith("*")
        if not _begins(pattern):
            starts = False
        if not _ends(pattern):
            ends = False
        if string(pattern) == "*":
            return None
        if stars == 1 and starts:
            return method_call(name, "endswith", _cut(pattern, 1, None))
        if stars == 1 and ends:
            return method_call(name, "startswith", _cut(pattern, None, 1))
        if stars == 2 and starts and ends and string(pattern) != "**":
            return ast.Compare(_cut(pattern, 1, 1), [ast.In()], [name])
    return call("fnmatchcase", name, pattern)


def all_below(pattern: Pattern) -> Pattern | None:
    """The module of which a glob means everything: `backbone` of `backbone.*`."""
    if not _texts(pattern) or not _texts(pattern)[-1].endswith(".*"):
        return None
    if not _ends(pattern):
        return None
    owner, _ = split(pattern)
    return None if owner is None or is_glob(owner) else owner


def _begins(pattern: Pattern) -> bool:
    """Whether the pattern begins with text of its own."""
    return isinstance(pattern, ast.Constant) or _is_text(pattern.values[0])


def _ends(pattern: Pattern) -> bool:
    return isinstance(pattern, ast.Constant) or _is_text(pattern.values[-1])


def _cut(pattern: Pattern, first: int | None, last: int | None) -> ast.expr:
    """The pattern without its first and last characters."""
    stop = None if last is None else -last
    if isinstance(pattern, ast.Constant):
        return constant(str(pattern.value)[first:stop])
    values = list(pattern.values)
    if first is not None and isinstance(values[0], ast.Constant):
        values[0] = constant(str(values[0].value)[first:])
    if stop is not None and isinstance(values[-1], ast.Constant):
        values[-1] = constant(str(values[-1].value)[:stop])
    kept = [
        one for one in values if not isinstance(one, ast.Constant) or one.value != ""
    ]
    return ast.JoinedStr(kept)


def split(path: Pattern) -> tuple[Pattern | None, Pattern]:
    """`a.b.weight` as `a.b` and `weight`; None where there is no dot."""
    if isinstance(path, ast.Constant):
        owner, dot, leaf = str(path.value).rpartition(".")
        return (ast.Constant(owner) if dot else None), ast.Constant(leaf)
    for index in range(len(path.values) - 1, -1, -1):
        part = path.values[index]
        if isinstance(part, ast.Constant) and "." in str(part.value):
            owner, _, leaf = str(part.value).rpartition(".")
            before = [*path.values[:index], *_text(owner)]
            after = [*_text(leaf), *path.values[index + 1 :]]
            return _simplest(before), _simplest(after)
    return None, path


def _text(text: str) -> list[ast.expr]:
    return [ast.Constant(text)] if text else []


def _simplest(values: Sequence[ast.expr]) -> Pattern:
    if len(values) == 1 and isinstance(values[0], ast.Constant):
        return values[0]
    return ast.JoinedStr(list(values))


def chain(start: ast.expr, path: Pattern) -> ast.expr | None:
    """`self.a.b` for a dotted name made of identifiers, else None."""
    text = string(path)
    if text is None or not all(map(is_identifier, text.split("."))):
        return None
    node = start
    for part in text.split("."):
        node = attribute(node, part)
    return node
