"""Parameters, buffers and attributes of the model's own; layers that wrap layers."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import orthogonal, spectral_norm, weight_norm


class Buffers(nn.Module):
    index: Tensor
    mask: Tensor | None
    running_mean: Tensor
    seen: Tensor

    def __init__(self, causal: bool = True) -> None:
        super().__init__()
        coords = torch.arange(3)
        self.register_buffer("index", coords[:, None] - coords[None, :] + 2)
        mask = torch.ones(3, 3, dtype=torch.bool).tril() if causal else None
        self.register_buffer("mask", mask, persistent=not causal)
        self.register_buffer("running_mean", torch.zeros(1))
        self.register_buffer("seen", torch.tensor(0))
        self.table = nn.Parameter(torch.zeros(5))
        self.linear = nn.Linear(3, 3)

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            mean = x.detach().mean().reshape(1)
            self.running_mean = (1 - 0.1) * self.running_mean + 0.1 * mean
            self.seen += 1
        scores = self.linear(x - self.running_mean) + self.table[self.index]
        if self.mask is not None:
            scores = scores.masked_fill(~self.mask, float("-inf"))
        return scores.softmax(-1)


class Parameters(nn.Module):
    layer_scale: nn.Parameter | None

    def __init__(self, scale: float | None = 1e-6, tokens: int = 2) -> None:
        super().__init__()
        self.cls_token = nn.Parameter(torch.zeros(1, 1, 4))
        self.gamma = nn.Parameter(torch.full((4,), 2.0))
        self.fixed = nn.Parameter(torch.randn(4), requires_grad=False)
        if scale is None:
            self.register_parameter("layer_scale", None)
        else:
            self.layer_scale = nn.Parameter(scale * torch.ones(4))
        for i in range(tokens):
            token = nn.Parameter(torch.randn(1, 1, 4) * 0.02)
            self.register_parameter(f"token_{i}", token)
        self.head = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        cls = self.cls_token.expand(x.shape[0], -1, -1) * self.gamma + self.fixed
        if self.layer_scale is not None:
            cls = cls * self.layer_scale
        return self.head(cls[:, 0]) + self.get_parameter("token_1").sum()


class Before(nn.Module):
    b: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Parameter(torch.randn(3))
        self.register_buffer("b", torch.randn(3))
        self.c = nn.Linear(3, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.c(x * self.a + self.b)


class After(nn.Module):
    b: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.c = nn.Linear(3, 3)
        self.register_buffer("b", torch.randn(3))
        self.a = nn.Parameter(torch.randn(3))

    def forward(self, x: Tensor) -> Tensor:
        return self.c(x * self.a + self.b)


class RegistrationOrder(nn.Sequential):
    def __init__(self) -> None:
        super().__init__(Before(), After())


class Attributes(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.cache: Tensor | None = None
        self.calls = 0
        self.linear = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        y = self.linear(x) * 4**-0.5
        if self.cache is not None:
            y = y + 0.9 * self.cache
        self.cache = y.detach().mean(0)
        self.calls += 1
        return y + len("d4-slow") + 3


class Parametrizations(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = weight_norm(nn.Conv1d(4, 6, 3, padding=1))
        first = spectral_norm(nn.Conv1d(6, 6, 1), n_power_iterations=2)
        last = weight_norm(nn.Conv1d(6, 4, 1), dim=0)
        self.body = nn.Sequential(first, nn.ReLU(), last)
        self.rotate = orthogonal(nn.Linear(6, 6))

    def forward(self, x: Tensor) -> Tensor:
        return self.rotate(self.body(self.conv(x)))


class Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(
            8, 2, dim_feedforward=16, batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(
            layer, 2, norm=nn.LayerNorm(8), enable_nested_tensor=False
        )
        self.decoder = nn.TransformerDecoder(
            nn.TransformerDecoderLayer(8, 2, 16, activation="gelu", batch_first=True), 1
        )

    def forward(self, src: Tensor, padding: Tensor | None = None) -> Tensor:
        memory = self.encoder(src, src_key_padding_mask=padding)
        return self.decoder(src, memory)


ORACLES = {
    ("buffers", None): Buffers,
    ("buffers", "open"): partial(Buffers, causal=False),
    ("parameters", None): Parameters,
    ("parameters", "unscaled"): partial(Parameters, scale=None, tokens=3),
    ("registration_order", None): RegistrationOrder,
    ("attributes", None): Attributes,
    ("parametrizations", None): Parametrizations,
    ("transformer_encoder", None): Encoder,
}
