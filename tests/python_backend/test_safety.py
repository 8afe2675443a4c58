"""Texts and names of a spec cannot change the structure of what is emitted."""

from __future__ import annotations

import ast

import pytest

from modelspec.backends.python import HEADER, emit_module
from modelspec.backends.python.classes import ClassCode
from modelspec.backends.python.docs import docstring
from modelspec.backends.python.verify import Intended, verify_text
from modelspec.diagnostics.diagnostic import InternalError
from modelspec.diagnostics.span import Source
from tests.python_backend.programs import (
    attribute,
    block,
    child,
    param,
    program,
    variant,
)

FORWARD = "def forward(self, x):\n    return x\n"
HOSTILE = [
    '"""\nimport os\n"""',
    '"',
    '""',
    "\\",
    "a\\",
    'ends with "',
    '"starts',
    "lone\rreturn",
    "two\r\nlines",
    "null\x00 bell\x07 escape\x1b feed\x0c",
    "\ud800 half",
    "\u2028line\u2029paragraph\x85next",
    "\u202eright to left",
    "-*- coding: utf-7 -*-",
    "{{ module }} {% for %}",
    "tab\tbed",
    "trailing   \n\n\n",
    "word" * 50,
    "many words " * 30,
    '\\"""',
    "'''",
    "\n\nlate",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_doc_is_one_literal(text: str) -> None:
    made = docstring(text, 4)
    assert isinstance(ast.literal_eval(made.strip()), str)
    assert made.isprintable() or set(made) - {"\n"} == {
        one for one in made if one.isprintable()
    }


@pytest.mark.parametrize("text", HOSTILE)
def test_docs_and_strings_of_any_kind(text: str) -> None:
    """What is emitted parses, and a string means what it meant."""
    made = block(
        "Net",
        child("fc", "nn.Linear(2, 2)"),
        attribute("note", repr(text)),
        params=[param("width: int = 2", doc=text)],
        doc=text,
        methods=FORWARD,
    )
    emitted = emit_module(program(made, variants=[variant("one", doc=text)]))
    tree = ast.parse(emitted)
    names = [type(one).__name__ for one in tree.body]
    assert names == ["Import", "ImportFrom", "ClassDef", "FunctionDef"]
    strings = [one.value for one in ast.walk(tree) if isinstance(one, ast.Constant)]
    assert text in strings
    assert tuple(emitted.split("\n")[:2]) == HEADER


@pytest.mark.parametrize("name", ["a b", "class", "__init__", "é", "a\nb", "nn", "Any"])
def test_a_name_that_the_front_end_should_have_refused(name: str) -> None:
    with pytest.raises(InternalError):
        emit_module(program(block(name, methods=FORWARD)))


@pytest.mark.parametrize("name", ["a.b", "a b", 'a"', ""])
def test_a_child_with_a_name_that_should_have_been_refused(name: str) -> None:
    with pytest.raises(InternalError):
        emit_module(program(block("Net", child(name, "nn.ReLU()"), methods=FORWARD)))


def test_text_that_differs_from_what_was_meant_is_refused() -> None:
    code = ClassCode("Net", ast.parse("nn.Module").body[0].value, None, (), (), (), _S)  # type: ignore[attr-defined]
    intended = Intended((), (code,), ())
    header = "\n".join(HEADER)
    verify_text(
        f"{header}\nclass Net(nn.Module):\n    pass\n", intended, HEADER, exact=True
    )
    for body in ("class Net(nn.Linear):\n    pass\n", "x = 1\n", "def ("):
        with pytest.raises(InternalError):
            verify_text(f"{header}\n{body}", intended, HEADER, exact=True)


_S = Source("test.yaml", "")
