"""What a layer makes, told by its arguments, against what it makes."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from modelspec.backends.torch.layer_costs import count_modules, estimate_layer

CALLS: list[tuple[type[nn.Module], tuple[Any, ...], dict[str, Any]]] = [
    (nn.Linear, (300, 200), {"bias": False}),
    (nn.Bilinear, (30, 40, 50), {}),
    (nn.Embedding, (1000, 64), {"padding_idx": 0}),
    (nn.LayerNorm, ((16, 32),), {"eps": 1e-6}),
    (nn.BatchNorm2d, (256,), {"eps": 1e-5, "momentum": 0.01}),
    (nn.Conv1d, (32, 64, 5), {}),
    (nn.Conv2d, (32, 64, 7), {"stride": 2, "padding": 3}),
    (nn.Conv2d, (64, 128, (3, 5)), {}),
    (nn.Conv2d, (960, 960, 5), {"padding": 2, "groups": 960}),
    (nn.Conv2d, (64, 128, 3, 1, 1, 1, 32), {}),
    (nn.Conv3d, (16, 32, 5), {}),
    (nn.ConvTranspose2d, (32, 16, 4, 2, 1), {}),
    (nn.ConvTranspose3d, (8, 16, 4), {}),
    (nn.RNN, (10, 200), {}),
    (nn.LSTM, (10, 100, 3), {"bidirectional": True}),
    (nn.LSTM, (10, 100), {"num_layers": 2, "proj_size": 40}),
    (nn.GRU, (200, 10), {}),
    (nn.RNNBase, ("GRU", 20, 30, 2), {}),
    (nn.LSTMCell, (1, 300), {}),
    (nn.GRUCell, (300, 1), {}),
    (nn.RNNCell, (30, 40), {}),
    (nn.MultiheadAttention, (64, 4), {}),
    (nn.MultiheadAttention, (8, 1), {"kdim": 500, "vdim": 700}),
    (nn.TransformerEncoderLayer, (64, 4), {"batch_first": True}),
    (nn.TransformerEncoderLayer, (64, 4, 128), {"batch_first": True}),
    (nn.TransformerDecoderLayer, (64, 4), {"dim_feedforward": 100}),
    (nn.Transformer, (32, 4, 2, 3), {"batch_first": True}),
    (nn.AdaptiveLogSoftmaxWithLoss, (64, 1000, [10, 100]), {}),
    (nn.AdaptiveLogSoftmaxWithLoss, (64, 1000, [10, 100]), {"div_value": 0.5}),
]


@pytest.mark.parametrize(("layer", "args", "kwargs"), CALLS)
def test_elements(
    layer: type[nn.Module], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    """Not much fewer than there are, and not so many that each layer would be
    measured."""
    with torch.device("meta"):
        made = layer(*args, **kwargs)
    tensors = (*made.parameters(), *made.buffers())
    elements = sum(one.numel() for one in tensors)
    estimate = estimate_layer(layer, args, kwargs)
    assert elements <= 5 * estimate
    assert estimate <= 20 * elements or "div_value" in kwargs
    modules = sum(1 for _ in made.modules())
    if modules > 1:
        assert modules <= count_modules(layer, args, kwargs) <= 4 * modules


def test_copies() -> None:
    """A stack is as many as it is deep."""
    layer = nn.TransformerDecoderLayer(16, 2, 32, device="meta")
    made = nn.TransformerDecoder(layer, 5)
    elements = sum(one.numel() for one in made.parameters())
    assert estimate_layer(nn.TransformerDecoder, (layer, 5), {}) == elements
