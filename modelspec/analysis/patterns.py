"""Names that are computed: what a name of literal parts and others may be.

Comes in: the expression of a name. Goes out: whether a text may be that name. Every
part is looked for once, as far to the left as it goes, so that the time is in
proportion to the length of the text; a regular expression would try them all.
"""

from __future__ import annotations

import ast
from itertools import groupby

from modelspec.records import dataclass


@dataclass(frozen=True, slots=True)
class NamePattern:
    """`parts` are the literal texts, with anything between two of them."""

    parts: tuple[str, ...]

    def matches(self, name: str) -> bool:
        first, *rest = self.parts
        if not rest:
            return name == first
        last = rest.pop()
        at, end = len(first), len(name) - len(last)
        if at > end or not name.startswith(first) or not name.endswith(last):
            return False
        for part in rest:
            found = name.find(part, at, end)
            if found < 0:
                return False
            at = found + len(part)
        return True


def pattern_of(name: ast.expr) -> NamePattern:
    """The pattern of a computed name; of another expression, that takes any."""
    values = name.values if isinstance(name, ast.JoinedStr) else [name]
    parts = [""]
    for is_literal, several in groupby(values, lambda v: isinstance(v, ast.Constant)):
        if is_literal:
            texts = (str(one.value) for one in several if isinstance(one, ast.Constant))
            parts[-1] += "".join(texts)
        else:
            parts.append("")
    return NamePattern(tuple(parts))
