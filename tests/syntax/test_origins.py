"""Where the characters of a scalar stand in the file."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from modelspec.syntax.nodes import ScalarNode
from modelspec.syntax.origins import scalar_fragment
from tests.syntax.reading import read, read_good, scalars


def check(node: ScalarNode) -> None:
    """Offsets lie in the file, never decrease, and point at the same characters."""
    fragment, source = scalar_fragment(node), node.span.source.text
    assert fragment.text == node.text
    offsets = [fragment.offset(i) for i in range(len(node.text))]
    assert offsets == sorted(offsets)
    for char, offset in zip(node.text, offsets, strict=True):
        if char.isascii() and not char.isspace() and source[offset] != "\\":
            assert source[offset] == char


CASES = [
    ("a: plain text", "plain text", "plain text"),
    ("a: plain\n  over  \n\n  lines", "over", "over"),
    ("a: 'it''s x'", "s x", "s x"),
    ('a: "t\\tab \\u00e9 \\U0001F600 end"', "end", "end"),
    ('a: "one \\\n   two"', "two", "two"),
    ('a: "one\n\n   two"', "two", "two"),
    ("a: |\n  x = 1\n  y = 2\n", "y = 2", "y = 2"),
    ("a: |\r\n  x = 1\r\n  y = 2\r\n", "x = 1\ny = 2", "x = 1\r\n  y = 2"),
    ("a: |+\n  x\n\n\nb: 1", "x\n\n\n", "x\n\n\n"),
    ("a: |2-\n    x\n  y\n\nb: 1", "  x\ny", "  x\n  y"),
    ("a: >\n  x\n  y\n\n  z\n    more\n  w\n", "w", "w"),
    ("a:\n  - >2\n      x\n     y\n", "y", "y"),
    ("a: |  # note\n\n  x\n", "x", "x"),
    ("a: |1\n  x\n", " x", " x"),
]


@pytest.mark.parametrize(("text", "part", "written"), CASES)
def test_part(text: str, part: str, written: str) -> None:
    """A part of a scalar of every style is where it is written."""
    node = scalars(read_good(text))[1]
    check(node)
    start = node.text.index(part)
    assert scalar_fragment(node).span(start, start + len(part)).text == written


def test_what_stands_as_it_is_has_one_offset() -> None:
    """Plain and quoted texts of one line need no table."""
    for text in ("a: bc", "a: 'bc'", 'a: "bc"'):
        assert isinstance(scalar_fragment(scalars(read_good(text))[1]).origin, int)


TEXTS = st.text(st.sampled_from("ab c'\"\\\n\té😀#:-"), max_size=30)
STYLES = st.sampled_from([None, "'", '"', "|", ">"])


@settings(max_examples=600)
@given(TEXTS, STYLES, st.integers(5, 30), st.booleans(), st.booleans())
def test_any_scalar(
    text: str, style: str | None, width: int, nested: bool, crlf: bool
) -> None:
    """Scalars as PyYAML writes them, in every style, folded at any width."""
    value = {"k": [text, text]} if nested else {"k": text}
    written = yaml.dump(value, default_style=style, width=width, allow_unicode=True)
    if crlf:
        written = written.replace("\n", "\r\n")
    root, _ = read(written.replace("!!null", ""))
    assume(root is not None)
    assert root is not None
    for node in scalars(root):
        check(node)
        assert scalar_fragment(node).offset(len(node.text)) <= len(written)


LINES = st.lists(
    st.sampled_from(["x y", "  x", "", "   ", "\tz", "é", "# no", "x ", "- a: b"]),
    max_size=8,
)


@settings(max_examples=600)
@given(LINES, st.sampled_from("|>"), st.sampled_from(["", "-", "+", "2", "2-", "1+"]))
def test_any_block(lines: list[str], style: str, header: str) -> None:
    """Blocks of any lines, indented by two or by an indicator, chomped or kept."""
    text = f"a:\n  k: {style}{header}\n" + "".join(f"    {one}\n" for one in lines)
    root, _ = read(text + "b: c\n")
    assume(root is not None)
    assert root is not None
    for node in scalars(root):
        check(node)
        if node.style in ("literal", "folded") and node.text.strip():
            assert isinstance(scalar_fragment(node).origin, tuple)
            assert not node.span.text[-1].isspace() or node.span.text[-1] in " \t"


FLOW = st.lists(
    st.sampled_from(
        ["x", " ", "  ", "\n", "\n  ", "\\n", "\\\n ", "''", "\\x41", "é", "\t"]
    ),
    max_size=12,
).map("".join)


@settings(max_examples=600)
@given(FLOW, st.sampled_from(["", "'", '"']))
def test_any_flow_scalar(text: str, quote: str) -> None:
    """Plain and quoted scalars over lines, with blanks and escapes at every place."""
    root, _ = read(f"a: {quote}{text}{quote}\n")
    assume(root is not None)
    assert root is not None
    for node in scalars(root):
        check(node)
        approximate = node.span.end - node.span.start > 2 and "x" in node.text
        if approximate:
            fragment = scalar_fragment(node)
            at = node.text.index("x")
            assert node.span.source.text[fragment.offset(at)] == "x"
