"""Emitted source makes the same modules as the Program built directly."""

from __future__ import annotations

import ast
from typing import Any

import pytest
import torch
from torch import nn

from modelspec.backends.python import emit_module
from modelspec.backends.torch import build_classes
from modelspec.policy import Limits
from modelspec.program import ir
from tests.python_backend.models import every_model

ARGUMENTS: dict[str, dict[str, Any]] = {
    "ResNet": {"block": "BasicBlock", "layers": [1, 2, 1, 1], "num_classes": 3},
    "GPT": {"vocab": 11, "context": 8, "depth": 2, "dim": 8, "heads": 2},
    "RNNModel": {"ntoken": 11, "ninp": 4, "nhid": 4, "tied": True},
    "Norm2d": {"dim": 4},
}
INPUTS: dict[str, list[Any]] = {
    "ResNet": [(2, 3, 32, 32)],
    "GPT": ["tokens"],
    "RNNModel": ["tokens", ((2, 3, 4), (2, 3, 4))],
    "FancyMLP": [(2, 20)],
    "Linears": [(2, 10)],
    "Net": [(1, 1, 12, 12)],
    "NamedNet": [(1, 1, 12, 12)],
    "Stack": [(2, 4)],
    "Choices": [(2, 4)],
    "VGG": [(2, 3, 8, 8)],
    "Dense": [(2, 3, 8, 8)],
    "Owned": [(2, 4)],
    "Joined": [(2, 3, 4)],
    "Norm2d": [(1, 4, 2, 2)],
    "Rates": [(2, 4)],
    "Docs": [(2, 4)],
}
MODELS = {one.root: one for one in every_model()}


def load(text: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "generated"}
    exec(compile(text, "generated.py", "exec"), namespace)
    return namespace


def sample(shape: Any) -> Any:
    if shape == "tokens":
        return torch.randint(0, 11, (2, 3))
    if isinstance(shape[0], tuple):
        return tuple(sample(one) for one in shape)
    return torch.randn(shape)


def run(model: nn.Module, name: str) -> list[torch.Tensor]:
    torch.manual_seed(1)
    inputs = [sample(one) for one in INPUTS[name]]
    model.eval()
    with torch.no_grad():
        return list(flattened(model(*inputs)))


def flattened(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, dict):
        yield from flattened(tuple(value.values()))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from flattened(one)


def assert_equal(direct: nn.Module, generated: nn.Module, name: str) -> None:
    assert list(direct.state_dict()) == list(generated.state_dict())
    for one, other in zip(
        direct.state_dict().values(), generated.state_dict().values(), strict=True
    ):
        assert torch.equal(one, other)
    assert repr(direct) == repr(generated)
    wants = [p.requires_grad for p in direct.parameters()]
    assert wants == [p.requires_grad for p in generated.parameters()]
    for one, other in zip(run(direct, name), run(generated, name), strict=True):
        assert torch.equal(one, other)


def build(program: ir.Program, given: dict[str, Any]) -> nn.Module:
    classes = build_classes(program, Limits())
    assert program.root is not None
    known = {
        one: classes[text] if isinstance(text, str) and program.block(text) else text
        for one, text in given.items()
    }
    torch.manual_seed(0)
    model = classes[program.root](**known)
    assert isinstance(model, nn.Module)
    return model


@pytest.mark.parametrize("name", MODELS)
def test_parametric_source_equals_the_direct_build(name: str) -> None:
    program, given = MODELS[name], ARGUMENTS.get(name, {})
    direct = build(program, given)
    namespace = load(emit_module(program))
    known = {
        one: namespace.get(text, text) if isinstance(text, str) else text
        for one, text in given.items()
    }
    torch.manual_seed(0)
    assert_equal(direct, namespace[name](**known), name)


@pytest.mark.parametrize("name", MODELS)
def test_flat_source_equals_the_direct_build(name: str) -> None:
    program, given = MODELS[name], ARGUMENTS.get(name, {})
    direct = build(program, given)
    values = {
        one: ast.Name(text, ast.Load()) if isinstance(text, str) else text
        for one, text in given.items()
    }
    namespace = load(emit_module(program, style="flat", values=values))
    torch.manual_seed(0)
    assert_equal(direct, namespace[name](), name)
