"""The tour of the containers."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn


class TwoConv(nn.Sequential):
    def __init__(self) -> None:
        super().__init__(
            nn.Conv2d(1, 20, 5), nn.ReLU(), nn.Conv2d(20, 64, 5), nn.ReLU()
        )


class NamedConv(nn.Sequential):
    def __init__(self) -> None:
        super().__init__(
            OrderedDict(
                [
                    ("conv1", nn.Conv2d(1, 20, 5)),
                    ("relu1", nn.ReLU()),
                    ("conv2", nn.Conv2d(20, 64, 5)),
                    ("relu2", nn.ReLU()),
                ]
            )
        )


class ComputedNames(nn.Sequential):
    def __init__(self, widths: tuple[int, ...] = (784, 256, 64)) -> None:
        super().__init__()
        for i in range(len(widths) - 1):
            self.add_module(f"fc{i + 1}", nn.Linear(widths[i], widths[i + 1]))
            self.add_module(f"act{i + 1}", nn.ReLU())
        self.add_module("head", nn.Linear(widths[-1], 10))


class MyModule(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linears = nn.ModuleList([nn.Linear(10, 10)])
        self.linears.extend(nn.Linear(10, 10) for _ in range(8))
        self.linears.append(nn.Linear(10, 10))

    def forward(self, x: Tensor) -> Tensor:
        for i, linear in enumerate(self.linears):
            x = self.linears[i // 2](x) + linear(x)
        return x


class Choices(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.choices = nn.ModuleDict(
            {"conv": nn.Conv2d(10, 10, 3), "pool": nn.MaxPool2d(3)}
        )
        self.activations = nn.ModuleDict(
            [["lrelu", nn.LeakyReLU()], ["prelu", nn.PReLU()]]
        )

    def forward(self, x: Tensor, choice: str = "conv", act: str = "prelu") -> Tensor:
        return self.activations[act](self.choices[choice](x))


class NestedContainers(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        left = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU())
        right = nn.Sequential()
        right.add_module("conv", nn.Conv2d(3, 8, 1))
        norm = nn.BatchNorm2d(8)
        inner = nn.Sequential(nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1))
        right.add_module("body", nn.Sequential(norm, inner))
        self.towers = nn.ModuleDict({"left": left, "right": right})
        self.heads = nn.ModuleList(
            nn.Sequential(nn.Linear(16, n), nn.LogSoftmax(dim=1)) for n in (10, 2)
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        joined = torch.cat([self.towers["left"](x), self.towers["right"](x)], dim=1)
        pooled = joined.mean(dim=(2, 3))
        return [head(pooled) for head in self.heads]


class Stage(nn.Sequential):
    def __init__(self, cin: int, cout: int) -> None:
        super().__init__(
            nn.Conv2d(cin, cout, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(cout),
            nn.ReLU(inplace=True),
        )


class ConvStages(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stage1 = Stage(3, 16)
        self.stage2 = Stage(16, 32)
        self.stage3 = Stage(32, 64)
        self.head = nn.Sequential(nn.Dropout(0.1), nn.Linear(64, 10))

    def forward(self, x: Tensor) -> Tensor:
        x = self.stage3(self.stage2(self.stage1(x)))
        return self.head(x.mean(dim=(2, 3)))


class ListsInLists(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.f = nn.ModuleList(
            nn.ModuleList([nn.Linear(4, 4), nn.Tanh()]) for _ in range(2)
        )

    def forward(self, x: Tensor) -> Tensor:
        xs = [x, x]
        for linear, tanh in self.f:
            x = tanh(linear(x))
            x = linear(x) * 2
            x = tanh(x) * 3
            x = x + linear(xs[0])
            x = x + tanh(xs[1])
            x = x + (0 + tanh(x))
            x = linear(tanh(x))
        return x


ORACLES = {
    ("examples/sequential", None): TwoConv,
    ("examples/ordered_dict", None): NamedConv,
    ("examples/add_module", None): ComputedNames,
    ("examples/module_list", None): MyModule,
    ("examples/module_dict", None): Choices,
    ("examples/nested_containers", None): NestedContainers,
    ("examples/conv_stages", None): ConvStages,
    ("lists_in_lists", None): ListsInLists,
}
