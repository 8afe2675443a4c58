"""Each standard block against a module written by hand: keys, draws, outputs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import nn

import modelspec
from tests.standard import oracles

IMAGE = (3, 8, 6, 6)
Make = Callable[[], nn.Module]

# What stands in the spec, the same by hand, and the shape of the input.
BLOCKS: list[tuple[str, Make, tuple[int, ...]]] = [
    (
        "Residual([Linear(4, 5), ReLU(), Linear(5, 4)])",
        lambda: oracles.Residual(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 4)),
        (2, 4),
    ),
    (
        "Concat([Conv2d(8, 2, 1), Conv2d(8, 3, 3, padding=1)])",
        lambda: oracles.Concat(nn.Conv2d(8, 2, 1), nn.Conv2d(8, 3, 3, padding=1)),
        IMAGE,
    ),
    (
        "Concat([Identity(), Tanh()], dim=-1)",
        lambda: oracles.Concat(nn.Identity(), nn.Tanh(), dim=-1),
        IMAGE,
    ),
    (
        "Add([Linear(4, 2), Linear(4, 2), Linear(4, 2)])",
        lambda: oracles.Add(*(nn.Linear(4, 2) for _ in range(3))),
        (2, 4),
    ),
    ("Add([Linear(4, 2)])", lambda: oracles.Add(nn.Linear(4, 2)), (2, 4)),
    ("DropPath(0.4)", lambda: oracles.DropPath(0.4), (64, 3)),
    ("DropPath(0.4, mode='batch')", lambda: oracles.DropPath(0.4, "batch"), IMAGE),
    ("DropPath(0)", lambda: oracles.DropPath(0), IMAGE),
    ("DropPath(1.0)", lambda: oracles.DropPath(1.0), IMAGE),
    ("Permute([0, 2, 3, 1])", lambda: oracles.Permute([0, 2, 3, 1]), IMAGE),
    ("Permute((1, 0))", lambda: oracles.Permute([1, 0]), (2, 4)),
    ("LayerNorm2d(8)", lambda: oracles.LayerNorm2d(8), IMAGE),
    ("LayerNorm2d(8, eps=0.1)", lambda: oracles.LayerNorm2d(8, 0.1), IMAGE),
    (
        "ConvNormAct(8, 4)",
        lambda: oracles.conv_norm_act(8, 4, 3, padding=1, bias=False),
        IMAGE,
    ),
    (
        "ConvNormAct(8, 4, 5, 2, dilation=2, groups=2, act=partial(ELU, 0.5))",
        lambda: oracles.conv_norm_act(
            *(8, 4, 5, 2, 4, 2, 2), bias=False, act=partial(nn.ELU, 0.5)
        ),
        IMAGE,
    ),
    (
        "ConvNormAct(8, 4, kernel_size=(1, 5), dilation=(1, 2))",
        lambda: oracles.conv_norm_act(
            8, 4, (1, 5), padding=(0, 4), dilation=(1, 2), bias=False
        ),
        IMAGE,
    ),
    (
        "ConvNormAct(8, 4, (3, 5), dilation=2)",
        lambda: oracles.conv_norm_act(
            8, 4, (3, 5), padding=(2, 4), dilation=2, bias=False
        ),
        IMAGE,
    ),
    (
        "ConvNormAct(8, 4, 3, dilation=(1, 2))",
        lambda: oracles.conv_norm_act(
            8, 4, 3, padding=(1, 2), dilation=(1, 2), bias=False
        ),
        IMAGE,
    ),
    (
        "ConvNormAct(8, 4, 3, padding=0, norm=None)",
        lambda: oracles.conv_norm_act(8, 4, 3, padding=0, bias=True, norm=None),
        IMAGE,
    ),
    (
        "ConvNormAct(8, 4, 3, padding='same', norm=LayerNorm2d, act=None, bias=True)",
        lambda: oracles.conv_norm_act(
            *(8, 4, 3), padding="same", norm=oracles.LayerNorm2d, act=None, bias=True
        ),
        IMAGE,
    ),
    (
        "ConvNormAct(8, 4, norm=None, bias=False)",
        lambda: oracles.conv_norm_act(8, 4, 3, padding=1, bias=False, norm=None),
        IMAGE,
    ),
    ("SqueezeExcite(8, 2)", lambda: oracles.SqueezeExcite(8, 2), IMAGE),
    (
        "SqueezeExcite(8, 2, act=SiLU, gate=Hardsigmoid)",
        lambda: oracles.SqueezeExcite(
            8, 2, nn.functional.silu, nn.functional.hardsigmoid
        ),
        IMAGE,
    ),
    ("MLP(4, 6)", lambda: oracles.MLP(4, 6, 4, nn.GELU()), (2, 3, 4)),
    ("MLP(4, 6, 5, act=SiLU)", lambda: oracles.MLP(4, 6, 5, nn.SiLU()), (2, 4)),
    ("SelfAttention(6, 2)", lambda: oracles.SelfAttention(6, 2), (2, 5, 6)),
    ("SelfAttention(6, 3)", lambda: oracles.SelfAttention(6, 3), (5, 6)),
    (
        "SelfAttention(6, 2, bias=False, causal=True)",
        lambda: oracles.SelfAttention(6, 2, False, True),
        (2, 5, 6),
    ),
]


def spec_of(call: str) -> str:
    return f"modelspec: 1\nname: Net\nmodules:\n  block: {call}\n"


def ways(call: str) -> dict[str, Make]:
    """The block as it is built, and as both styles of source make it."""
    spec = modelspec.loads(spec_of(call))
    assert not spec.diagnostics
    found: dict[str, Make] = {"build": spec.build}
    for style in ("parametric", "flat"):
        namespace: dict[str, type[nn.Module]] = {}
        exec(spec.source(style), namespace)
        found[style] = namespace["Net"]
    return found


@pytest.mark.parametrize(
    ("call", "by_hand", "shape"), BLOCKS, ids=[one[0] for one in BLOCKS]
)
def test_it_computes_what_the_module_by_hand_does(
    call: str, by_hand: Make, shape: tuple[int, ...]
) -> None:
    """Same keys, same initial weights, same outputs of one state of the generator."""
    torch.manual_seed(1)
    x = torch.randn(shape)
    for way, make in ways(call).items():
        torch.manual_seed(2)
        want = by_hand()
        torch.manual_seed(2)
        got = make().block
        assert list(got.state_dict()) == list(want.state_dict()), way
        for one, other in zip(got.parameters(), want.parameters(), strict=True):
            assert torch.equal(one, other), way
        for training in (True, False):
            torch.manual_seed(3)
            expected = want.train(training)(x)
            torch.manual_seed(3)
            torch.testing.assert_close(got.train(training)(x), expected)


def test_dropout_of_an_mlp_falls_after_each_linear_layer() -> None:
    torch.manual_seed(0)
    mlp = modelspec.loads(spec_of("MLP(4, 6, dropout=0.5)")).build().block
    x = torch.randn(3, 4)
    torch.manual_seed(1)
    hidden = nn.functional.dropout(nn.functional.gelu(mlp.fc1(x)), 0.5)
    want = nn.functional.dropout(mlp.fc2(hidden), 0.5)
    torch.manual_seed(1)
    assert torch.equal(mlp(x), want)
    assert torch.equal(mlp.eval()(x), mlp.fc2(nn.functional.gelu(mlp.fc1(x))))


def test_dropout_of_attention_is_that_of_its_weights_while_training() -> None:
    torch.manual_seed(0)
    block = modelspec.loads(spec_of("SelfAttention(4, 2, dropout=1.0)")).build().block
    x = torch.randn(2, 3, 4)
    assert torch.equal(block(x), block.proj.bias.expand(2, 3, 4))
    assert not torch.allclose(block.eval()(x), block.proj.bias)


def test_drop_path_keeps_the_dtype_and_the_expected_value() -> None:
    block = modelspec.loads(spec_of("DropPath(0.25)")).build().block
    torch.manual_seed(0)
    x = torch.ones(4000, 2, dtype=torch.bfloat16)
    found = block(x)
    assert found.dtype == torch.bfloat16
    assert set(found.float().unique().tolist()) == {0.0, 1.3359375}
    assert abs(found.float().mean().item() - 1.0) < 0.05
    assert torch.equal(found[:, 0], found[:, 1])


@pytest.mark.parametrize(
    ("call", "shape"),
    [
        ("Residual([Linear(4, 4)])", (2, 4)),
        ("Concat([Tanh(), Tanh()])", (2, 4)),
        ("Add([Tanh(), Linear(4, 4)])", (2, 4)),
        ("DropPath(0.5)", (2, 4)),
        ("Permute([1, 0])", (2, 4)),
        ("LayerNorm2d(8)", IMAGE),
        ("ConvNormAct(8, 8)", IMAGE),
        ("SqueezeExcite(8, 2)", IMAGE),
        ("MLP(4, 8)", (2, 4)),
        ("SelfAttention(4, 2, causal=True)", (2, 3, 4)),
    ],
)
def test_it_compiles_without_a_break(call: str, shape: tuple[int, ...]) -> None:
    """One graph, as a module by hand gives."""
    model = modelspec.loads(spec_of(call)).build().eval()
    x = torch.randn(shape)
    compiled = torch.compile(model, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(x), model(x))
    torch._dynamo.reset()
