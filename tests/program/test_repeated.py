"""A text of the form of an earlier one becomes what reading it would have given."""

from __future__ import annotations

import ast
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelspec.driver import Compilation, compile_text
from modelspec.policy import Limits, Policy
from modelspec.program.ir import Layer
from modelspec.program.walk import block_nodes
from modelspec.pysubset.repeated import Repeated

HEAD = """\
modelspec: 1
name: Net
params: {width: 8, act: layer = ReLU, i: 3}
functions:
  twice: |
    def twice(n): return 2 * n
blocks:
  Own:
    params: {n: 4, stride: 1}
    modules: {fc: "Linear(n, n)"}
"""

ODD = ["'a 3'", '"4"', "(3,  3)", "(1, (2, 3))", "[1, 2]", "-3", "twice(4)", "x[0]"]
PLAIN = """0 00 007 64 1_000 1e-5 1e5 +3 0.1 .5 3. 0x10 999999999 9999999999 1j
123456789012345678901 width i True None é2"""
NUMBERS = st.one_of(
    st.integers(0, 12).map(str), st.sampled_from([*ODD, *PLAIN.split()])
)
NAMES = st.sampled_from(
    "Linear nn.Linear torch.nn.Conv2d ReLU Own act Sequential Lineer F.relu twice"
    " ConvNormAct Residual for let self.x 3 None partial é".split()
)
KEYWORDS = st.sampled_from("bias eps stride n in_features width padding_mode".split())


RIGHT = st.sampled_from(
    [
        "Linear(1, 2)",
        "Linear(1,  2, bias=False) # 1",
        "Conv2d(1, 2, (3, 3), padding_mode='zeros')",
        "Conv2d(3, 4, 1, stride=width)",
        "LayerNorm([7, 7], eps=1e-5)",
        "ReLU",
        "act()",
        "Own(5, -6)",
        "Own: {n: 5, stride: 1}",
        "Linear: [twice, 2]",
        "Linear: [7, 2]",
        "Linear: {in_features: 7, out_features: 2}",
        "Linear: {in_features: 7, out_features: 2, bias: false}",
        "Linear: {in_features: 7, out_features: 2, bias: 'no'}",
        "nn.Linear:\n      in_features: 7\n      out_features: 2",
        "'Linear': {in_features: 7, out_features: 2}",
        "Linear: {in_features: 7, in_features: 2}",
        "Linear: {in_features: auto, out_features: 2}",
        'Linear: {in_features: "${width}", out_features: 2}',
        "Linear: {in_features: .inf, out_features: -2}",
        "Conv2d: {in_channels: 1, out_channels: 2, kernel_size: [3, 3]}",
        "Conv2d: [1, 2, [3, 3]]",
        "Conv2d: [1, 2, [3, [3]]]",
        "Conv2d: {in_channels: 1, out_channels: 2, kernel_size: 3, padding: same}",
        "BatchNorm2d: {num_features: 7, eps: 1.5e-5}",
        "MaxPool2d: 2",
        "Dropout: 0.5",
        "ReLU:",
        "Own: {n: 5, stride: [1, 2]}",
        "Linear: {in_features: {ReLU: }, out_features: 2}",
        "Linear(7, 2): {bias: false}",
        "Dropout(p=0.5)",
        "Linear(twice(4), -2)",
        "TransformerEncoder(TransformerEncoderLayer(512, 8), 6)",
        "Sequential(ReLU, Linear(1, 2))",
    ]
)


@st.composite
def atoms(draw: st.DrawFn) -> str:
    """One item of a list of modules, right or wrong."""
    name, values = draw(NAMES), draw(st.lists(NUMBERS, max_size=3))
    given_ = [
        f"{draw(KEYWORDS)}={draw(NUMBERS)}" for _ in range(draw(st.integers(0, 1)))
    ]
    inside = draw(st.sampled_from([", ", ",", " , "])).join([*values, *given_])
    call = f"{name}({inside})" if inside or draw(st.booleans()) else name
    form = draw(st.integers(0, 9))
    if form == 0:
        return f"${{{call}}}"
    if form == 1:
        return f'"{call}"' if '"' not in call else call
    if form == 2:
        return f"{name}: [{', '.join(values)}]"
    return f"{call}  # é" if form == 3 else call


WIDTHS = st.sampled_from("0 1 3 12 64 128 4096 123456789 1234567890".split())


@st.composite
def networks(draw: st.DrawFn) -> list[str]:
    """Items of few forms, each again with other numbers, and a `let` among them."""
    forms = draw(st.lists(st.one_of(RIGHT, atoms()), min_size=1, max_size=3))
    lets = ["let width = 4", "let Linear = ReLU", "let twice = 3"]
    items: list[str] = []
    for _ in range(draw(st.integers(2, 8))):
        form = draw(st.sampled_from([*forms, *forms, draw(st.sampled_from(lets))]))
        items.append(re.sub(r"\d+", lambda _: draw(WIDTHS), form))
    return items


def compiled(items: list[str], limits: Limits) -> Compilation:
    body = "".join(f"  - {item}\n" for item in items)
    text = f"{HEAD}Sequential:\n{body}"
    return compile_text(text.encode(), Policy(limits=limits))


def outcome(found: Compilation) -> tuple[list[str], list[str]]:
    """Every node with its place, and every diagnostic."""
    blocks = found.program.blocks if found.program is not None else ()
    nodes = [
        ast.dump(node, include_attributes=True)
        for block in blocks
        for node in block_nodes(block)
    ]
    return nodes, list(map(repr, found.diagnostics))


@settings(deadline=None, max_examples=300)
@given(networks(), st.sampled_from([64, 20, 8]))
def test_equal_to_reading_anew(items: list[str], bits: int) -> None:
    """Of any layers beside one another, with the same limits."""
    limits = Limits(integer_bits=bits)
    quick = outcome(compiled(items, limits))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Repeated, "find", lambda *_: None)
        assert outcome(compiled(items, limits)) == quick


def test_few_texts_are_read() -> None:
    """The form is kept: of a thousand layers, one is read."""
    read: list[str] = []
    keep = Repeated.keep

    def counting(self: Repeated, node: object, *rest: object) -> None:
        read.append(str(node))
        keep(self, node, *rest)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Repeated, "keep", counting)
        items = [f"Linear({n}, {n + 1}, bias=False)" for n in range(1, 1000)]
        assert not compiled(items, Limits()).failed
    assert len(read) < 10


@pytest.mark.parametrize(
    "item",
    [
        "Linear({n}, {n}, bias=False)",
        "Linear: [{n}, 7]",
        "Linear:\n      in_features: {n}\n      out_features: 7",
        "Conv2d({n}, 7, (3, 3), padding='same')",
    ],
)
def test_of_a_right_layer_no_tree_is_made(item: str) -> None:
    """Checking looks at the values alone: no expression but that of the first."""
    made: list[Layer] = []
    whole = Layer.expression.fget

    def counting(self: Layer) -> ast.expr:
        made.append(self)
        return whole(self)  # type: ignore[misc]  # a property has a getter

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Layer, "expression", property(counting))
        items = [item.format(n=n) for n in range(1, 200)]
        assert not compiled(items, Limits()).failed
    assert not made


def test_a_name_of_the_block_is_read_anew() -> None:
    """`let` may give a name another meaning between two equal texts."""
    items = [
        "let n = 4",
        "Linear(n, 8)",
        "let n = 8",
        "Linear(n, 8)",
        "let Linear = ReLU",
    ]
    assert not compiled(items, Limits()).failed
    assert outcome(compiled([*items, "Linear(4, 8)"], Limits()))[1]
