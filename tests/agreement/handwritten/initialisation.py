"""Initialisation, tied and frozen parameters."""

from __future__ import annotations

import math
from functools import partial

import torch
from torch import Tensor, nn


class ConstantInit(nn.Sequential):
    def __init__(self) -> None:
        super().__init__(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 1))
        self.apply(self.start)

    @staticmethod
    def start(m: nn.Module) -> None:
        if isinstance(m, nn.Linear):
            nn.init.ones_(m.weight)
            nn.init.zeros_(m.bias)


class RuleInit(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Linear(8, 8)
        self.layers = nn.Sequential()
        for _ in range(3):
            self.layers.append(nn.Linear(8, 8))
            self.layers.append(nn.ReLU())
        self.head = nn.Linear(8, 2)
        self.apply(ConstantInit.start)
        nn.init.xavier_uniform_(self.stem.weight, gain=math.sqrt(2))
        for m in self.layers.children():
            if isinstance(m, nn.Linear):
                nn.init.normal_(m.weight, std=0.02 / math.sqrt(6))
        nn.init.constant_(self.head.weight, 0.125)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.layers(self.stem(x)))


class Head(nn.Sequential):
    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(3, 6)
        self.act = nn.ReLU()
        self.fc2 = nn.Linear(6, 4)
        for fc in (self.fc1, self.fc2):
            nn.init.normal_(fc.weight, std=0.1)
            nn.init.ones_(fc.bias)


class InitRules(nn.Module):
    def __init__(self, depth: int = 2, zero_last: bool = True) -> None:
        super().__init__()
        self.convs = nn.Sequential()
        for i in range(depth):
            self.convs.append(nn.Conv2d(3, 3, 3, padding=1, bias=i > 0))
            self.convs.append(nn.BatchNorm2d(3))
            self.convs.append(nn.ReLU())
        self.depthwise = nn.Conv1d(3, 3, 1)
        self.norm = nn.GroupNorm(1, 3)
        self.head = Head()
        self.start(zero_last)

    @torch.no_grad()
    def start(self, zero_last: bool) -> None:
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
                if m.bias is not None:
                    nn.init.zeros_(m.bias)
            elif isinstance(m, nn.Conv1d):
                nn.init.trunc_normal_(m.weight, std=0.02, a=-0.04, b=0.04)
                assert m.bias is not None
                nn.init.constant_(m.bias, 0.25)
        for m in self.convs.children():
            if not isinstance(m, nn.ReLU):
                m.weight.mul_(0.5)
        self.norm.weight.copy_(torch.arange(3) / 3 + 1)
        nn.init.normal_(self.depthwise.weight, std=5.0 / 3 / 8)
        assert self.depthwise.bias is not None
        self.depthwise.bias.add_((2.0 / (1 + 0.1**2)) ** 0.5)
        nn.init.uniform_(self.head.fc1.bias, -1, 1)
        nn.init.uniform_(self.head.fc2.bias, -1, 1)
        if zero_last:
            nn.init.zeros_(self.head.fc2.weight)
        else:
            self.head.fc2.weight.sub_(self.head.fc2.weight.mean())
        nn.init.zeros_(self.head.fc2.bias)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(self.depthwise(self.convs(x).flatten(2)))
        return self.head(x.mean(-1))


class Adapter(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Linear(4, 2, bias=False)
        self.up = nn.Linear(2, 4, bias=False)
        self.down.weight.requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.up(self.down(x))


class TiesAndFreezes(nn.Module):
    def __init__(self, tie_all: bool = True, frozen: int = 1) -> None:
        super().__init__()
        self.embed = nn.Embedding(7, 4)
        self.layers = nn.ModuleList()
        for _ in range(3):
            layer = nn.Sequential()
            layer.add_module("norm", nn.LayerNorm(4))
            layer.add_module("fc", nn.Linear(4, 4))
            layer.add_module("adapter", Adapter())
            self.layers.append(layer)
        self.head = nn.Linear(4, 7, bias=False)
        self.head.weight = self.embed.weight
        if tie_all:
            shared = self.get_parameter("layers.0.fc.weight")
            for i in (1, 2):
                fc = self.get_submodule(f"layers.{i}.fc")
                fc.register_parameter("weight", shared)
        for i in range(frozen):
            self.get_submodule(f"layers.{i}.norm").requires_grad_(False)
        for name in ("norm", "fc"):
            self.get_parameter(f"layers.2.{name}.bias").requires_grad_(False)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.embed(tokens)
        for layer in self.layers:
            x = layer(x)
        return self.head(x)


ORACLES = {
    ("examples/init_text", None): ConstantInit,
    ("examples/init_rules", None): RuleInit,
    ("init_rules", None): InitRules,
    ("init_rules", "nonzero"): partial(InitRules, 3, False),
    ("ties_and_freezes", None): TiesAndFreezes,
    ("ties_and_freezes", "untied"): partial(TiesAndFreezes, False, 2),
}
