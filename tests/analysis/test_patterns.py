"""Computed names match what a regular expression of them would."""

from __future__ import annotations

import ast
import re

from hypothesis import given
from hypothesis import strategies as st

from modelspec.analysis.patterns import pattern_of

PARTS = st.lists(st.sampled_from(["a", "b", "ab", "{n}", "_"]), max_size=6)


@given(PARTS, st.text("ab_", max_size=8))
def test_as_regular_expressions(parts: list[str], name: str) -> None:
    computed = ast.parse(f"f'{''.join(parts)}'", mode="eval").body
    expression = "".join(".*" if one == "{n}" else one for one in parts)
    expected = re.fullmatch(expression, name) is not None
    assert pattern_of(computed).matches(name) == expected


def test_many_parts_take_no_longer() -> None:
    computed = ast.parse(f"f'{'{n}a' * 200}Z'", mode="eval").body
    assert not pattern_of(computed).matches("a" * 4000)
