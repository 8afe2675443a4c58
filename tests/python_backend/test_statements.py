"""How each kind of statement reads."""

from __future__ import annotations

import ast
import textwrap

import pytest

from modelspec.backends.python import emit_module
from modelspec.program import ir
from tests.python_backend.programs import (
    SPAN,
    block,
    by_name,
    child,
    container,
    freeze,
    keep,
    let,
    loop,
    param,
    parameter,
    program,
    required,
    sequential,
    splice,
    tie,
    value,
    when,
)

FORWARD = "def forward(self, x):\n    return x\n"


def constructor(*construct: ir.Statement, **given: object) -> str:
    """The body of the constructor of a class made of these statements."""
    given.setdefault("methods", FORWARD)
    text = emit_module(program(block("Net", *construct, **given)))  # type: ignore[arg-type]
    (made,) = [one for one in ast.parse(text).body if isinstance(one, ast.ClassDef)]
    (init,) = [
        one
        for one in made.body
        if isinstance(one, ast.FunctionDef) and one.name == "__init__"
    ]
    lines = text.split("\n")[init.body[0].lineno - 1 : init.end_lineno]
    body = textwrap.dedent("\n".join(lines))
    return body.removeprefix("super().__init__()\n")


def test_a_plain_child_is_an_attribute() -> None:
    assert constructor(child("fc", "nn.Linear(2, 3)")) == "self.fc = nn.Linear(2, 3)"


@pytest.mark.parametrize("name", ["a-b", "block{1}"])
def test_a_name_that_is_no_identifier_is_added(name: str) -> None:
    text = constructor(child(name, "nn.ReLU()"))
    assert text.startswith("self.add_module(")


def test_containers_nest_as_one_expression() -> None:
    text = constructor(
        child("net", sequential("nn.Linear(2, 3)", sequential("nn.ReLU()")))
    )
    assert text == "self.net = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.ReLU()))"


def test_a_loop_over_one_child_is_a_comprehension() -> None:
    made = sequential("nn.ReLU()", loop("i", "range(2)", "nn.Linear(i, i)"))
    expected = (
        "self.net = nn.Sequential(nn.ReLU(), *[nn.Linear(i, i) for i in range(2)])"
    )
    assert constructor(child("net", made)) == expected


def test_a_loop_name_that_is_read_later_keeps_the_loop() -> None:
    made = container("nn.ModuleList", [loop("i", "range(2)", "nn.Linear(2, 2)")])
    text = constructor(child("net", made), child("last", "nn.Linear(i, i)"))
    assert text == textwrap.dedent("""\
        net: list[nn.Module] = []
        for i in range(2):
            net.append(nn.Linear(2, 2))
        self.net = nn.ModuleList(net)
        self.last = nn.Linear(i, i)""")


def test_children_before_a_hoisted_one_are_made_before_it() -> None:
    """The order of random draws is the order of the spec."""
    inner = sequential(let("width", "4"), "nn.Linear(2, width)")
    text = constructor(child("net", sequential("nn.Linear(1, 2)", inner, "nn.ReLU()")))
    first, second = text.index("nn.Linear(1, 2)"), text.index("nn.Linear(2, width)")
    assert first < text.index("width = 4") < second


def test_a_local_collides_with_no_name_of_the_spec() -> None:
    made = sequential(let("width", "2"), "nn.Linear(layers, width)")
    text = constructor(child("net", made), params=["layers: int = 2"])
    assert "net_layers: list[nn.Module]" in text


def test_a_name_that_is_used_again_is_annotated_once() -> None:
    made = sequential(let("width", "2"), "nn.Linear(2, width)")
    text = constructor(child("a", made), child("b", made))
    assert text.count("layers: list[nn.Module]") == 1
    assert text.count("layers = []") == 1


def test_a_list_default_is_made_anew() -> None:
    text = constructor(
        child("fc", "nn.Linear(*sizes)"), params=["sizes: list[int] = [2, 3]"]
    )
    assert text.startswith("if sizes is None:\n    sizes = [2, 3]\n")


def test_bounds_and_choices_are_checked() -> None:
    text = constructor(
        child("fc", "nn.Linear(width, width)"),
        params=[
            param("width: int = 2", minimum=1),
            param("mode: str = 'a'", choices=("a", "b")),
        ],
    )
    assert 'raise ValueError(f"width must be at least 1, got {width}")' in text
    assert 'if mode not in ("a", "b"):' in text


def test_a_replaced_module() -> None:
    inner = block("Inner", child("fc", "nn.Linear(2, 2)"), methods=FORWARD)
    made = ir.Replace(required("fc"), value("nn.Identity()"), SPAN)
    outer = block("Outer", made, base="Inner()", methods="")
    assert 'self.set_submodule("fc", nn.Identity())' in emit_module(
        program(inner, outer)
    )


@pytest.mark.parametrize(
    ("pattern", "test"),
    [
        ("*.weight", 'name.endswith(".weight")'),
        ("fc*", 'name.startswith("fc")'),
        ("*fc*", '"fc" in name'),
        ("a.*.b", 'fnmatchcase(name, "a.*.b")'),
        ("a?", 'fnmatchcase(name, "a?")'),
    ],
)
def test_globs(pattern: str, test: str) -> None:
    text = constructor(
        child("fc", "nn.Linear(2, 2)"), by_name(pattern, "nn.init.ones_(w)")
    )
    assert f"if {test}:\n        nn.init.ones_(parameter)" in text


def test_a_value_is_copied_without_gradient() -> None:
    text = constructor(
        child("fc", "nn.Linear(2, 2)"), by_name("fc.weight", "torch.eye(2) * w")
    )
    assert text.endswith(
        "with torch.no_grad():\n    self.fc.weight.copy_(torch.eye(2) * self.fc.weight)"
    )


def test_tied_through_a_container() -> None:
    inside = container("nn.ModuleDict", {"wte": "nn.Embedding(2, 2)"})
    text = constructor(
        child("body", inside),
        child("head", "nn.Linear(2, 2, bias=False)"),
        tie("head.weight", "body.wte.weight"),
    )
    assert text.endswith('self.head.weight = self.get_parameter("body.wte.weight")')


def test_frozen() -> None:
    text = constructor(child("fc", "nn.Linear(2, 2)"), freeze("fc"), freeze("*.bias"))
    assert "self.fc.requires_grad_(False)" in text
    assert 'if name.endswith(".bias"):\n        parameter.requires_grad_(False)' in text


def test_parameters() -> None:
    text = constructor(
        parameter("a", "torch.ones(1)"),
        parameter("b", "None"),
        parameter("c", "torch.ones(1)", "False"),
        parameter("d", "nn.Parameter(torch.ones(1))"),
    )
    assert text.split("\n") == [
        "self.a = nn.Parameter(torch.ones(1))",
        'self.register_parameter("b", None)',
        "self.c = nn.Parameter(torch.ones(1), requires_grad=False)",
        "self.d = nn.Parameter(torch.ones(1))",
    ]


def test_a_class_that_is_a_container() -> None:
    text = constructor(
        keep("dim"),
        child(None, "nn.ReLU()"),
        child(None, "nn.Linear(dim, dim)"),
        params=["dim: int"],
        base="Sequential",
        methods="",
    )
    assert text == "super().__init__(nn.ReLU(), nn.Linear(dim, dim))\nself.dim = dim"


def test_a_list_that_is_taken_whole() -> None:
    made = container("nn.ModuleList", [splice("blocks")])
    text = constructor(let("blocks", "[nn.ReLU()]"), child("net", made))
    assert text.endswith("self.net = nn.ModuleList(blocks)")


def test_a_condition_between_two_children() -> None:
    made = sequential("nn.ReLU()", when("a", ["nn.ReLU()"], ["nn.GELU()"]))
    text = constructor(child("net", made), params=["a: bool = True"])
    assert "nn.Sequential(nn.ReLU(), nn.ReLU() if a else nn.GELU())" in text
