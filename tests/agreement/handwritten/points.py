"""A network for sets of points, which are grouped around ever fewer of them."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def take(points: Tensor, index: Tensor) -> Tensor:
    """Points (N, P, C) at an index (N, ...) per sample: (N, ..., C)."""
    return torch.stack([one[chosen] for one, chosen in zip(points, index, strict=True)])


def farthest(xyz: Tensor, n: int) -> Tensor:
    distance = torch.full(xyz.shape[:2], 1e10)
    last = torch.zeros(xyz.shape[0], dtype=torch.long)
    chosen = []
    for _ in range(n):
        chosen.append(last)
        centre = take(xyz, last[:, None])
        distance = torch.minimum(distance, ((xyz - centre) ** 2).sum(-1))
        last = distance.argmax(dim=-1)
    return torch.stack(chosen, dim=1)


class SharedMLP(nn.Sequential):
    def __init__(self, widths: list[int], dims: int = 2) -> None:
        super().__init__()
        for i, (cin, cout) in enumerate(pairwise(widths)):
            if dims == 2:
                self.add_module(f"conv{i}", nn.Conv2d(cin, cout, 1, bias=False))
                self.add_module(f"bn{i}", nn.BatchNorm2d(cout))
            else:
                self.add_module(f"conv{i}", nn.Conv1d(cin, cout, 1, bias=False))
                self.add_module(f"bn{i}", nn.BatchNorm1d(cout))
            self.add_module(f"act{i}", nn.ReLU())


class SetAbstraction(nn.Module):
    def __init__(
        self, in_channels: int, points: int, neighbours: int, mlp: list[int]
    ) -> None:
        super().__init__()
        self.points = points
        self.neighbours = neighbours
        self.mlp = SharedMLP([in_channels + 3, *mlp])

    def forward(
        self, xyz: Tensor, features: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        centres = take(xyz, farthest(xyz, self.points))
        distances = torch.cdist(centres, xyz)
        near = distances.topk(self.neighbours, dim=-1, largest=False).indices
        grouped = take(xyz, near) - centres[:, :, None]
        if features is not None:
            grouped = torch.cat([grouped, take(features, near)], dim=-1)
        pooled = self.mlp(grouped.permute(0, 3, 2, 1)).amax(dim=2)
        return centres, pooled.transpose(1, 2)


class PointNet2(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.sa = nn.ModuleList(
            [
                SetAbstraction(0, 8, 4, [8, 8, 16]),
                SetAbstraction(16, 4, 3, [16, 24]),
            ]
        )
        self.top = SharedMLP([24 + 3, 32], dims=1)
        self.head = nn.Sequential(nn.Linear(32, 16), nn.Dropout(0.4), nn.Linear(16, 4))

    def forward(self, xyz: Tensor) -> Tensor:
        xyz, features = self.sa[0](xyz)
        xyz, features = self.sa[1](xyz, features)
        x = self.top(torch.cat([xyz, features], dim=-1).transpose(1, 2))
        return F.log_softmax(self.head(x.max(dim=2).values), dim=-1)


ORACLES = {("point_sets", None): PointNet2}
