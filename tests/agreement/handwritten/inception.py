"""A model built after a table of widths, with a second head in training."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

TABLE = {
    "inception3a": [16, 24, 32, 4, 8, 8],
    "inception3b": [32, 32, 48, 8, 24, 16],
    "maxpool3": None,
    "inception4a": [48, 24, 52, 4, 12, 16],
    "inception4b": [40, 28, 56, 6, 16, 16],
}


class BasicConv2d(nn.Module):
    def __init__(
        self, cin: int, cout: int, size: int, stride: int = 1, padding: int = 0
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, size, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(cout, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)))


class Inception(nn.Module):
    def __init__(self, cin: int, widths: list[int]) -> None:
        super().__init__()
        one, red3, three, red5, five, pool = widths
        self.branch1 = BasicConv2d(cin, one, 1)
        self.branch2 = nn.Sequential(
            BasicConv2d(cin, red3, 1), BasicConv2d(red3, three, 3, padding=1)
        )
        self.branch3 = nn.Sequential(
            BasicConv2d(cin, red5, 1), BasicConv2d(red5, five, 3, padding=1)
        )
        self.branch4 = nn.Sequential(
            nn.MaxPool2d(3, stride=1, padding=1, ceil_mode=True),
            BasicConv2d(cin, pool, 1),
        )
        self.out_channels = one + three + five + pool

    def forward(self, x: Tensor) -> Tensor:
        first = [self.branch1(x), self.branch2(x)]
        return torch.cat([*first, self.branch3(x), self.branch4(x)], dim=1)


class InceptionAux(nn.Module):
    def __init__(self, cin: int) -> None:
        super().__init__()
        self.conv = BasicConv2d(cin, 8, 1)
        self.fc1 = nn.Linear(32, 32)
        self.fc2 = nn.Linear(32, 10)
        self.dropout = nn.Dropout(0.7)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.flatten(self.conv(F.adaptive_avg_pool2d(x, 2)), 1)
        return self.fc2(self.dropout(F.relu(self.fc1(x))))


class GoogLeNet(nn.Module):
    def __init__(self, with_aux: bool = True) -> None:
        super().__init__()
        self.conv1 = BasicConv2d(3, 16, 7, stride=2, padding=3)
        self.maxpool1 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        channels, aux_width = 16, 0
        for name, widths in TABLE.items():
            if widths is None:
                self.add_module(name, nn.MaxPool2d(2, 2))
                continue
            stage = Inception(channels, widths)
            self.add_module(name, stage)
            channels = stage.out_channels
            if name == "inception4a":
                aux_width = channels
        self.aux1 = InceptionAux(aux_width) if with_aux else None
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.dropout = nn.Dropout(0.2)
        self.fc = nn.Linear(channels, 10)
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                nn.init.trunc_normal_(module.weight, mean=0.0, std=0.01, a=-2, b=2)

    def forward(self, x: Tensor) -> Tensor | dict[str, Tensor]:
        x = self.inception4a(
            self.maxpool3(
                self.inception3b(self.inception3a(self.maxpool1(self.conv1(x))))
            )
        )
        aux = self.aux1(x) if self.aux1 is not None and self.training else None
        x = self.avgpool(self.inception4b(x))
        x = self.fc(self.dropout(torch.flatten(x, 1)))
        return x if aux is None else {"out": x, "aux": aux}


class Rescaled(GoogLeNet):
    def __init__(self) -> None:
        super().__init__(with_aux=False)

    def forward(self, x: Tensor) -> Tensor | dict[str, Tensor]:
        red, green, blue = x.split(1, dim=1)
        scaled = [red * (0.229 / 0.5), green * (0.224 / 0.5), blue * (0.225 / 0.5)]
        return super().forward(torch.cat(scaled, dim=1))


Rescaled.__name__ = "GoogLeNet"  # the variant of the spec is of the spec's class

ORACLES = {
    ("aux_heads", None): GoogLeNet,
    ("aux_heads", "noaux"): Rescaled,
}
