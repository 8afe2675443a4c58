"""What stands before a cursor is found in one pass, however the text goes on."""

from __future__ import annotations

import pytest

from modelspec.lsp import flow
from modelspec.lsp.cursor import read_cursor
from modelspec.lsp.flow import Value


@pytest.mark.parametrize(
    ("lines", "is_open"),
    [
        (["[a, b"], True),
        (["[a, b", "c]"], False),
        (["{a: '}'"], True),
        (["{a: it's}"], False),
        (["[{a: [", "]}"], True),
        (["[{a: [", "]}]"], False),
        (['"one'], True),
        (['"one', 'two"'], False),
        (["'it''s"], True),
        (["plain ["], False),
        ([""], False),
    ],
)
def test_open_values(lines: list[str], is_open: bool) -> None:
    value = Value()
    for line in lines:
        value.add(line)
    assert value.is_open is is_open


@pytest.mark.parametrize("opening", ["Sequential: [", 'doc: "', "doc: a"])
def test_each_character_is_looked_at_once(
    monkeypatch: pytest.MonkeyPatch, opening: str
) -> None:
    """An unclosed collection of many lines was read anew for each of them."""
    seen = 0
    outside = flow._Quotes.is_outside

    def counted(self: flow._Quotes, char: str) -> bool:
        nonlocal seen
        seen += 1
        return outside(self, char)

    monkeypatch.setattr(flow._Quotes, "is_outside", counted)
    text = f"modelspec: 1\n{opening}\n" + "  'Linear(4, 4)',\n" * 500
    read_cursor(text, len(text))
    # Once line by line, and once to find the keys inside.
    assert seen <= 2 * len(text)
