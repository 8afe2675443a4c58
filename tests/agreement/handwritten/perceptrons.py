"""Perceptrons and the layers of one's own, after "Dive into Deep Learning"."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class MLP(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(784, 256)
        self.act = nn.ReLU()
        self.output = nn.Linear(256, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.output(self.act(self.hidden(x)))


class FancyMLP(nn.Module):
    rand_weight: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("rand_weight", torch.rand(20, 20), persistent=False)
        self.linear = nn.Linear(20, 20)

    def forward(self, x: Tensor) -> Tensor:
        x = self.linear(x)
        x = F.relu(torch.mm(x, self.rand_weight) + 1)
        x = self.linear(x)
        while x.norm().item() > 1:
            x = x / 2
        if x.norm().item() < 0.8:
            x = x * 10
        return x.sum()


class NestMLP(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(40, 30), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)


class NestedMLP(nn.Sequential):
    def __init__(self) -> None:
        super().__init__(NestMLP(), nn.Linear(30, 20), FancyMLP())


class MyDense(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.params = nn.ParameterList(
            [nn.Parameter(torch.randn(4, 4)) for _ in range(3)]
        )
        self.params.append(nn.Parameter(torch.randn(4, 1)))

    def forward(self, x: Tensor) -> Tensor:
        for weight in self.params:
            x = torch.mm(x, weight)
        return x


class MyDictDense(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.params = nn.ParameterDict(
            {
                "linear1": nn.Parameter(torch.randn(4, 4)),
                "linear2": nn.Parameter(torch.randn(4, 1)),
            }
        )
        self.params.update({"linear3": nn.Parameter(torch.randn(4, 2))})

    def forward(self, x: Tensor, choice: str = "linear1") -> Tensor:
        return torch.mm(x, self.params[choice])


class MySequential(nn.ModuleList):
    def __init__(self) -> None:
        super().__init__([nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10)])

    def forward(self, x: Tensor) -> Tensor:
        for module in self.children():
            x = module(x)
        return x


ORACLES = {
    ("examples/mlp", None): MLP,
    ("examples/fancy_mlp", None): FancyMLP,
    ("examples/nest_mlp", None): NestedMLP,
    ("examples/my_dense", None): MyDense,
    ("examples/my_dict_dense", None): MyDictDense,
    ("examples/my_sequential", None): MySequential,
}
