"""ResNet as torchvision registers, draws and initialises it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

Norm = Callable[[int], nn.Module]


class BasicBlock(nn.Module):
    expansion = 1

    def __init__(
        self,
        inplanes: int,
        planes: int,
        stride: int,
        downsample: nn.Module | None,
        groups: int,
        base_width: int,
        dilation: int,
        norm: Norm,
    ) -> None:
        super().__init__()
        assert (groups, base_width, dilation) == (1, 64, 1)
        self.conv1 = nn.Conv2d(inplanes, planes, 3, stride, 1, bias=False)
        self.bn1 = norm(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn2 = norm(planes)
        self.downsample = downsample

    def forward(self, x: Tensor) -> Tensor:
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += x if self.downsample is None else self.downsample(x)
        return self.relu(out)


class Bottleneck(nn.Module):
    expansion = 4

    def __init__(
        self,
        inplanes: int,
        planes: int,
        stride: int,
        downsample: nn.Module | None,
        groups: int,
        base_width: int,
        dilation: int,
        norm: Norm,
    ) -> None:
        super().__init__()
        width = int(planes * (base_width / 64.0)) * groups
        self.conv1 = nn.Conv2d(inplanes, width, 1, bias=False)
        self.bn1 = norm(width)
        self.conv2 = nn.Conv2d(
            width, width, 3, stride, dilation, dilation, groups, bias=False
        )
        self.bn2 = norm(width)
        self.conv3 = nn.Conv2d(width, planes * 4, 1, bias=False)
        self.bn3 = norm(planes * 4)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = downsample

    def forward(self, x: Tensor) -> Tensor:
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        out += x if self.downsample is None else self.downsample(x)
        return self.relu(out)


class ResNet(nn.Module):
    def __init__(
        self,
        block: type[BasicBlock] | type[Bottleneck],
        layers: list[int],
        num_classes: int = 1000,
        zero_init_residual: bool = False,
        groups: int = 1,
        width_per_group: int = 64,
        replace_stride_with_dilation: tuple[bool, bool, bool] = (False, False, False),
        norm_layer: Norm = nn.BatchNorm2d,
    ) -> None:
        super().__init__()
        self.make = partial(
            block, groups=groups, base_width=width_per_group, norm=norm_layer
        )
        self.norm = norm_layer
        self.expansion = block.expansion
        self.inplanes, self.dilation = 64, 1
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = norm_layer(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        dilate = (False, *replace_stride_with_dilation)
        self.layer1 = self.stage(64, layers[0], 1, dilate[0])
        self.layer2 = self.stage(128, layers[1], 2, dilate[1])
        self.layer3 = self.stage(256, layers[2], 2, dilate[2])
        self.layer4 = self.stage(512, layers[3], 2, dilate[3])
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(512 * block.expansion, num_classes)
        self.start(zero_init_residual)

    def stage(self, planes: int, depth: int, stride: int, dilate: bool) -> nn.Module:
        previous = self.dilation
        if dilate:
            self.dilation *= stride
            stride = 1
        out = planes * self.expansion
        downsample = None
        if stride != 1 or self.inplanes != out:
            conv = nn.Conv2d(self.inplanes, out, 1, stride, bias=False)
            downsample = nn.Sequential(conv, self.norm(out))
        blocks = [
            self.make(self.inplanes, planes, stride, downsample, dilation=previous)
        ]
        self.inplanes = out
        for _ in range(1, depth):
            blocks.append(self.make(out, planes, 1, None, dilation=self.dilation))
        return nn.Sequential(*blocks)

    def start(self, zero_init_residual: bool) -> None:
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(m, (nn.BatchNorm2d, nn.GroupNorm)):
                nn.init.ones_(m.weight)
                nn.init.zeros_(m.bias)
        if zero_init_residual:
            for m in self.modules():
                if isinstance(m, Bottleneck):
                    nn.init.zeros_(m.bn3.weight)
                elif isinstance(m, BasicBlock):
                    nn.init.zeros_(m.bn2.weight)

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


resnet18 = partial(ResNet, BasicBlock, [2, 2, 2, 2])
resnet50 = partial(ResNet, Bottleneck, [3, 4, 6, 3])

ORACLES = {
    ("examples/zoo/resnet", "resnet18"): resnet18,
    ("examples/zoo/resnet", "resnet34"): partial(ResNet, BasicBlock, [3, 4, 6, 3]),
    ("examples/zoo/resnet", "resnet50"): resnet50,
    ("examples/zoo/resnet", "resnext50_32x4d"): partial(
        resnet50, groups=32, width_per_group=4
    ),
}
