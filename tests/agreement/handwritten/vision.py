"""Convolutional models with running channel counts."""

from __future__ import annotations

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class AlexNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, 11, 4, 2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(64, 192, 5, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(192, 384, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(384, 256, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(256, 256, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2),
        )
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            nn.Dropout(0.5),
            nn.Linear(256 * 6 * 6, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(4096, 4096),
            nn.ReLU(inplace=True),
            nn.Linear(4096, 1000),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


class DenseLayer(nn.Module):
    def __init__(self, width: int, growth: int, bn_size: int, drop_rate: float) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU(inplace=True)
        self.conv1 = nn.Conv2d(width, bn_size * growth, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(bn_size * growth)
        self.relu2 = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(bn_size * growth, growth, 3, padding=1, bias=False)
        self.drop_rate = drop_rate

    def forward(self, features: list[Tensor]) -> Tensor:
        x = torch.cat(features, 1)
        x = self.conv1(self.relu1(self.norm1(x)))
        x = self.conv2(self.relu2(self.norm2(x)))
        if self.drop_rate > 0:
            x = F.dropout(x, self.drop_rate, self.training)
        return x


class DenseBlock(nn.ModuleDict):
    def __init__(self, depth: int, width: int, growth: int, drop_rate: float) -> None:
        super().__init__()
        for i in range(depth):
            layer = DenseLayer(width + i * growth, growth, 2, drop_rate)
            self.add_module(f"denselayer{i + 1}", layer)

    def forward(self, x: Tensor) -> Tensor:
        features = [x]
        for layer in self.values():
            features.append(layer(features))
        return torch.cat(features, 1)


class DenseNetLike(nn.Module):
    def __init__(
        self,
        growth: int = 4,
        block_config: tuple[int, ...] = (2, 3),
        drop_rate: float = 0.0,
    ) -> None:
        super().__init__()
        self.features = nn.Sequential()
        add = self.features.add_module
        add("conv0", nn.Conv2d(3, 8, 7, 2, 3, bias=False))
        add("norm0", nn.BatchNorm2d(8))
        add("relu0", nn.ReLU(inplace=True))
        add("pool0", nn.MaxPool2d(3, 2, 1))
        width = 8
        for i, depth in enumerate(block_config, start=1):
            add(f"denseblock{i}", DenseBlock(depth, width, growth, drop_rate))
            width += depth * growth
            if i < len(block_config):
                transition = nn.Sequential()
                transition.add_module("norm", nn.BatchNorm2d(width))
                transition.add_module("relu", nn.ReLU(inplace=True))
                conv = nn.Conv2d(width, width // 2, 1, bias=False)
                transition.add_module("conv", conv)
                transition.add_module("pool", nn.AvgPool2d(2, 2))
                add(f"transition{i}", transition)
                width //= 2
        add("norm5", nn.BatchNorm2d(width))
        self.classifier = nn.Linear(width, 5)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight)
            elif isinstance(m, nn.Linear):
                nn.init.zeros_(m.bias)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.features(x))
        return self.classifier(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))


class DoubleConv(nn.Sequential):
    def __init__(self, cin: int, cout: int) -> None:
        super().__init__(
            nn.Conv2d(cin, cout, 3, padding=1, bias=False),
            nn.BatchNorm2d(cout),
            nn.ReLU(inplace=True),
            nn.Conv2d(cout, cout, 3, padding=1, bias=False),
            nn.BatchNorm2d(cout),
            nn.ReLU(inplace=True),
        )


class UNetLike(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.downs = nn.ModuleList(
            [DoubleConv(3, 4), DoubleConv(4, 8), DoubleConv(8, 16)]
        )
        self.pool = nn.MaxPool2d(2)
        self.middle = DoubleConv(16, 16)
        self.ups = nn.ModuleList()
        for width, skip in ((16, 16), (16, 8), (8, 4)):
            up = nn.ConvTranspose2d(width, skip, 2, stride=2)
            conv = DoubleConv(2 * skip, skip)
            self.ups.append(nn.ModuleDict({"up": up, "conv": conv}))
        self.head = nn.Conv2d(4, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for down in self.downs:
            x = down(x)
            skips.append(x)
            x = self.pool(x)
        x = self.middle(x)
        for up in self.ups:
            assert isinstance(up, nn.ModuleDict)
            x = up["conv"](torch.cat([skips.pop(), up["up"](x)], dim=1))
        return self.head(x)


ORACLES = {
    ("examples/zoo/alexnet", None): AlexNet,
    ("densenet_like", None): DenseNetLike,
    ("densenet_like", "dropped"): partial(DenseNetLike, drop_rate=0.25),
    ("densenet_like", "deep"): partial(DenseNetLike, 2, (2, 2, 2)),
    ("unet_like", None): UNetLike,
}
