"""Containers of one's own, and modules given as arguments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn


class Join(nn.ModuleList):
    def __init__(self, branches: Iterable[nn.Module], dim: int) -> None:
        super().__init__(branches)
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self], dim=self.dim)


class Skip(nn.Sequential):
    def __init__(self, *layers: nn.Module, gain: float = 1.0) -> None:
        super().__init__(*layers)
        self.gain = gain

    def forward(self, x: Tensor) -> Tensor:
        return x + self.gain * super().forward(x)


class Pick(nn.ModuleDict):
    def __init__(self, options: Mapping[str, nn.Module], choice: str) -> None:
        super().__init__(options)
        self.choice = choice

    def forward(self, x: Tensor) -> Tensor:
        return self[self.choice](x)


class ChildrenParam(nn.Sequential):
    def __init__(self) -> None:
        first = Skip(nn.Linear(4, 4), nn.Tanh())
        second = Skip(
            nn.Linear(4, 4),
            nn.ReLU(),
            nn.Linear(4, 4),
            nn.ReLU(),
            nn.Linear(4, 4),
            gain=0.5,
        )
        branch = nn.Linear(4, 2)
        join = Join([branch, nn.Sequential(nn.Linear(4, 3), nn.Sigmoid())], dim=-1)
        a, b = nn.Linear(5, 5), nn.Sequential()
        b.add_module("first", nn.Linear(5, 4))
        b.add_module("second", nn.ReLU())
        super().__init__(first, second, join, Pick({"a": a, "b": b}, "b"))


class PreNorm(nn.Module):
    def __init__(self, fn: nn.Module, post: nn.Module | None = None) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4)
        self.fn = fn
        self.post = post

    def forward(self, x: Tensor) -> Tensor:
        y = self.fn(self.norm(x))
        return x + (y if self.post is None else self.post(y))


class Ensemble(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.members = nn.ModuleList(nn.Linear(4, 2) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        return torch.stack([member(x) for member in self.members]).mean(0)


class ModuleParam(nn.Sequential):
    def __init__(self) -> None:
        super().__init__(
            PreNorm(nn.Linear(4, 4)),
            PreNorm(
                nn.Sequential(nn.Linear(4, 8), nn.GELU(), nn.Linear(8, 4)), nn.Tanh()
            ),
            PreNorm(nn.Sequential(nn.Linear(4, 4), nn.ReLU())),
            Ensemble(),
        )


class Residual(nn.Sequential):
    def __init__(self) -> None:
        super().__init__(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4))

    def forward(self, x: Tensor) -> Tensor:
        return x + super().forward(x)


class HalfTwice(nn.Sequential):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.second = nn.Tanh()
        self.third = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.third(self.first(self.second(self.first(x))))


class Last(nn.ModuleList):
    def __init__(self) -> None:
        super().__init__([nn.Linear(4, 4), nn.Linear(4, 3)])

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self[0](x), self[1](x), self[1](x)], dim=1)


class SuperForward(nn.Sequential):
    def __init__(self) -> None:
        super().__init__(Residual(), HalfTwice(), Last())


ORACLES = {
    ("children_param", None): ChildrenParam,
    ("module_param", None): ModuleParam,
    ("super_forward", None): SuperForward,
}
