"""Text in the layout of `ruff format` is printed back as it was."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from modelspec.layout import Comment, print_module, print_statements
from tests.layout.sources import FORMATTED, comments_of, reprint, ruff_format

FILES = sorted(FORMATTED.glob("*.txt"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_formatted_text_is_printed_as_it_was(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert reprint(text) == text


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_samples_are_what_ruff_makes_of_them(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ruff_format(text) == text


def printed(text: str) -> str:
    """A text without spelling, one statement or several."""
    return print_module(ast.parse(text), comments=comments_of(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 0.00001", "x = 1e-5"),
        ("x = 1e-06", "x = 1e-6"),
        ("x = 100000000000000000000.0", "x = 1e20"),
        ("x = 1000000.0", "x = 1000000.0"),
        ("x = ((a)) + (b * c)", "x = a + b * c"),
        ("x = 'it'", 'x = "it"'),
        ('x = "\\"\\"\'"', "x = '\"\"\\''"),
        ("x = '''a\nb'''", 'x = "a\\nb"'),
        ('x = "\\r\\x00\\u2028\\ud800\\U000e0001"',) * 2,
        ("a, b = (b, a)", "a, b = b, a"),
        ("x = a, b", "x = (a, b)"),
        ("return_ = (yes)", "return_ = yes"),
        ("x[(a, b)] = c", "x[a, b] = c"),
        ('x = f"{a[\'b\']}" + f"{c!s}"',) * 2,
        ("x = f'{a=}'", 'x = f"a={a!r}"'),
        (
            "if a:\n  b\nelse:\n  if c:\n    d",
            "if a:\n    b\nelse:\n    if c:\n        d",
        ),
        ("#!x\n#:x\n#x\n#", "#!x\n#:x\n# x\n#"),
    ],
)
def test_what_the_tree_does_not_tell_has_one_spelling(text: str, expected: str) -> None:
    assert printed(text) == (expected + "\n" if ast.parse(text).body else printed(text))


def test_author_spells_numbers_and_ruff_their_case() -> None:
    numbers = "x = 1E+5, 0XabC, 1., .5, 1_0, 1J, 0B1, 1e05"
    assert reprint(numbers) == "x = (1e5, 0xABC, 1.0, 0.5, 1_0, 1j, 0b1, 1e05)\n"


def test_parentheses_of_the_author_are_kept_around_operands() -> None:
    text = "x = (a * b) + (c), (-a).b, (a and b) or c, f((a)), not (a)\n"
    kept = "x = ((a * b) + (c), (-a).b, (a and b) or c, f(a), not (a))\n"
    assert reprint(text) == kept
    assert ruff_format(kept) == kept
    assert printed(text) == "x = (a * b + c, (-a).b, a and b or c, f(a), not a)\n"


def test_comments_inside_a_statement_move_above_it() -> None:
    text = "y = 1\nx = f(  # one\n    a,\n    # two\n    b,\n)  # three\n"
    assert printed(text) == "y = 1\n# one\n# two\nx = f(a, b)  # three\n"


def test_a_comment_cannot_leave_its_line() -> None:
    comment = Comment(
        line=1, column=0, text="#x\nimport os\r\x0c\u2028.", own_line=True
    )
    lines = print_statements(ast.parse("\ny").body, comments=[comment])
    assert lines == ["# x\\nimport os\\r\\x0c\\u2028.", "y"]


def test_statements_without_positions_are_printed() -> None:
    call = ast.Call(ast.Name("f", ast.Load()), [ast.Constant(1e-5)], [])
    body = [ast.Expr(call), ast.Return(ast.Name("x", ast.Load()))]
    assert print_statements(body, indent=8) == ["        f(1e-5)", "        return x"]


def test_an_f_string_of_a_newer_python_is_written_for_the_oldest() -> None:
    part = ast.FormattedValue(ast.Constant("\n'\""), ord("r"), None)
    node = ast.Expr(ast.JoinedStr([ast.Constant("{a} "), part]))
    (line,) = print_statements([ast.Pass(), node])[1:]
    assert line == r""""{{a}} {!r}".format("\n'\"")"""
    assert eval(line) == "{a} " + repr("\n'\"")


@pytest.mark.parametrize(
    "text", ["x = lambda: 1", "(x := 1)", "async def f(): pass", "del x", "x = b''"]
)
def test_what_is_outside_the_subset_is_refused(text: str) -> None:
    with pytest.raises(TypeError, match="no layout for"):
        printed(text)


def docstring(value: str) -> str:
    """A function whose docstring has this value."""
    function = ast.parse("def f():\n    pass").body[0]
    assert isinstance(function, ast.FunctionDef)
    function.body.insert(0, ast.Expr(ast.Constant(value)))
    return print_module(ast.Module([function], []))


@pytest.mark.parametrize(
    "value",
    [
        "One line.",
        "Two\nlines.",
        "\n    Starts on its own line.\n\n      Indented.\n    ",
        'Holds """ three quotes and ends with a "',
        '"starts" with quotes',
        "Ends with a backslash \\",
        "\x00\u202e\ud800",
        "",
        "trailing blanks   \n   \n  text  ",
    ],
)
def test_any_docstring_is_one(value: str) -> None:
    text = docstring(value)
    function = ast.parse(text).body[0]
    assert isinstance(function, ast.FunctionDef)
    assert len(function.body) == 2
    found = ast.get_docstring(function)
    assert found is not None
    assert found.split() == value.split()
    assert ruff_format(text) == text
