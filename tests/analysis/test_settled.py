"""What is settled at one look needs no other: no pass has a word to say of it."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelspec.analysis import facts
from modelspec.analysis.construct import Steps
from modelspec.analysis.settled import settled
from modelspec.catalog import load_catalog
from modelspec.driver import Compilation, compile_text
from modelspec.policy import Policy

LAYERS = [
    name
    for name in load_catalog().layer_names
    if (layer := load_catalog().layer(name)) is not None and not layer.is_container
]
WORDS = "zeros same valid mean relu nearest constant".split()
PLAIN = st.one_of(
    st.integers(-2, 9).map(str),
    st.sampled_from(["0.5", "-1.5", "True", "False", "None", *map(repr, WORDS)]),
)
VALUES = st.one_of(
    PLAIN, PLAIN, st.tuples(PLAIN, PLAIN).map(lambda two: f"({', '.join(two)})")
)


@st.composite
def calls(draw: st.DrawFn) -> str:
    """A call of a layer with about as many literals as it takes."""
    name = draw(st.sampled_from(LAYERS))
    layer = load_catalog().layer(name)
    assert layer is not None
    names = [*layer.signature.names, "unknown"]
    given_ = draw(st.lists(VALUES, max_size=4))
    chosen = draw(st.lists(st.sampled_from(names), max_size=2, unique=True))
    given_ += [f"{one}={draw(VALUES)}" for one in chosen]
    return f"{name}({', '.join(given_)})"


def compiled(call: str) -> Compilation:
    text = f"modelspec: 1\nname: Net\nSequential:\n  - {call}\n"
    return compile_text(text.encode(), Policy())


@settings(deadline=None, max_examples=600)
@given(calls())
def test_no_pass_finds_anything(call: str) -> None:
    """The diagnostics are the same without the short way."""
    quick = compiled(call).diagnostics
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(facts, "settled", lambda node: None)
        patch.setattr("modelspec.analysis.construct.settled", lambda node: None)
        slow = compiled(call).diagnostics
    assert list(map(repr, quick)) == list(map(repr, slow))


@pytest.mark.parametrize(
    ("call", "is_settled"),
    [
        ("nn.Linear(8, 4)", True),
        ("nn.Conv2d(3, 4, (3, 3), padding='same', bias=False)", True),
        ("nn.Linear(8)", False),
        ("nn.Linear(8, -4)", False),
        ("nn.Linear(8, 4.5)", False),
        ("nn.Linear(8, n)", False),
        ("nn.Conv2d(3, 4, 3, padding_mode='zero')", False),
        ("nn.Conv2d(3, 4, 3, groups=2)", False),
        ("nn.Sequential()", False),
        ("Own(8, 4)", False),
    ],
)
def test_settled(call: str, is_settled: bool) -> None:
    """Right layers of literals, and nothing else."""
    node = ast.parse(call, mode="eval").body
    assert (settled(node) is not None) is is_settled


LOOP = """\
  - for i in range(100000):
      - for j in range(i):
          - Linear(i, j)
"""
LAYERS_ALIKE = "  - Linear(3, 4)\n" * 200
INSIDE = "  - for i in range(900):\n" + "      - Linear(3, 4)\n" * 300
WRONG = "  - let n = -3\n  - Linear(n, 3)\n"


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        (LAYERS_ALIKE + WRONG, ["argument-value"]),
        (LOOP + LAYERS_ALIKE + WRONG, ["argument-value"]),
        (LOOP * 12 + LAYERS_ALIKE + WRONG, []),
        (LAYERS_ALIKE + INSIDE + WRONG, ["argument-value"]),
    ],
)
def test_layers_in_a_row(body: str, codes: list[str]) -> None:
    """One step for all of them is what a step for each is, in what it leaves to those
    below too, where a loop above took most steps."""
    text = f"modelspec: 1\nname: Net\nSequential:\n{body}".encode()
    quick = compile_text(text, Policy()).diagnostics
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Steps, "_literal_child", lambda *_: None)
        slow = compile_text(text, Policy()).diagnostics
    assert list(map(repr, quick)) == list(map(repr, slow))
    assert [one.code for one in quick] == codes
