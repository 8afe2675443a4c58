"""Where one of the layers is defined."""

import torch
from torch import nn


class Gate(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.proj = nn.Linear(dim, 2 * dim)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.glu(self.proj(x))
