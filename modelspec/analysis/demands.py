"""What layers of torch demand of their arguments beyond types: bounds and relations.

In: a layer's name and the values of a call by argument. Out: the first demand that is
not met, as the argument to blame and words, or None. Only what torch refuses in its
constructor, or in every forward, whatever the input, is demanded here; a value that
is not known meets everything. Facts of torch 2.13, held to it by a test that tries
each one out.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from modelspec.analysis.standins import Opaque
from modelspec.catalog import load_catalog
from modelspec.records import dataclass

Values: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Unmet:
    """A demand that is not met. `name` is the argument to blame; `subject` what the
    message calls it, where that is more than its name."""

    name: str
    words: str
    subject: str = ""

    def message(self, layer: str) -> str:
        return f"{self.subject or repr(self.name)} of {layer} {self.words}"


Demand: TypeAlias = Callable[[Values], "Unmet | None"]


def unmet(layer: str, given: Values) -> Unmet | None:
    """The first demand of a layer that the values of a call do not meet."""
    demands = demands_of(layer)
    if not demands:
        return None
    values = {**_defaults(layer), **given}
    for name, value in given.items():
        if isinstance(value, Opaque):
            values[name] = _UNKNOWN
    for demand in demands:
        found = demand(values)
        if found is not None:
            return found
    return None


# Unlike an `Opaque`, it may be compared: it is like nothing.
_UNKNOWN = object()


def demands_of(layer: str) -> Sequence[Demand]:
    return _DEMANDS.get(layer, ())


@functools.cache
def _defaults(layer: str) -> dict[str, object]:
    """The defaults of a layer's arguments that are plain values."""
    found = load_catalog().layer(layer)
    assert found is not None
    values: dict[str, object] = {}
    for one in found.signature.parameters:
        if one.default is not None:
            try:
                values[one.name] = ast.literal_eval(one.default)
            except ValueError:
                continue
    return values


# --- numbers ----------------------------------------------------------------------


def _numbers(value: object) -> Iterator[int | float]:
    """The numbers in a value: itself, or those of a tuple."""
    items = value if isinstance(value, list | tuple) else (value,)
    for one in items:
        if isinstance(one, int | float) and not isinstance(one, bool):
            yield one


def _whole(value: object) -> int | None:
    is_int = isinstance(value, int) and not isinstance(value, bool)
    return value if is_int else None  # type: ignore[return-value]  # just asked


def _each(value: object, count: int) -> list[int] | None:
    """An int for each dimension; None where that is not certain."""
    items = value if isinstance(value, list | tuple) else [value] * count
    numbers = [one for item in items if (one := _whole(item)) is not None]
    return numbers if len(numbers) == len(items) == count else None


# --- kinds of demands -------------------------------------------------------------


def _least(minimum: int, *names: str) -> Demand:
    def check(values: Values) -> Unmet | None:
        for name in names:
            value = values.get(name)
            if type(value) is int and value >= minimum:
                continue
            for one in _numbers(value):
                if not one >= minimum:
                    return Unmet(name, f"must be at least {minimum}, got {one}")
        return None

    return check


def _between(low: int, high: int, *names: str) -> Demand:
    def check(values: Values) -> Unmet | None:
        for name in names:
            for one in _numbers(values.get(name)):
                if not low <= one <= high:
                    words = f"must be between {low} and {high}, got {one}"
                    return Unmet(name, words)
        return None

    return check


def _divisible(whole: str, part: str) -> Demand:
    def check(values: Values) -> Unmet | None:
        number, by = _whole(values.get(whole)), _whole(values.get(part))
        if number is None or by is None or by <= 0 or number % by == 0:
            return None
        words = f"must divide '{whole}', got {by} and {number}"
        return Unmet(part, words)

    return check


def _ordered(low: str, high: str, *, strictly: bool) -> Demand:
    def check(values: Values) -> Unmet | None:
        lower, upper = values.get(low), values.get(high)
        if not isinstance(lower, int | float) or not isinstance(upper, int | float):
            return None
        if lower < upper or (lower == upper and not strictly):
            return None
        than = "more than" if strictly else "at least"
        return Unmet(high, f"must be {than} '{low}', got {upper} and {lower}")

    return check


def _lengths(names: Sequence[str], *counts: int) -> Demand:
    """A tuple has one number for each dimension; functions take one for all, too."""

    def check(values: Values) -> Unmet | None:
        for name in names:
            value = values.get(name)
            if isinstance(value, list | tuple) and len(value) not in counts:
                plural = "" if counts[0] == 1 else "s"
                words = f"takes {counts[0]} number{plural}, got {len(value)}"
                return Unmet(name, words)
        return None

    return check


def _lengths_of_convolution(count: int) -> Demand:
    """One number stands for all, but for the kernel, and for padding that is no zeros:
    it is spread over the input by another function."""
    whole = _lengths(("kernel_size",), count)
    spread = _lengths(("stride", "dilation", "output_padding"), count, 1)
    zeros, others = _lengths(("padding",), count, 1), _lengths(("padding",), count)

    def check(values: Values) -> Unmet | None:
        padding = zeros if values.get("padding_mode") == "zeros" else others
        return whole(values) or spread(values) or padding(values)

    return check


# --- demands of one family --------------------------------------------------------


def _no_same_with_stride(values: Values) -> Unmet | None:
    if values.get("padding") != "same":
        return None
    if all(one == 1 for one in _numbers(values.get("stride"))):
        return None
    return Unmet("padding", "cannot be 'same' where 'stride' is not 1")


def _small_padding(count: int) -> Demand:
    """Padding of a pool: at most half of the kernel."""

    def check(values: Values) -> Unmet | None:
        kernel = _each(values.get("kernel_size"), count)
        padding = _each(values.get("padding"), count)
        dilation = _each(values.get("dilation", 1), count)
        if kernel is None or padding is None or dilation is None:
            return None
        for size, pad, gap in zip(kernel, padding, dilation, strict=True):
            effective = gap * (size - 1) + 1
            if pad > effective // 2:
                words = (
                    f"must be at most half of the kernel, {effective // 2}, got {pad}"
                )
                return Unmet("padding", words)
        return None

    return check


def _small_output_padding(count: int) -> Demand:
    def check(values: Values) -> Unmet | None:
        names = ("output_padding", "stride", "dilation")
        found = [_each(values.get(name), count) for name in names]
        known = [one for one in found if one is not None]
        if len(known) < len(found):
            return None
        for pad, stride, dilation in zip(*known, strict=True):
            if pad >= max(stride, dilation):
                words = (
                    "must be smaller than 'stride' or 'dilation',"
                    f" got {pad}, {stride} and {dilation}"
                )
                return Unmet("output_padding", words)
        return None

    return check


def _padding_index(values: Values) -> Unmet | None:
    at, size = _whole(values.get("padding_idx")), _whole(values.get("num_embeddings"))
    if at is None or size is None or -size <= at < size:
        return None
    return Unmet("padding_idx", f"must be less than 'num_embeddings', {size}, got {at}")


def _projection(values: Values) -> Unmet | None:
    size, hidden = _whole(values.get("proj_size")), _whole(values.get("hidden_size"))
    if size is None or hidden is None or size < max(hidden, 1):
        return None
    return Unmet("proj_size", f"must be less than 'hidden_size', {hidden}, got {size}")


def _one_of_two(first: str, second: str) -> Demand:
    def check(values: Values) -> Unmet | None:
        one, other = values.get(first), values.get(second)
        if _UNKNOWN in (one, other):
            return None
        if one is None and other is None:
            return Unmet(first, "must be given", f"'{first}' or '{second}'")
        if one is not None and other is not None:
            return Unmet(second, f"cannot be given together with '{first}'")
        return None

    return check


# --- the table --------------------------------------------------------------------


def _convolutions() -> Iterator[tuple[str, Sequence[Demand]]]:
    grouped = (
        _least(1, "groups"),
        _divisible("in_channels", "groups"),
        _divisible("out_channels", "groups"),
    )
    numbers = (
        _least(0, "in_channels", "out_channels", "padding"),
        _least(1, "kernel_size", "stride", "dilation"),
    )
    for count in (1, 2, 3):
        lengths = _lengths_of_convolution(count)
        yield f"Conv{count}d", (*numbers, *grouped, lengths, _no_same_with_stride)
        padding = (_least(0, "output_padding"), _small_output_padding(count))
        yield f"ConvTranspose{count}d", (*numbers, *grouped, lengths, *padding)


def _pools() -> Iterator[tuple[str, Sequence[Demand]]]:
    numbers = (_least(1, "kernel_size", "stride", "dilation"), _least(0, "padding"))
    names = ("kernel_size", "stride", "padding", "dilation")
    for count in (1, 2, 3):
        both = (*numbers, _lengths(names, count, 1), _small_padding(count))
        yield f"MaxPool{count}d", both
        yield f"AvgPool{count}d", both
        adaptive = (_least(0, "output_size"), _lengths(("output_size",), count))
        yield f"AdaptiveAvgPool{count}d", adaptive
        yield f"AdaptiveMaxPool{count}d", adaptive


def _recurrent() -> Iterator[tuple[str, Sequence[Demand]]]:
    common = (
        _least(1, "input_size", "hidden_size", "num_layers"),
        _between(0, 1, "dropout"),
    )
    yield "RNN", common
    yield "GRU", common
    yield "LSTM", (*common, _least(0, "proj_size"), _projection)
    for cell in ("RNNCell", "GRUCell", "LSTMCell"):
        yield cell, (_least(0, "input_size", "hidden_size"),)


def _attention() -> Iterator[tuple[str, Sequence[Demand]]]:
    chance = _between(0, 1, "dropout")
    yield (
        "MultiheadAttention",
        (
            _least(1, "embed_dim", "num_heads"),
            _divisible("embed_dim", "num_heads"),
            chance,
        ),
    )
    layer = (
        _least(1, "d_model", "nhead"),
        _least(0, "dim_feedforward"),
        _divisible("d_model", "nhead"),
        chance,
    )
    for name in ("Transformer", "TransformerEncoderLayer", "TransformerDecoderLayer"):
        yield name, layer
    for name in ("TransformerEncoder", "TransformerDecoder"):
        yield name, (_least(1, "num_layers"),)


def _normalization() -> Iterator[tuple[str, Sequence[Demand]]]:
    for name in ("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm"):
        yield name, (_least(0, "num_features"),)
    for name in ("LayerNorm", "RMSNorm"):
        yield name, (_least(0, "normalized_shape"),)
    yield (
        "GroupNorm",
        (
            _least(1, "num_groups"),
            _least(0, "num_channels"),
            _divisible("num_channels", "num_groups"),
        ),
    )
    yield "LocalResponseNorm", (_least(1, "size"),)


def _others() -> Iterator[tuple[str, Sequence[Demand]]]:
    yield "Linear", (_least(0, "in_features", "out_features"),)
    yield (
        "Bilinear",
        (_least(1, "in1_features"), _least(0, "in2_features", "out_features")),
    )
    for kind in ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d"):
        yield kind, (_between(0, 1, "p"),)
    for kind in ("AlphaDropout", "FeatureAlphaDropout"):
        yield kind, (_between(0, 1, "p"),)
    for kind in ("Embedding", "EmbeddingBag"):
        sizes = _least(0, "num_embeddings", "embedding_dim")
        yield kind, (sizes, _padding_index)
    yield "PReLU", (_least(0, "num_parameters"),)
    yield "Hardtanh", (_ordered("min_val", "max_val", strictly=True),)
    yield "RReLU", (_ordered("lower", "upper", strictly=False),)
    yield "Softshrink", (_least(0, "lambd"),)
    yield "PixelShuffle", (_least(1, "upscale_factor"),)
    yield "PixelUnshuffle", (_least(1, "downscale_factor"),)
    yield "ChannelShuffle", (_least(1, "groups"),)
    for name in ("Upsample", "UpsamplingNearest2d", "UpsamplingBilinear2d"):
        yield name, (_one_of_two("size", "scale_factor"),)
    windows = (_least(1, "kernel_size", "stride", "dilation"), _least(0, "padding"))
    sizes = _lengths(("kernel_size", "stride", "dilation", "padding"), 2)
    yield "LPPool2d", (_lengths(("kernel_size",), 2),)
    yield "LPPool3d", (_lengths(("kernel_size",), 3),)
    yield "Unfold", (*windows, sizes)
    yield "Fold", (*windows, sizes, _least(1, "output_size"))


_DEMANDS: dict[str, Sequence[Demand]] = dict(
    pair
    for family in (
        _convolutions,
        _pools,
        _recurrent,
        _attention,
        _normalization,
        _others,
    )
    for pair in family()
)
