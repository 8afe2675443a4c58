"""Classes derived from layers and from models."""

from __future__ import annotations

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ScaledNorm(nn.LayerNorm):
    def __init__(self, dim: int, eps: float = 1e-6) -> None:
        super().__init__(dim, eps=eps)
        self.scale = nn.Parameter(torch.full((1,), 0.5))

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) * self.scale


class LowRankLinear(nn.Linear):
    def __init__(self, in_features: int, out_features: int, rank: int) -> None:
        super().__init__(in_features, out_features)
        self.scaling = 4.0 / rank
        self.dropout = nn.Dropout(0.1)
        self.lora_a = nn.Parameter(torch.randn(rank, in_features) * 0.02)
        self.lora_b = nn.Parameter(torch.zeros(out_features, rank))
        self.weight.requires_grad_(False)
        self.bias.requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        update = self.dropout(x) @ self.lora_a.t() @ self.lora_b.t()
        return super().forward(x) + update * self.scaling


class UsesExtended(nn.Sequential):
    def __init__(self) -> None:
        super().__init__(
            ScaledNorm(8), LowRankLinear(8, 6, rank=3), ScaledNorm(6, eps=1e-3)
        )


class Net(nn.Module):
    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, width, 3, padding=1),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
        )
        self.classifier = nn.Sequential(nn.Dropout(0.5), nn.Linear(width, 10))

    def classify(self, features: Tensor) -> Tensor:
        return self.classifier(features)

    def forward(self, x: Tensor) -> Tensor:
        return self.classify(self.features(x).flatten(1))


class FineTuned(Net):
    def __init__(self) -> None:
        super().__init__(width=6)
        self.classifier[1] = nn.Linear(6, 3)
        self.features[2] = nn.GELU()
        self.extra = nn.Linear(3, 3, bias=False)
        nn.init.eye_(self.extra.weight)
        self.features.requires_grad_(False)

    def classify(self, features: Tensor) -> Tensor:
        return self.extra(self.classifier(features))


class SmallEmbedding(nn.Embedding):
    def __init__(self) -> None:
        super().__init__(7, 4, padding_idx=0)
        nn.init.uniform_(self.weight, -0.01, 0.01)

    def similarity(self, a: Tensor, b: Tensor) -> Tensor:
        return F.cosine_similarity(self(a), self(b), dim=-1)


class ConvBlock(nn.Module):
    def __init__(self, cin: int, cout: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(cout)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.norm(self.conv(x)))


class Classifier(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential()
        self.features.add_module("block0", ConvBlock(3, 8))
        self.features.add_module("pool0", nn.MaxPool2d(2))
        self.features.add_module("block1", ConvBlock(8, 16))
        self.features.add_module("pool1", nn.MaxPool2d(2))
        self.features.add_module("block2", ConvBlock(16, 24))
        self.classifier = nn.Sequential(nn.Dropout(0.5), nn.Linear(24, 10))
        for i in range(3):
            conv = self.features.get_submodule(f"block{i}.conv")
            nn.init.kaiming_normal_(conv.weight, mode="fan_out")
        nn.init.normal_(self.classifier[1].weight, std=0.01)
        nn.init.zeros_(self.classifier[1].bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x).mean(dim=(2, 3)))


class Finetuned(Classifier):
    def __init__(self, num_classes: int = 3, unfreeze_from: int = 2) -> None:
        super().__init__()
        self.features.block0.conv = nn.Conv2d(4, 8, 5, padding=2, bias=False)
        self.classifier[1] = nn.Linear(24, num_classes)
        self.aux = nn.Sequential()
        self.aux.add_module("norm", nn.LayerNorm(24))
        self.aux.add_module("out", nn.Linear(24, 2))
        nn.init.zeros_(self.aux.out.weight)
        nn.init.zeros_(self.aux.out.bias)
        for i in range(unfreeze_from):
            self.features.get_submodule(f"block{i}.norm").requires_grad_(False)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        features = self.features(x).mean(dim=(2, 3))
        again = self.features(x).mean(dim=(2, 3))  # BatchNorm counts both calls
        return {
            "logits": self.classifier(again),
            "aux": self.aux(features),
            "embedding": features,
        }


ORACLES = {
    ("extends_layer", None): UsesExtended,
    ("extends_block", None): FineTuned,
    ("extends_init", None): SmallEmbedding,
    ("extends_with_more_outputs", None): Finetuned,
    ("extends_with_more_outputs", "all"): partial(Finetuned, 5, 3),
}
