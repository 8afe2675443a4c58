"""Built models are read and edited as the containers that they are."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import modelspec
from tests.agreement.cases import EXAMPLES

IMAGE = torch.linspace(-1, 1, 2 * 28 * 28).reshape(2, 1, 28, 28)


def build(example: str) -> nn.Module:
    return modelspec.build(EXAMPLES / f"{example}.yaml", seed=0)


@pytest.fixture
def lenet() -> nn.Sequential:
    model = build("lenet")
    assert isinstance(model, nn.Sequential)
    return model


def test_type_is_named_after_the_spec(lenet: nn.Sequential) -> None:
    """A plain subclass of the body's container, called what the spec is called."""
    assert type(lenet).__name__ == "LeNet5"
    assert type(lenet).__mro__[1] is nn.Sequential
    assert str(lenet).startswith("LeNet5(\n  (0): Conv2d(1, 6, ")


def test_a_sequential_is_indexed_and_sliced(lenet: nn.Sequential) -> None:
    """Items are the layers themselves; a slice of a nested one is a Sequential."""
    assert isinstance(lenet[2], nn.MaxPool2d)
    assert lenet[-1] is list(lenet.children())[-1]
    assert len(lenet) == 12
    backbone = build("frozen").get_submodule("backbone")
    assert isinstance(backbone, nn.Sequential)
    part = backbone[1:3]
    assert type(part) is nn.Sequential
    assert list(part.named_children()) == [("bn1", backbone[1]), ("relu", backbone[2])]
    assert next(iter(part.state_dict())) == "bn1.weight"


def test_a_sequential_is_edited(lenet: nn.Sequential) -> None:
    """Items are set, appended and deleted, and `forward` follows."""
    lenet[-1] = nn.Linear(84, 3)
    lenet.append(nn.Softmax(dim=1))
    assert lenet(IMAGE).sum(1).allclose(torch.ones(2))
    del lenet[-1]
    assert lenet(IMAGE).shape == (2, 3)
    lenet.add_module("tail", nn.Linear(3, 1))
    assert lenet(IMAGE).shape == (2, 1)
    assert list(lenet.state_dict())[-1] == "tail.bias"


def test_a_module_list_is_edited() -> None:
    """`append`, `extend` and `insert` work, and the loop in `forward` runs over all."""
    model = build("module_list")
    linears = model.get_submodule("linears")
    assert isinstance(linears, nn.ModuleList)
    linears.append(nn.Linear(10, 10))
    linears.extend([nn.Linear(10, 10), nn.Linear(10, 10)])
    first = nn.Linear(10, 10)
    linears.insert(0, first)
    assert len(linears) == 14
    assert linears[0] is first
    model(torch.ones(1, 10)).sum().backward()
    assert all(p.grad is not None for p in model.parameters())


def test_a_module_dict_is_edited() -> None:
    """A choice added from outside can be chosen."""
    model = build("module_dict")
    choices = model.get_submodule("choices")
    assert isinstance(choices, nn.ModuleDict)
    choices["same"] = nn.Identity()
    choices.update({"other": nn.Conv2d(10, 2, 1)})
    x = torch.full((1, 10, 4, 4), 2.0)
    assert torch.equal(model(x, choice="same", act="lrelu"), x)
    assert model(x, "other").shape == (1, 2, 4, 4)


def test_children_are_attributes() -> None:
    """A child is read, replaced and deleted as an attribute."""
    stages = build("conv_stages")
    stages.stage3 = nn.Sequential(nn.Conv2d(32, 64, 1))
    stages.head[1] = nn.Identity()
    assert stages(torch.ones(1, 3, 16, 16)).shape == (1, 64)
    del stages.stage3
    with pytest.raises(AttributeError, match="stage3"):
        stages(torch.ones(1, 3, 16, 16))
