"""Syntax errors: one diagnostic each, at the right place, with the right advice."""

from __future__ import annotations

import pytest

from tests.syntax.reading import read

FAULTS = [
    ("a: b: c", "second-colon", ":", '"b: c"'),
    ("a:\n\t- x", "tab-indentation", "\t", "two spaces"),
    ("x: a\n\tb: 1", "tab-indentation", "\t", "two spaces"),
    ("a: |\n\tx", "tab-indentation", "\t", "two spaces"),
    ("a: 'x", "unclosed-quote", "'x", "''"),
    ('a: "x\nb: 1', "unclosed-quote", '"x', '\\"'),
    ("a: [1, 2", "unclosed-bracket", "[", "]"),
    ("a: [1\nb: 2", "unclosed-bracket", "[", "]"),
    ("a: {x: 1\nb: 2", "unclosed-bracket", "{", "}"),
    ("a: [1,,2]", "yaml-syntax", ",", "Separate"),
    ("a:\n  b: 1\n c: 2", "bad-indentation", "c: 2", "same number"),
    ("  a: 1\nb: 2", "bad-indentation", "b: 2", "same number"),
    ("- a\nb: 1", "bad-indentation", "b: 1", "same number"),
    ("a: 1\n- b", "bad-indentation", "- b", "same number"),
    ("- a\n b: 1", "bad-indentation", "b: 1", "Indent it like"),
    ("a: - b", "bad-indentation", "- b", "line of its own"),
    ("a:b\nc: 1", "missing-space", ":", "a: b"),
    ("c: 1\na:b\nd: 1", "missing-space", ":", "a: b"),
    ("a: 1\nb\nc: 2", "missing-colon", "b", "colon"),
    ("a: [${x}]", "cut-by-yaml", "${x}", '"${x}"'),
    ("a: {b: ${x}, c: 1}", "cut-by-yaml", "${x}", '"${x}"'),
    ("{${x}: 1}", "cut-by-yaml", "${x}", '"${x}"'),
    ("{a${x}: 1}", "cut-by-yaml", "a${x}", '"a${x}"'),
    ("a: [x[0], 1]", "cut-by-yaml", "x[0]", '"x[0]"'),
    ("a: [f(1, {b: c})[0]]", "cut-by-yaml", "f(1, {b: c})[0]", '"f(1'),
    ("- {a: f(1, 2) * (3, 4), b: 1}", "cut-by-yaml", "f(1, 2) * (3, 4)", '* (3, 4)".'),
    ("- *.x", "reserved-character", "*.x", '"*.x"'),
    ("*.weight: ones_", "reserved-character", "*.weight", '"*.weight"'),
    ("- @x", "reserved-character", "@x", '"@x"'),
    ("- `x", "reserved-character", "`x", '"`x"'),
    ("- %x", "reserved-character", "%x", '"%x"'),
    ("a: & x", "reserved-character", "& x", '"& x"'),
    ("a: ![b", "reserved-character", "![b", '"![b"'),
    ("[?}", "unclosed-bracket", "[", "]"),
    ("a: ? b", "reserved-character", "? b", '"? b"'),
    ("a: ]", "reserved-character", "]", "quote"),
    ("a: [@x, 1]", "reserved-character", "@x", '"@x"'),
    ('- "a" + b', "text-after-value", "+ b", "'\"a\" + b'"),
    ("- 'it's'", "text-after-value", "s'", "''"),
    ("a: {b: 1}[c]", "text-after-value", "[c]", '"{b: 1}[c]"'),
    ("a: [1] * 2", "text-after-value", "* 2", '"[1] * 2"'),
    ('a: "\\q"', "unknown-escape", "\\q", "single quotes"),
    ('a: "\\xzz"', "unknown-escape", "\\x", "single quotes"),
    ("a: >x", "block-header", "x", "next line"),
    ("a: | b", "block-header", "b", "next line"),
    ("%x\na: 1", "yaml-directive", "%x", "Remove"),
]


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize(("text", "code", "under", "advice"), FAULTS)
def test_fault(text: str, code: str, under: str, advice: str, mark: str) -> None:
    """The diagnostic names the mistake, underlines it and shows the form to write."""
    root, found = read(mark + text)
    assert root is None
    (one,) = found
    assert one.code == code
    assert one.span is not None
    assert one.span.text == under
    assert advice in "\n".join(one.help)
