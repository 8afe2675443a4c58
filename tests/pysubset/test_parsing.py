"""Texts become checked ast with the file's positions, or one diagnostic each."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from modelspec.diagnostics.diagnostic import Report
from modelspec.diagnostics.span import Fragment, Source
from modelspec.policy import Limits
from modelspec.pysubset import (
    Body,
    Function,
    Mode,
    has_hole,
    has_interpolation,
    number_spelling,
    parse_body,
    parse_control,
    parse_expression,
    parse_function,
    parse_interpolated,
    span_of,
    span_of_attribute_name,
    span_of_keyword,
)
from modelspec.syntax.keys import control_word, is_control_key
from tests.pysubset.world import LIMITS, fragment

PARSERS = [
    parse_expression,
    parse_control,
    parse_interpolated,
    parse_body,
    parse_function,
]


def wrong(
    parse: Callable[[Fragment, Report, Limits], object], text: str
) -> list[tuple[str, str]]:
    """The codes and the underlined texts."""
    report = Report()
    value = parse(fragment(text, "# \u00e9\nkey: "), report, LIMITS)
    assert _is_whole(value) == (not report.found)
    return [(one.code, one.span.text if one.span else "") for one in report.found]


def _is_whole(value: object) -> bool:
    """Whether all of a text was read: there is a value, and no hole in it."""
    if isinstance(value, (Body, Function)):
        body = value.statements if isinstance(value, Body) else [value.definition]
        return not has_hole(body)
    return value is not None


@pytest.mark.parametrize(
    ("text", "code", "underlined"),
    [
        ("", "missing-expression", ""),
        ("foo(", "invalid-python", "("),
        ("foo)", "invalid-python", ")"),
        ("(1]", "invalid-python", "]"),
        ("'abc", "invalid-python", "'"),
        ("a = 3", "invalid-python", "="),
        ("a b", "invalid-python", "b"),
        ("1 +", "invalid-python", "+"),
        ("x\0", "invalid-python", "\0"),
        ("\ud800", "invalid-python", "\ud800"),
        ("\u00e9 + 1", "non-ascii-name", "\u00e9"),
        ("\uff4e\uff4e.x", "non-ascii-name", "\uff4e\uff4e"),
        ("f'\u00e9{\uff4e}'", "non-ascii-name", "f'\u00e9{\uff4e}'"),
        ("lambda x: 1", "unsupported-syntax", "lambda x: 1"),
        ("(y := 3)", "unsupported-syntax", "y := 3"),
        ("[await x]", "unsupported-syntax", "await x"),
        ("1j", "unsupported-syntax", "1j"),
        ("b'x'", "unsupported-syntax", "b'x'"),
        ("x.__class__", "dunder-name", "__class__"),
        ("f(__a=1)", "dunder-name", "__a"),
        ("__import__('os')", "dunder-name", "__import__"),
        ("[x for self.x in y]", "invalid-target", "self.x"),
        ("99999999999999999999", "limit-exceeded", "99999999999999999999"),
        ("9" * 500, "limit-exceeded", "9" * 500),
        ("[" * 70 + "]" * 70, "limit-exceeded", "["),
        ("-" * 66 + "1", "limit-exceeded", "--1"),
    ],
)
def test_a_wrong_expression_is_underlined(
    text: str, code: str, underlined: str
) -> None:
    assert wrong(parse_expression, text)[0] == (code, underlined)


@pytest.mark.parametrize(
    ("text", "code", "underlined"),
    [
        ("import os", "unsupported-syntax", "import"),
        ("try:\n  x\nexcept: y", "unsupported-syntax", "try"),
        ("del x", "unsupported-syntax", "del"),
        ("match x:\n  case 1: pass", "unsupported-syntax", "match"),
        ("class A: pass", "unsupported-syntax", "class"),
        ("def f():\n  def g(): pass", "unsupported-syntax", "def"),
        ("async def f(): pass", "unsupported-syntax", "async"),
        ("@foo\ndef f(): pass", "unsupported-syntax", "foo"),
        ("x = yield", "unsupported-syntax", "yield"),
        ("with open('x'): pass", "unsupported-syntax", "open('x')"),
        ("raise KeyError('x')", "unsupported-syntax", "KeyError('x')"),
        ("raise SystemExit", "unsupported-syntax", "SystemExit"),
        ("x.y = 3", "invalid-target", "x.y"),
        ("a, *b, *c = x", "invalid-target", "*c"),
        ("with torch.no_grad() as x.y: pass", "invalid-target", "x.y"),
        ("x = *y", "invalid-python", "*y"),
        ("break", "invalid-python", "break"),
        ("def f(a, a): pass", "invalid-python", "a"),
        ("def f(a=b): pass", "default-not-literal", "b"),
        ("def f(a: 'int'): pass", "annotation-not-type", "'int'"),
        ("def f(a: g()): pass", "annotation-not-type", "g()"),
        ("a = 1\ndef f(): pass", "code-around-def", "a"),
        ("if x:\ny = 2", "invalid-python", "y"),
        ("# only", "missing-expression", "# only"),
    ],
)
def test_a_wrong_body_is_underlined(text: str, code: str, underlined: str) -> None:
    assert wrong(parse_body, text) == [(code, underlined)]


@pytest.mark.parametrize(
    "text",
    [
        "x, y = self.a(x)\nself.cache = x\nx[0] = y\nx += 1",
        "for i, m in enumerate(self.ms):\n  if i: continue\n  x = m(x)\nreturn x",
        "with torch.no_grad(), torch.autocast('cuda'):\n  x = 1",
        "def forward(self, x: torch.Tensor | None = None, *, k=(1, -2)): pass",
        "a, *b = x\nz: int = 3\nwhile x:\n  break\nelse:\n  assert x, 'no'",
        "raise NotImplementedError('x')",
        "super().forward(x)",
    ],
)
def test_a_body_is_accepted_and_compiles(text: str) -> None:
    body = parse_body(fragment(text), Report(), LIMITS)
    assert body is not None
    inside = "\n".join(ast.unparse(node) for node in body.statements)
    compile("def f(self, x, y):\n" + textwrap.indent(inside, "  "), "", "exec")


@pytest.mark.parametrize(
    ("text", "word", "kind"),
    [
        ("for i in range(3)", "for", "ForControl"),
        ("for i, (a, b) in x:", "for", "ForControl"),
        ("if a == 1", "if", "IfControl"),
        ("elif (a)", "elif", "ElifControl"),
        ("else", "else", "ElseControl"),
        ("else:", "else", "ElseControl"),
        ("let a = b", "let", "LetControl"),
        ("let a, b = b, a", "let", "LetControl"),
        ("for i range(3)", "for", "invalid-control"),
        ("foreach x in y", "for", "invalid-control"),
        ("For i in x", "for", "invalid-control"),
        ("else if x", "elif", "invalid-control"),
        ("elseif x", "elif", "invalid-control"),
        ("if", "if", "invalid-control"),
        ("let x", "let", "invalid-control"),
        ("let x += 1", "let", "invalid-control"),
        ("for i in a: b", "for", "invalid-python"),
        ("for self.i in a", "for", "invalid-target"),
    ],
)
def test_control_keys(text: str, word: str, kind: str) -> None:
    assert control_word(text) == word
    report = Report()
    control = parse_control(fragment(text), report, LIMITS)
    found = report.found[0].code if control is None else type(control).__name__
    assert found == kind


@pytest.mark.parametrize("text", ["let", "conv1", "format", "iffy(3)", "Linear(3, 4)"])
def test_names_are_no_control_keys(text: str) -> None:
    assert control_word(text) is None


WORDS = st.sampled_from(["for", "if", "elif", "else", "let"])
REST = st.text("abif_-019", max_size=6)


@given(WORDS, st.sampled_from("-_0f"), REST, st.sampled_from(["", "${i + 1}", ".2"]))
def test_names_may_begin_with_a_control_word(
    word: str, joint: str, rest: str, end: str
) -> None:
    """For the reader as for the parser: they may not differ in what may be repeated."""
    name = f"{word}{joint}{rest}"
    assume(name not in ("elif", "else"))
    assert control_word(name + end) is None
    assert not is_control_key(name + end)


@given(WORDS, st.sampled_from(["i in a", "-a", "(a)", "x = -1"]))
def test_control_keys_have_a_blank_after_the_word(word: str, rest: str) -> None:
    assert is_control_key(f"{word} {rest}")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("abc", "'abc'"),
        ("", "''"),
        ("${a}", "a"),
        ("x${i + 1}y", "f'x{i + 1}y'"),
        ("${ {'a': 1}['a'] }", "{'a': 1}['a']"),
        ("$${x}", "'${x}'"),
        ("$${x}${y}", "f'${{x}}{y}'"),
        ("$5", "'$5'"),
    ],
)
def test_interpolation(text: str, written: str) -> None:
    node = parse_interpolated(fragment(text), Report(), LIMITS)
    assert node is not None
    assert ast.dump(node) == ast.dump(ast.parse(written, mode="eval").body)
    assert has_interpolation(text) == ("${" in text)


def test_a_brace_in_a_string_ends_no_interpolation() -> None:
    node = parse_interpolated(fragment("a${'}'}b"), Report(), LIMITS)
    assert isinstance(node, ast.JoinedStr)
    assert len(node.values) == 3


def test_unclosed_and_empty_interpolations_are_told() -> None:
    assert wrong(parse_interpolated, "a${x") == [("unclosed-interpolation", "${")]
    assert wrong(parse_interpolated, "a${ }") == [("missing-expression", "${ }")]
    assert wrong(parse_interpolated, "${a b} ${c d}") == [
        ("invalid-python", "b"),
        ("invalid-python", "d"),
    ]


def test_positions_are_the_files_own() -> None:
    text = "nn.Linear(width, out_features=1e-5)"
    one = fragment(text, "# \u00e9\n\u00e9: ")
    node = parse_expression(one, Report(), LIMITS)
    assert isinstance(node, ast.Call)
    assert isinstance(node.func, ast.Attribute)
    assert (node.lineno, node.col_offset, node.end_col_offset) == (2, 4, 39)
    source = one.source
    assert span_of(node, source).text == text
    assert span_of(node.args[0], source).text == "width"
    assert span_of_attribute_name(node.func, source).text == "Linear"
    assert span_of_keyword(node.keywords[0], source).text == "out_features"
    number = node.keywords[0].value
    assert isinstance(number, ast.Constant)
    assert number_spelling(number, source) == "1e-5"


def indented(text: str) -> Fragment:
    """As a block scalar has it: every line two blanks further right."""
    file = "key: |\n" + "".join(f"  {line}\n" for line in text.split("\n"))
    origin, at = [], file.index("\n") + 1
    for line in text.split("\n"):
        origin += range(at + 2, at + 2 + len(line) + 1)
        at += len(line) + 3
    return Fragment(text, Source("s", file), tuple(origin))


def test_positions_and_comments_in_an_indented_block() -> None:
    text = "x = f(1)  # one \u00e9\n# two\nreturn g(x,\n  '\u00e9', y)"
    one = indented(text)
    body = parse_body(one, Report(), LIMITS)
    assert body is not None
    last = body.statements[1]
    assert isinstance(last, ast.Return)
    assert isinstance(last.value, ast.Call)
    assert (last.lineno, last.col_offset) == (4, 2)
    assert span_of(last.value.args[2], one.source).text == "y"
    places = [(c.line, c.column, c.text, c.own_line) for c in body.comments]
    assert places == [(2, 12, "# one \u00e9", False), (3, 2, "# two", True)]


def test_a_single_expression_is_returned_except_in_init() -> None:
    returned = parse_body(fragment("self.a(x)"), Report(), LIMITS)
    run = parse_body(fragment("self.a(x)"), Report(), LIMITS, mode=Mode.INIT)
    assert returned is not None
    assert run is not None
    assert isinstance(returned.statements[0], ast.Return)
    assert isinstance(run.statements[0], ast.Expr)


TEXTS = st.one_of(
    st.text(max_size=40),
    st.text(alphabet="()[]{}'\"$fax=:,.\\\n #\r\t*é-1_ ", max_size=40),
    st.lists(
        st.sampled_from(
            "for in if else let x = ( ) [ ] : def return lambda ${ } \n \n  * , ' f' +"
            " await 1 ... __a__ with raise".split(" ")
        ),
        max_size=15,
    ).map(" ".join),
)


@given(TEXTS, st.sampled_from(PARSERS))
def test_no_text_raises(
    text: str, parse: Callable[[Fragment, Report, Limits], object]
) -> None:
    one = fragment(text, "# \u00e9\n\u00e9")
    report = Report()
    value = parse(one, report, LIMITS)
    assert _is_whole(value) == (not report.found)
    for found in report.found:
        assert found.span is not None
        assert 0 <= found.span.start <= found.span.end <= len(one.source.text)
        assert found.message.isprintable()


@pytest.mark.parametrize(
    "text",
    [
        "not " * 1000 + "x",
        "a." * 2000 + "a",
        "a+" * 2000 + "a",
        "if x: y\n" + "elif x: y\n" * 20000,
        "-" * 200000 + "1",
        "f(" * 200 + ")" * 200,
        "x if y else " * 300 + "z",
    ],
)
def test_deep_texts_are_refused(text: str) -> None:
    for parse in (parse_expression, parse_body):
        assert [code for code, _ in wrong(parse, text)] in (
            ["limit-exceeded"],
            ["invalid-python"],
            ["invalid-target"],
        )


@pytest.mark.parametrize(
    "word",
    "x _ a1 match __debug__ None True False 0 7 640 123456789 1234567890 00 07 1_000"
    " 1e3 1.5 lambda if".split(),
)
@pytest.mark.parametrize("lead", ["key: ", "# \u00e9 key: "])
def test_a_text_of_one_word_is_what_python_reads_in_it(word: str, lead: str) -> None:
    def read(text: str) -> ast.expr | None:
        report = Report()
        found = parse_expression(fragment(text, lead), report, LIMITS)
        assert (found is None) == bool(report.found)
        return found

    alone, among = read(word), read(f"{word},")
    if alone is None:
        assert among is None
        return
    assert isinstance(among, ast.Tuple)
    include = {"include_attributes": True}
    assert ast.dump(alone, **include) == ast.dump(among.elts[0], **include)
