"""The standard blocks as one would write them by hand: what they must agree with.

Each says the computation in other words than the block's own spec does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn


class Residual(nn.Sequential):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = x
        for layer in self:
            out = layer(out)
        return out + x


class Concat(nn.Sequential):
    def __init__(self, *branches: nn.Module, dim: int = 1) -> None:
        super().__init__(*branches)
        self.dim = dim

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.concat(tuple(layer(x) for layer in self), self.dim)


class Add(nn.Sequential):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        total = self[0](x)
        for index in range(1, len(self)):
            total = total + self[index](x)
        return total


class DropPath(nn.Module):
    def __init__(self, p: float, mode: str = "row") -> None:
        super().__init__()
        self.p, self.mode = p, mode

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.p == 0 or not self.training:
            return x
        shape = [1] * x.ndim
        if self.mode == "row":
            shape[0] = len(x)
        mask = torch.zeros(shape).bernoulli_(1 - self.p)
        return x * (mask / (1 - self.p)) if self.p < 1 else torch.zeros_like(x)


class Permute(nn.Module):
    def __init__(self, dims: list[int]) -> None:
        super().__init__()
        self.dims = dims

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.permute(x, self.dims)


class LayerNorm2d(nn.Module):
    def __init__(self, channels: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.eps = eps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mean = x.mean(1, keepdim=True)
        var = x.var(1, keepdim=True, unbiased=False)
        x = (x - mean) / torch.sqrt(var + self.eps)
        return x * self.weight[:, None, None] + self.bias[:, None, None]


def conv_norm_act(
    *args: Any,
    norm: Callable[..., nn.Module] | None = nn.BatchNorm2d,
    act: Callable[..., nn.Module] | None = nn.ReLU,
    **kwargs: Any,
) -> nn.Sequential:
    """A plain Sequential, all arguments of the convolution given."""
    layers: list[nn.Module] = [nn.Conv2d(*args, **kwargs)]
    layers += [] if norm is None else [norm(args[1])]
    layers += [] if act is None else [act()]
    return nn.Sequential(*layers)


class SqueezeExcite(nn.Module):
    def __init__(
        self,
        channels: int,
        squeeze: int,
        act: Callable[[torch.Tensor], torch.Tensor] = torch.relu,
        gate: Callable[[torch.Tensor], torch.Tensor] = torch.sigmoid,
    ) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, squeeze, 1)
        self.fc2 = nn.Conv2d(squeeze, channels, 1)
        self.act, self.gate = act, gate

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mean = x.mean((2, 3), keepdim=True)
        return x * self.gate(self.fc2(self.act(self.fc1(mean))))


class MLP(nn.Module):
    def __init__(self, inside: int, hidden: int, out: int, act: nn.Module) -> None:
        super().__init__()
        self.fc1 = nn.Linear(inside, hidden)
        self.fc2 = nn.Linear(hidden, out)
        self.act = act

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc2(self.act(self.fc1(x)))


class SelfAttention(nn.Module):
    """By `nn.MultiheadAttention`, whose weights have other names."""

    def __init__(
        self, dim: int, heads: int, bias: bool = True, causal: bool = False
    ) -> None:
        super().__init__()
        self.qkv = nn.Linear(dim, 3 * dim, bias=bias)
        self.proj = nn.Linear(dim, dim, bias=bias)
        self.heads, self.causal = heads, causal

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        steps, dim = x.shape[-2:]
        inner = nn.MultiheadAttention(
            dim, self.heads, bias=self.qkv.bias is not None, batch_first=True
        )
        values = {
            "in_proj_weight": self.qkv.weight,
            "out_proj.weight": self.proj.weight,
        }
        if self.qkv.bias is not None:
            values["in_proj_bias"] = self.qkv.bias
            values["out_proj.bias"] = self.proj.bias
        mask = torch.ones(steps, steps, dtype=torch.bool).triu(1)
        found, _ = torch.func.functional_call(
            inner, values, (x, x, x), {"attn_mask": mask if self.causal else None}
        )
        return found
