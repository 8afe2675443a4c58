"""Which sizes of a layer its input determines, and how: what `auto` may stand for.

In: the bare name of a layer of torch.nn. Out: the arguments of its constructor that are
sizes of what its `forward` is given, each with the input and the dimension that it is.
Facts of torch 2.13, held to it by a test that tries each one out.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

from modelspec.records import dataclass


@dataclass(frozen=True, slots=True)
class Determined:
    """`argument` is the size of `input` at `dimension`.

    Where `is_shape`, the argument may be a list of sizes too: those of the last
    dimensions, in order.
    """

    argument: str
    input: str
    dimension: int
    is_shape: bool = False


def determined_of(layer: str) -> tuple[Determined, ...]:
    """What the input determines of a layer; nothing for most."""
    return _table().get(layer, ())


def determined(layer: str, argument: str) -> Determined | None:
    """How an argument of a layer follows from its input, if it does."""
    found = (one for one in determined_of(layer) if one.argument == argument)
    return next(found, None)


@functools.cache
def _table() -> dict[str, tuple[Determined, ...]]:
    return dict(_rows())


def _rows() -> Iterator[tuple[str, tuple[Determined, ...]]]:
    yield "Linear", (Determined("in_features", "input", -1),)
    yield (
        "Bilinear",
        (
            Determined("in1_features", "input1", -1),
            Determined("in2_features", "input2", -1),
        ),
    )
    yield "AdaptiveLogSoftmaxWithLoss", (Determined("in_features", "input_", -1),)
    yield "LinearCrossEntropyLoss", (Determined("in_features", "input", -1),)
    yield from _of_images()
    yield "SyncBatchNorm", (Determined("num_features", "input", 1),)
    yield "GroupNorm", (Determined("num_channels", "input", 1),)
    yield "LayerNorm", (Determined("normalized_shape", "input", -1, True),)
    yield "RMSNorm", (Determined("normalized_shape", "x", -1, True),)
    yield "PReLU", (Determined("num_parameters", "input", 1),)
    for name in ("RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell"):
        yield name, (Determined("input_size", "input", -1),)
    yield (
        "MultiheadAttention",
        (
            Determined("embed_dim", "query", -1),
            Determined("kdim", "key", -1),
            Determined("vdim", "value", -1),
        ),
    )
    for name in ("Transformer", "TransformerEncoderLayer"):
        yield name, (Determined("d_model", "src", -1),)
    yield "TransformerDecoderLayer", (Determined("d_model", "tgt", -1),)


def _of_images() -> Iterator[tuple[str, tuple[Determined, ...]]]:
    """Layers over one, two or three dimensions; convolutions and instance norms take
    their input without a batch too."""
    for count in (1, 2, 3):
        channels = -(count + 1)
        for name in (f"Conv{count}d", f"ConvTranspose{count}d"):
            yield name, (Determined("in_channels", "input", channels),)
        yield f"BatchNorm{count}d", (Determined("num_features", "input", 1),)
        yield f"InstanceNorm{count}d", (Determined("num_features", "input", channels),)
