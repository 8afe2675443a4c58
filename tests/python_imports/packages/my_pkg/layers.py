"""Layers written by hand."""

import torch
from torch import nn

from my_pkg.gates import Gate

__all__ = ["Big", "Chain", "Conv2dx10", "FancyAttention", "Gate", "Refusing", "Scale"]


class FancyAttention(nn.Module):
    """Attention with a gain for each channel."""

    def __init__(self, dim: int, heads: int = 2, *, scale: float = 1.0) -> None:
        super().__init__()
        self.dim = dim
        self.scale = scale
        self.inner = nn.MultiheadAttention(dim, heads, batch_first=True)
        self.gamma = nn.Parameter(torch.randn(dim))
        self.register_buffer("steps", torch.zeros(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.inner(x, x, x, need_weights=False)[0]
        return x + self.scale * self.gamma * y

    def doubled(self, x: torch.Tensor) -> torch.Tensor:
        return 2 * x


class Scale(nn.Linear):
    """A layer of torch, extended."""

    def __init__(self, dim: int) -> None:
        super().__init__(dim, dim, bias=False)

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return super().forward(input) / 2


class Conv2dx10(Scale):
    """One whose name holds numbers."""


class Chain(nn.Sequential):
    """A container of its own."""

    def __init__(self, dim: int, depth: int = 2) -> None:
        super().__init__(*(nn.Linear(dim, dim) for _ in range(depth)))


class Big(nn.Module):
    """Its size is the square of what it is given."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(dim, dim))


class Refusing(nn.Module):
    """Takes no odd sizes."""

    def __init__(self, size: int) -> None:
        super().__init__()
        if size % 2:
            raise ValueError(f"the size must be even\nand {size} is not")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        raise ValueError("never to be called")
