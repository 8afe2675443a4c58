"""The full format: what people read."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelspec.diagnostics import (
    Diagnostic,
    Label,
    Report,
    Severity,
    Source,
    Span,
    SpecError,
)
from modelspec.diagnostics.cells import printable, width
from modelspec.diagnostics.render import render_full

TEXT = """modelspec: 1
name: MLP
modules:
  fc1: Linear(in_feature=784)
  fc2: Linear(in_feature=256)


  fc1: ReLU
forward: |
  x = self.fc1(x)
  return x
"""
SOURCE = Source("mlp.yaml", TEXT)


def at(part: str, source: Source = SOURCE) -> Span:
    start = source.text.index(part)
    return Span(source, start, start + len(part))


def show(*found: Diagnostic, limit: int = 20) -> str:
    return render_full(found, color=False, limit=limit)


def test_everything() -> None:
    """Head, place, line, carets with the note, help: as the documentation shows."""
    found = Diagnostic(
        "unexpected-argument",
        "Linear has no argument 'in_feature'",
        at("in_feature"),
        "did you mean 'in_features'?",
        ("Linear(in_features, out_features)", "Or this:\n  more"),
    )
    assert show(found) == (
        "error[unexpected-argument]: Linear has no argument 'in_feature'\n"
        "  --> mlp.yaml:4:15\n"
        "   |\n"
        " 4 |   fc1: Linear(in_feature=784)\n"
        "   |               ^^^^^^^^^^ did you mean 'in_features'?\n"
        "   |\n"
        "   = help: Linear(in_features, out_features)\n"
        "   = help: Or this:\n"
        "             more"
    )


def test_labels() -> None:
    """Labels are underlined with dashes, in the order of the lines, with gaps."""
    second = Span(SOURCE, TEXT.rindex("fc1: R"), TEXT.rindex("fc1: R") + 3)
    labels = (Label(at("fc1"), "first here"), Label(at("modules"), "in this mapping"))
    found = Diagnostic("duplicate-key", "twice", second, "again", (), labels)
    assert show(found) == (
        "error[duplicate-key]: twice\n"
        "  --> mlp.yaml:8:3\n"
        "   |\n"
        " 3 | modules:\n"
        "   | ------- in this mapping\n"
        " 4 |   fc1: Linear(in_feature=784)\n"
        "   |   --- first here\n"
        "...\n"
        " 8 |   fc1: ReLU\n"
        "   |   ^^^ again"
    )


def test_a_label_in_another_file() -> None:
    """A label in another source has its own excerpt."""
    other = Source("blocks.yaml", "a: 1\nb: 2\n")
    labels = (Label(at("b", other), "from here"),)
    found = Diagnostic("c", "m", at("MLP"), labels=labels)
    assert show(found) == (
        "error[c]: m\n"
        "  --> mlp.yaml:2:7\n"
        "   |\n"
        " 2 | name: MLP\n"
        "   |       ^^^\n"
        "  ::: blocks.yaml:2:1\n"
        "   |\n"
        " 2 | b: 2\n"
        "   | - from here"
    )


def test_one_line_between_is_shown() -> None:
    """A gap of one line is not worth dots."""
    labels = (Label(at("name"), "x"),)
    found = Diagnostic("c", "m", at("fc1"), labels=labels)
    assert " 3 | modules:\n" in show(found)


def test_many_lines() -> None:
    """Of a span over several lines the first is underlined and marked."""
    found = Diagnostic("c", "m", at("x = self.fc1(x)\n  return x"), "too long")
    assert show(found).endswith(
        " 10 |   x = self.fc1(x)\n    |   ^^^^^^^^^^^^^^^... too long"
    )


@pytest.mark.parametrize(
    ("line", "part", "expected"),
    [
        ("a:\tbc", "bc", "a:    bc\n   |       ^^"),
        ("a: 世界 bc", "bc", "a: 世界 bc\n   |         ^^"),
        ("a: 世界 bc", "世界", "a: 世界 bc\n   |    ^^^^"),
        ("a: e\u0301e\u0301 bc", "bc", "a: e\u0301e\u0301 bc\n   |       ^^"),
        ("a: 😀👍🏽 bc", "bc", "a: 😀👍🏽 bc\n   |           ^^"),
        ("a: \uff21\uff22 bc", "bc", "a: \uff21\uff22 bc\n   |         ^^"),
        ("한\u1112\u1161\u11ab bc", "bc", "한\u1112\u1161\u11ab bc\n   |      ^^"),
        ("a:\t世e\u0301\tbc", "bc", "a:    世e\u0301    bc\n   |              ^^"),
        ("a: \u202e bc", "bc", "a: <U+202E> bc\n   |             ^^"),
        ("a: \x1b[31m bc", "bc", "a: ␛[31m bc\n   |          ^^"),
        ("a: \x9b bc", "bc", "a: <U+009B> bc\n   |             ^^"),
    ],
)
def test_alignment(line: str, part: str, expected: str) -> None:
    """Carets stand under what they mean, and nothing invisible is printed raw."""
    source = Source("a", line + "\n")
    assert show(Diagnostic("c", "m", at(part, source))).endswith(" 1 | " + expected)


@pytest.mark.parametrize("start", [0, 50, 5000, 9990, 10_000])
def test_long_lines(start: int) -> None:
    """Of a long line what is around the span is shown."""
    source = Source("a", "x" * 10_000 + "\nb")
    text = show(Diagnostic("c", "m", Span(source, start, start + 4), "here"))
    line, underline = text.split("\n")[-2:]
    assert len(line) < 140
    assert "here" in underline
    column = underline.index("^")
    assert line[column : column + 1] in ("x", "")


@pytest.mark.parametrize("char", ["x", "世", "\t", "😀", "\u200b", "e\u0301"])
def test_long_lines_are_cut_by_columns(char: str) -> None:
    """Wide characters make no wider excerpt, and the carets stand under the span."""
    text = char * 500 + "HERE" + char * 500
    source = Source("a", text)
    shown = show(Diagnostic("c", "m", at("HERE", source)))
    line, underline = shown.split("\n")[-2:]
    assert width(line) <= 135
    assert width(line[: line.index("HERE")]) == underline.index("^^^^")
    assert underline.count("^") == 4


@pytest.mark.parametrize("char", ["x", "世", "\u0301", "\u202e"])
def test_lines_of_any_length_are_shown_at_once(char: str) -> None:
    """What is shown of a line is found without reading all of it."""
    source = Source("a", char * 3_000_000)
    started = time.process_time()
    shown = show(Diagnostic("c", "m", Span(source, 1_500_000, 1_500_001)))
    assert time.process_time() - started < 1
    assert len(shown) < 1000


def test_a_span_that_is_cut_off() -> None:
    """Dots say that the span goes on beyond what is shown."""
    source = Source("a", "x" * 1000)
    found = Diagnostic("c", "m", Span(source, 10, 900), "long")
    assert show(found).endswith("^^^... long")
    to_the_end = Diagnostic("c", "m", Span(source, 950, 1000), "end")
    assert show(to_the_end).endswith("^^^^ end")


def test_a_label_far_off_in_a_long_line() -> None:
    """Both places are shown, each under its part of the line."""
    source = Source("a", "first" + "x" * 1000 + "second" + "y" * 100)
    label = Label(at("first", source), "set here")
    found = Diagnostic("c", "m", at("second", source), "again", labels=(label,))
    *_, one, under_one, two, under_two = show(found).split("\n")
    assert one.index("second") == under_one.index("^^^^^^ again")
    assert two.index("first") == under_two.index("----- set here")


def test_labels_on_one_line() -> None:
    """Each has a row of its own under the line, which is shown once."""
    source = Source("a", "a: [one, two, three]\n")
    labels = (Label(at("one", source), "first"), Label(at("three", source), "third"))
    assert show(Diagnostic("c", "m", at("two", source), "here", labels=labels)) == (
        "error[c]: m\n"
        "  --> a:1:10\n"
        "   |\n"
        " 1 | a: [one, two, three]\n"
        "   |          ^^^ here\n"
        "   |     --- first\n"
        "   |               ----- third"
    )


def test_empty_spans() -> None:
    """A span of no characters is one caret, also at the end of a line or file."""
    source = Source("a", "a:\nb:")
    for offset, column in ((2, 3), (5, 3), (0, 1)):
        text = show(Diagnostic("c", "m", Span(source, offset, offset)))
        assert text.split("\n")[-1] == "   | " + " " * (column - 1) + "^"


def test_crlf() -> None:
    """A carriage return is no part of the line."""
    source = Source("a", "a: b\r\nc: d\r\n")
    assert show(Diagnostic("c", "m", at("b\r\nc", source))).endswith(
        "a: b\n   |    ^..."
    )
    assert show(Diagnostic("c", "m", at("d", source))).endswith(" 2 | c: d\n   |    ^")


def test_without_a_place() -> None:
    """A diagnostic without text says of which file it is, if of one."""
    assert show(Diagnostic("c", "m", None, help=("do",), path="a\x1b.yaml")) == (
        "error[c]: m\n  --> a␛.yaml\n   = help: do"
    )
    assert show(Diagnostic("c", "m", None)) == "error[c]: m"


def test_limit_and_order() -> None:
    """At most so many, in the order given, and a count of the rest."""
    found = [Diagnostic(f"c{i}", "m", None) for i in range(5)]
    assert show(*found, limit=2) == "error[c0]: m\n\nerror[c1]: m\n\n... and 3 more"
    assert show(*found, limit=5).endswith("error[c4]: m")
    assert show() == ""


def test_warning() -> None:
    """A warning says that it is one."""
    warning = Diagnostic("c", "m", None, severity=Severity.WARNING)
    assert show(warning) == "warning[c]: m"


def test_color_adds_nothing_but_color() -> None:
    """Without its escapes the coloured text is the plain one."""
    import re

    found = Diagnostic("c", "m", at("fc1"), "n", ("h",), (Label(at("MLP"), "l"),))
    colored = render_full([found], color=True)
    assert colored != show(found)
    assert re.sub(r"\x1b\[[\d;]*m", "", colored) == show(found)


def test_the_exception_reads_as_the_diagnostics() -> None:
    """What Python prints for an uncaught SpecError is the full format."""
    report = Report()
    report.error("c", "m", at("MLP"), help="h")
    report.warning("w", "m", None)
    assert report.failed
    assert str(SpecError(report.found)) == show(*report.found)


@given(st.text(max_size=50), st.integers(0, 60), st.integers(0, 60))
def test_any_text(text: str, start: int, length: int) -> None:
    """Whatever a text holds, what is printed has no control characters."""
    source = Source(text, text)
    first = min(start, len(text))
    span = Span(source, first, min(first + length, len(text)))
    shown = show(Diagnostic("c", text, span, text, (text,), (Label(span, text),)))
    assert all(char.isprintable() or char == "\n" for char in shown)
    assert "^" in shown


@given(st.text(max_size=30), st.text(max_size=30))
def test_width_adds_up(left: str, right: str) -> None:
    """The width of a text is that of its parts."""
    both = width(printable(left)) + width(printable(right))
    assert width(printable(left + right)) == both
