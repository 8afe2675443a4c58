"""Text to nodes: trees, spans, aliases and what is refused."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from modelspec.diagnostics import Diagnostic
from modelspec.policy import Limits
from modelspec.syntax import events
from modelspec.syntax.nodes import MappingNode, Node, SequenceNode
from modelspec.syntax.source import decode_source
from tests.syntax.reading import plain, read, read_good, scalars

LAUGHS = "\n".join(
    ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a: 1", [("a", 1)]),
        ("- a\n- [1, {b: c}]\n", ["a", [1, [("b", "c")]]]),
        ("a:\nb:\n- x\n", [("a", None), ("b", ["x"])]),
        ("0: a\n012: b\nno: c", [("0", "a"), ("012", "b"), ("no", "c")]),
        ("a: &x [1]\nb: *x", [("a", [1]), ("b", [1])]),
        ("&k 1: *k", [("1", 1)]),
        ("a: &k 1\n*k : b", [("a", 1), ("1", "b")]),
        ("%YAML 1.2\n---\na: 1\n...\n", [("a", 1)]),
        ("a: '1'\nb: \"2\"\nc: |\n  3\n", [("a", "1"), ("b", "2"), ("c", "3\n")]),
        ("a: |\r\n  x\r\n  y\r\nb: 1\r\n", [("a", "x\ny\n"), ("b", 1)]),
        ("? a\n: b", [("a", "b")]),
        ("\ufeffa: 1", [("a", 1)]),
        ("else: 1\nelse: 2", [("else", 1), ("else", 2)]),
        (
            "- for i in range(3): Linear(4, 4)",
            [[("for i in range(3)", "Linear(4, 4)")]],
        ),
        ("let w = w + 1:\nlet w = w + 1:", [("let w = w + 1", None)] * 2),
        ("if (a): 1\nif (a): 2", [("if (a)", 1), ("if (a)", 2)]),
    ],
)
def test_reads(text: str, tree: object) -> None:
    """Keys are their text, values YAML 1.2 core values, control keys may repeat."""
    assert plain(read_good(text)) == tree


REFUSED = [
    ("a: !!str 1", "yaml-tag", "!!str"),
    ("a: !!python/object/apply:os.system [x]", "yaml-tag", None),
    ("- &x !foo {a: 1}", "yaml-tag", "!foo"),
    ("<<: {a: 1}", "merge-key", "<<"),
    ("a: 1\nb: 2\na: 3", "duplicate-key", "a"),
    ("a: 1\n---\nb: 1", "several-documents", "---"),
    ("? [a]\n: b", "non-scalar-key", "[a]"),
    ("{a: 1}: b", "non-scalar-key", "{a: 1}"),
    ("a: &x [*x]", "recursive-alias", "*x"),
    ("a: *x", "unknown-alias", "*x"),
    ("%YAML 1.1\n---\na: 1", "yaml-directive", "%YAML 1.1"),
    ("%TAG ! tag:x,2000:\n---\na: 1", "yaml-directive", None),
    ("a: 012", "ambiguous-number", "012"),
    ("a: 9223372036854775808", "number-out-of-range", "9223372036854775808"),
    ("a: \x07", "invalid-character", "\x07"),
    ("a: b\rc: d", "invalid-character", "\r"),
    ("a: \u2028", "invalid-character", "\u2028"),
    ("a: \ud800", "invalid-character", "\ud800"),
    ("# nothing\n", "empty-file", None),
    (LAUGHS, "node-limit", None),
    ("[" * 65, "nesting-limit", "["),
    ("- " * 65 + "a", "nesting-limit", "-"),
    ("[Conv2d(1, 2, 3)]", "cut-by-yaml", "Conv2d(1, 2, 3)"),
    ("a: {weight: normal_(0, 1), b: 1}", "cut-by-yaml", "normal_(0, 1)"),
    ("a: [f(1, [2, 3])]", "cut-by-yaml", "f(1, [2, 3])"),
    ("- Foo(a: 1)", "cut-by-yaml", "Foo(a: 1)"),
]


@pytest.mark.parametrize(("text", "code", "under"), REFUSED)
def test_refuses(text: str, code: str, under: str | None) -> None:
    """Each mistake is one diagnostic, at the smallest text that is wrong."""
    _, found = read(text)
    assert [one.code for one in found] == [code]
    if under is not None:
        assert found[0].span is not None
        assert found[0].span.text == under


def test_duplicate_key_shows_the_first() -> None:
    """The label of a duplicate key is at the first of the two, which is kept."""
    root, (found,) = read("a: 1\na: 2")
    assert [label.span.start for label in found.labels] == [0]
    assert root is not None
    assert plain(root) == [("a", 1)]


def test_an_alias_chain_cannot_nest_beyond_the_limit() -> None:
    """Depth counts with aliases expanded, so that what walks the tree is safe."""
    lines = ["a0: &a0 [x]"] + [f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 100)]
    assert [one.code for one in read("\n".join(lines))[1]] == ["nesting-limit"]


def test_the_limits_are_the_callers() -> None:
    """Depth, nodes and bits are what the caller allows."""
    assert read("[[[1]]]", Limits(nesting=2))[1][0].code == "nesting-limit"
    assert read("[1, 2, 3]", Limits(nodes=3))[1][0].code == "node-limit"
    assert read("[1, 2, 3]", Limits(nodes=4))[1] == []
    assert read("200", Limits(integer_bits=8))[1][0].code == "number-out-of-range"


@pytest.mark.parametrize("opener", ["[", "{", "- ", "? ", "[{a: ", "!!x [", "&a ["])
def test_deep_nesting_does_not_crash(opener: str) -> None:
    """200,000 levels are one diagnostic, in little time (told by a process)."""
    program = (
        "import sys; from tests.syntax.reading import read;"
        f"found = read({opener!r} * 200_000)[1];"
        "sys.exit(0 if found and found[-1].code == 'nesting-limit' else 1)"
    )
    subprocess.run([sys.executable, "-c", program], timeout=20, check=True)


@pytest.mark.parametrize(
    "text",
    ["é: 😀 x\r\nb: [世, \u0301]\r\n", "\ufeffa: é\nb: 'ü'\n", "# 😀\na: &x  b\n"],
)
def test_spans_count_characters(text: str) -> None:
    """Wide, astral and combining characters, CRLF and a mark do not shift spans."""
    for node in scalars(read_good(text)):
        assert node.span.text.strip("'") == node.text


def test_spans_of_collections() -> None:
    """From the first key or item, or the bracket, to the end of the last value."""
    root = read_good("a: &x\n  b: [1, 2]\n  c:\n  - d\n\n# end\ne: {f: g}\n")
    assert isinstance(root, MappingNode)
    inner, flow = root.get("a"), root.get("e")
    assert inner is not None
    assert inner.span.text == "b: [1, 2]\n  c:\n  - d"
    assert flow is not None
    assert flow.span.text == "{f: g}"
    assert root.span.text.endswith("{f: g}")
    assert isinstance(inner, MappingNode)
    listed = inner.get("b")
    assert isinstance(listed, SequenceNode)
    assert (listed.flow, listed.span.text) == (True, "[1, 2]")


@pytest.mark.parametrize(
    ("text", "spanned"),
    [
        ("a: |\n  x\n  y\n\n\nb: 1", "|\n  x\n  y"),
        ("a: &k >- # note\n  x  \n\n# c\nb: 1", ">- # note\n  x  "),
        ("a: |\nb: 1", "|"),
        ("a: &k 'x'\nb: 1", "'x'"),
        ("a: &k # c\n  x\nb: 1", "x"),
        ("a:\nb: 1", ""),
        ("a: &k\nb: 1", ""),
    ],
)
def test_span_of_a_scalar(text: str, spanned: str) -> None:
    """As written, without its anchor; a block ends at its last line of content."""
    node = scalars(read_good(text))[1]
    assert node.span.text == spanned


def test_a_null_stands_after_its_colon() -> None:
    """A missing value has a place, where one would write it."""
    node = scalars(read_good("abc:\n"))[1]
    assert node.is_null
    assert node.span.start == 4


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    """Whatever a file holds, reading it gives a tree or diagnostics."""
    source = decode_source(data, Limits(), name="t.yaml")
    if isinstance(source, Diagnostic):
        return
    root, found = read(source.text)
    assert root is not None or found


PIECES = "a b ( ) [ ] { } , : - ? & * ! | > ' \" % @ ` # ~ $ ${ << é --- ...".split()
BLANKS = ["\n", "\n  ", "\n\n", " ", "\t", ": ", "- ", "\r\n"]
YAMLISH = st.lists(st.sampled_from(PIECES + BLANKS), max_size=30).map("".join)


@settings(max_examples=60000)
@given(YAMLISH)
def test_any_text_of_yaml_characters(text: str) -> None:
    """Never raises; where PyYAML reads a text, so do we, or say what is refused."""
    root, found = read(text)
    assert root is not None or found
    for one in found:
        assert one.code != "yaml-syntax" or _compose(text) is None
        assert one.span is None or 0 <= one.span.start <= one.span.end <= len(text)
    if not found:
        assert root is not None
        assert _shape(root) == _yaml_shape(_compose(text))


def _compose(text: str) -> Any:
    try:
        return yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return None


def _yaml_shape(node: Any) -> object:
    if isinstance(node, yaml.ScalarNode):
        return node.value
    if isinstance(node, yaml.SequenceNode):
        return [_yaml_shape(item) for item in node.value]
    return [(key.value, _yaml_shape(value)) for key, value in node.value]


def _shape(node: Node) -> object:
    """A tree as PyYAML's reads: texts, lists and lists of pairs."""
    if isinstance(node, MappingNode):
        return [(entry.key.text, _shape(entry.value)) for entry in node.entries]
    if isinstance(node, SequenceNode):
        return [_shape(item) for item in node.items]
    return node.text


@settings(max_examples=60000)
@given(YAMLISH)
def test_the_python_parser_will_do(text: str) -> None:
    """Where PyYAML lacks its C parser, its own gives the same or a fault."""
    places = [0]
    try:
        for event in events.parse_events(text, yaml.SafeLoader):
            places.append(event.end_mark.index)
    except events.FaultError as fault:
        places.append(fault.at)
    assert 0 <= min(places) <= max(places) <= len(text)


def test_a_source_of_8_mib_is_read() -> None:
    """A text as large as is allowed needs no more than some seconds."""
    line = "- " + "x" * 97 + "\n"
    text = line * (8 * 1024 * 1024 // len(line))
    root, found = read(text)
    assert not found
    assert isinstance(root, SequenceNode)
    assert len(root.items) == text.count("\n")


def test_many_mistakes_end_the_reading() -> None:
    """A file of nothing but mistakes does not fill the memory with diagnostics."""
    assert len(read("- 012\n" * 10_000)[1]) < 200


def test_a_shared_node_is_one_object() -> None:
    """An alias gives the node again, not a copy."""
    root = read_good("a: &x [1]\nb: *x")
    assert isinstance(root, MappingNode)
    assert root.get("a") is root.get("b")
