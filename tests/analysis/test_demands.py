"""What is demanded of a layer's arguments is what torch itself demands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from modelspec.analysis.demands import unmet

IMAGE = (2, 4, 9, 9)
SEQUENCE = (5, 2, 8)


def zeros(*shape: int) -> Callable[[], tuple[Tensor, ...]]:
    return lambda: (torch.zeros(shape),)


def tokens() -> tuple[Tensor, ...]:
    return (torch.zeros(2, 3, dtype=torch.long),)


def thrice() -> tuple[Tensor, ...]:
    one = torch.zeros(SEQUENCE)
    return (one, one, one)


def twice() -> tuple[Tensor, ...]:
    return thrice()[:2]


image, sequence = zeros(*IMAGE), zeros(*SEQUENCE)

# layer, arguments, the one to blame, an input
REFUSED: list[tuple[str, dict[str, Any], str, Callable[[], tuple[Tensor, ...]]]] = [
    ("Linear", {"in_features": -1, "out_features": 4}, "in_features", image),
    ("Linear", {"in_features": 9, "out_features": -4}, "out_features", image),
    (
        "Bilinear",
        {"in1_features": 0, "in2_features": 8, "out_features": 2},
        "in1_features",
        twice,
    ),
    *(
        ("Conv2d", {"in_channels": 4, "out_channels": 6, "kernel_size": 3, **more}, *at)
        for more, at in [
            ({"in_channels": -4}, ("in_channels", image)),
            ({"kernel_size": 0}, ("kernel_size", image)),
            ({"kernel_size": (3, -1)}, ("kernel_size", image)),
            ({"kernel_size": (3, 3, 3)}, ("kernel_size", image)),
            ({"kernel_size": (3,)}, ("kernel_size", image)),
            ({"stride": (1, 1, 1)}, ("stride", image)),
            ({"padding": (1,), "padding_mode": "circular"}, ("padding", image)),
            ({"stride": 0}, ("stride", image)),
            ({"dilation": 0}, ("dilation", image)),
            ({"padding": -1}, ("padding", image)),
            ({"groups": 0}, ("groups", image)),
            ({"groups": 3}, ("groups", image)),
            ({"groups": 4}, ("groups", image)),
            ({"padding": "same", "stride": 2}, ("padding", image)),
            ({"padding": "same", "stride": (1, 2)}, ("padding", image)),
        ]
    ),
    *(
        (
            "ConvTranspose2d",
            {"in_channels": 4, "out_channels": 4, "kernel_size": 3, **more},
            "output_padding",
            image,
        )
        for more in (
            {"output_padding": 1},
            {"output_padding": -1},
            {"output_padding": 2, "stride": 2},
            {"output_padding": (0, 2), "stride": 2},
        )
    ),
    ("MaxPool2d", {"kernel_size": 0}, "kernel_size", image),
    ("MaxPool2d", {"kernel_size": 2, "padding": 2}, "padding", image),
    ("MaxPool2d", {"kernel_size": 3, "padding": (1, 2)}, "padding", image),
    ("MaxPool2d", {"kernel_size": 2, "padding": -1}, "padding", image),
    ("MaxPool2d", {"kernel_size": 2, "stride": 0}, "stride", image),
    ("MaxPool2d", {"kernel_size": 2, "dilation": 0}, "dilation", image),
    ("AvgPool2d", {"kernel_size": 3, "padding": 2}, "padding", image),
    ("AvgPool2d", {"kernel_size": 2, "stride": -1}, "stride", image),
    ("AdaptiveAvgPool2d", {"output_size": -1}, "output_size", image),
    ("AdaptiveAvgPool2d", {"output_size": (1, 1, 1)}, "output_size", image),
    ("AdaptiveMaxPool2d", {"output_size": (1,)}, "output_size", image),
    ("BatchNorm2d", {"num_features": -1}, "num_features", image),
    ("LayerNorm", {"normalized_shape": (9, -9)}, "normalized_shape", image),
    ("RMSNorm", {"normalized_shape": -9}, "normalized_shape", image),
    ("GroupNorm", {"num_groups": 3, "num_channels": 4}, "num_groups", image),
    ("GroupNorm", {"num_groups": 0, "num_channels": 4}, "num_groups", image),
    ("LocalResponseNorm", {"size": 0}, "size", image),
    ("Dropout", {"p": 1.5}, "p", image),
    ("Dropout2d", {"p": -0.1}, "p", image),
    ("AlphaDropout", {"p": 2}, "p", image),
    ("PReLU", {"num_parameters": -1}, "num_parameters", image),
    ("Hardtanh", {"min_val": 1.0, "max_val": 1.0}, "max_val", image),
    ("RReLU", {"lower": 0.5, "upper": 0.1}, "upper", image),
    ("Softshrink", {"lambd": -0.5}, "lambd", image),
    ("PixelShuffle", {"upscale_factor": 0}, "upscale_factor", image),
    ("PixelUnshuffle", {"downscale_factor": 0}, "downscale_factor", image),
    ("ChannelShuffle", {"groups": 0}, "groups", image),
    ("Upsample", {}, "size", image),
    ("Upsample", {"size": 3, "scale_factor": 2}, "scale_factor", image),
    ("Unfold", {"kernel_size": 0}, "kernel_size", image),
    ("Unfold", {"kernel_size": (3,)}, "kernel_size", image),
    ("LPPool2d", {"norm_type": 2, "kernel_size": (3,)}, "kernel_size", image),
    ("Unfold", {"kernel_size": 3, "stride": 0}, "stride", image),
    *(
        ("Embedding", {"num_embeddings": 10, "embedding_dim": 4, name: value}, name, to)
        for name, value, to in [
            ("padding_idx", 10, tokens),
            ("padding_idx", -11, tokens),
            ("num_embeddings", -1, tokens),
        ]
    ),
    *(
        ("LSTM", {"input_size": 8, "hidden_size": 4, name: value}, name, sequence)
        for name, value in [
            ("hidden_size", 0),
            ("input_size", 0),
            ("num_layers", 0),
            ("dropout", 2),
            ("proj_size", 4),
            ("proj_size", -1),
        ]
    ),
    ("GRU", {"input_size": 8, "hidden_size": 0}, "hidden_size", sequence),
    ("LSTMCell", {"input_size": 8, "hidden_size": -1}, "hidden_size", sequence),
    *(
        ("MultiheadAttention", {"embed_dim": 8, "num_heads": 2, name: value}, name, to)
        for name, value, to in [
            ("num_heads", 3, thrice),
            ("num_heads", 0, thrice),
            ("embed_dim", 0, thrice),
            ("dropout", 2, thrice),
        ]
    ),
    ("TransformerEncoderLayer", {"d_model": 8, "nhead": 3}, "nhead", sequence),
    (
        "TransformerDecoderLayer",
        {"d_model": 8, "nhead": 2, "dropout": 2},
        "dropout",
        twice,
    ),
    ("Transformer", {"d_model": 8, "nhead": 3}, "nhead", twice),
]

# What comes close to the refused, and works.
TAKEN: list[tuple[str, dict[str, Any], Callable[[], tuple[Tensor, ...]]]] = [
    ("Linear", {"in_features": 9, "out_features": 1}, image),
    *(
        ("Conv2d", {"in_channels": 4, "out_channels": 8, "kernel_size": 3, **more}, to)
        for more, to in [
            ({"groups": 4}, image),
            ({"groups": 2, "stride": (1, 2)}, image),
            ({"stride": (2,), "padding": [1], "dilation": (1,)}, image),
            ({"padding": "same", "stride": 1}, image),
            ({"padding": "same", "stride": (1, 1)}, image),
            ({"padding": "valid", "stride": 2}, image),
            ({"kernel_size": (1, 1), "padding": 5}, image),
        ]
    ),
    *(
        (
            "ConvTranspose2d",
            {"in_channels": 4, "out_channels": 4, "kernel_size": 3, **more},
            image,
        )
        for more in (
            {"output_padding": 1, "stride": 2},
            {"output_padding": 2, "stride": 2, "dilation": 3},
            {"output_padding": (1, 0), "stride": (2, 1)},
        )
    ),
    ("MaxPool2d", {"kernel_size": 3, "padding": 1}, image),
    ("MaxPool2d", {"kernel_size": (3,), "stride": (2,)}, image),
    ("MaxPool2d", {"kernel_size": 2, "padding": 1, "dilation": 2}, image),
    ("AvgPool2d", {"kernel_size": 2, "padding": 1}, image),
    ("AdaptiveAvgPool2d", {"output_size": (None, 1)}, image),
    ("GroupNorm", {"num_groups": 4, "num_channels": 4}, image),
    ("GroupNorm", {"num_groups": 1, "num_channels": 4}, image),
    ("Dropout", {"p": 1}, image),
    ("Dropout", {"p": 0.0}, image),
    ("RReLU", {"lower": 0.5, "upper": 0.5}, image),
    ("Softshrink", {"lambd": 0}, image),
    ("Upsample", {"scale_factor": 2}, image),
    (
        "Embedding",
        {"num_embeddings": 10, "embedding_dim": 4, "padding_idx": -10},
        tokens,
    ),
    ("LSTM", {"input_size": 8, "hidden_size": 4, "proj_size": 3}, sequence),
    ("LSTM", {"input_size": 8, "hidden_size": 4, "proj_size": 0}, sequence),
    ("GRU", {"input_size": 8, "hidden_size": 1, "dropout": 0}, sequence),
    ("MultiheadAttention", {"embed_dim": 8, "num_heads": 8, "dropout": 1.0}, thrice),
]


@pytest.mark.parametrize(
    ("layer", "given", "blamed", "inputs"),
    REFUSED,
    ids=[f"{layer}-{given}" for layer, given, *_ in REFUSED],
)
@pytest.mark.filterwarnings("ignore")
def test_what_is_refused_never_works(
    layer: str,
    given: dict[str, Any],
    blamed: str,
    inputs: Callable[[], tuple[Tensor, ...]],
) -> None:
    """torch raises where a demand is not met: at construction, or in `forward`."""
    found = unmet(layer, given)
    assert found is not None
    assert found.name == blamed
    with pytest.raises(Exception):  # noqa: B017, PT011  # torch raises all kinds
        getattr(nn, layer)(**given)(*inputs())


@pytest.mark.parametrize(
    ("layer", "given", "inputs"),
    TAKEN,
    ids=[f"{layer}-{given}" for layer, given, _ in TAKEN],
)
@pytest.mark.filterwarnings("ignore")
def test_what_works_is_taken(
    layer: str, given: dict[str, Any], inputs: Callable[[], tuple[Tensor, ...]]
) -> None:
    """What torch takes meets all demands."""
    getattr(nn, layer)(**given)(*inputs())
    assert unmet(layer, given) is None
