"""How many modules and elements a call of torch's makes, told by its arguments.

Comes in: a layer or function and the arguments it is about to get. Goes out: numbers,
found without making anything and quickly: they are asked for at every call. Estimates
of elements are never much too small, and are as often too large as costs nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

import torch
from torch import nn
from torch.nn.parameter import is_lazy

_Args: TypeAlias = "tuple[object, ...]"
_Named: TypeAlias = "Mapping[str, object]"

_DEEPEST = 4

STACKS = (nn.TransformerEncoder, nn.TransformerDecoder)
"""What makes copies of a layer that is there already."""

# --- modules ------------------------------------------------------------------------


def count_modules(layer: type[nn.Module], args: _Args, kwargs: _Named) -> int:
    """A layer and those that it makes."""
    count = _COUNTS.get(layer)
    return 1 if count is None else count(args, kwargs)


def is_simple(layer: type[nn.Module]) -> bool:
    """Whether the layer makes no others."""
    return layer not in _COUNTS


def argument(index: int, name: str, default: int, args: _Args, kwargs: _Named) -> int:
    """A number among the arguments, as large as it is at least."""
    value = args[index] if len(args) > index else kwargs.get(name, default)
    return max(0, value) if isinstance(value, int) else default


def _recurrent(args: _Args, kwargs: _Named) -> int:
    return 1 + argument(2, "num_layers", 1, args, kwargs)


def _recurrent_of_mode(args: _Args, kwargs: _Named) -> int:
    return 1 + argument(3, "num_layers", 1, args, kwargs)


def _stacked(args: _Args, kwargs: _Named) -> object:
    name = "encoder_layer" if "encoder_layer" in kwargs else "decoder_layer"
    return args[0] if args else kwargs.get(name)


def _stack(args: _Args, kwargs: _Named) -> int:
    layer = _stacked(args, kwargs)
    inside = sum(1 for _ in layer.modules()) if isinstance(layer, nn.Module) else 1
    return 2 + inside * argument(1, "num_layers", 1, args, kwargs)


def _transformer(args: _Args, kwargs: _Named) -> int:
    encoders = argument(2, "num_encoder_layers", 6, args, kwargs)
    decoders = argument(3, "num_decoder_layers", 6, args, kwargs)
    return 5 + 11 * encoders + 15 * decoders


def _cutoffs(args: _Args, kwargs: _Named) -> int:
    value = args[2] if len(args) > 2 else kwargs.get("cutoffs", ())
    return 3 + 3 * (len(value) if isinstance(value, (list, tuple)) else 1)


_COUNTS: dict[type[nn.Module], Callable[[_Args, _Named], int]] = {
    nn.RNN: _recurrent,
    nn.LSTM: _recurrent,
    nn.GRU: _recurrent,
    nn.RNNBase: _recurrent_of_mode,
    nn.MultiheadAttention: lambda args, kwargs: 2,
    nn.TransformerEncoder: _stack,
    nn.TransformerDecoder: _stack,
    nn.Transformer: _transformer,
    nn.TransformerEncoderLayer: lambda args, kwargs: 11,
    nn.TransformerDecoderLayer: lambda args, kwargs: 15,
    nn.AdaptiveLogSoftmaxWithLoss: _cutoffs,
}

# --- elements -----------------------------------------------------------------------


def estimate_layer(layer: type[nn.Module], args: _Args, kwargs: _Named) -> float:
    """The elements of what a layer of torch's registers: not much fewer.

    That is the product of the whole numbers among its arguments for nearly all.
    """
    size = 1.0
    for value in args:
        if type(value) is int:
            if value:
                size *= abs(value)
        elif isinstance(value, (list, tuple, torch.Tensor)):
            size *= _factor(value, 0)
    for value in kwargs.values():
        if type(value) is int:
            if value:
                size *= abs(value)
        elif isinstance(value, (list, tuple, torch.Tensor)):
            size *= _factor(value, 0)
    elements = _ELEMENTS.get(layer)
    return size if elements is None else elements(size, args, kwargs)


def _convolution(dimensions: int) -> Callable[[float, _Args, _Named], float]:
    def elements(size: float, args: _Args, kwargs: _Named) -> float:
        kernel = argument(2, "kernel_size", 1, args, kwargs)
        groups = max(1, argument(6, "groups", 1, args, kwargs))
        return size * float(max(1, kernel)) ** (dimensions - 1) / groups**2

    return elements


def _rnn(size: float, args: _Args, kwargs: _Named) -> float:
    given = argument(0, "input_size", 1, args, kwargs)
    hidden = argument(1, "hidden_size", 1, args, kwargs)
    layers = max(1, argument(2, "num_layers", 1, args, kwargs))
    ways = 1 + min(1, argument(6, "bidirectional", 0, args, kwargs))
    return 4.0 * ways * hidden * (given + (1 + ways) * hidden + 2) * layers


def _cell(size: float, args: _Args, kwargs: _Named) -> float:
    given = argument(0, "input_size", 1, args, kwargs)
    hidden = argument(1, "hidden_size", 1, args, kwargs)
    return 4.0 * hidden * (given + hidden + 2)


def _attention(size: float, args: _Args, kwargs: _Named) -> float:
    width = argument(0, "embed_dim", 1, args, kwargs)
    keys = argument(6, "kdim", width, args, kwargs)
    values = argument(7, "vdim", width, args, kwargs)
    return float(width) * (2 * width + keys + values + 8)


def _transformer_layer(
    size: float, args: _Args, kwargs: _Named, inner: int = 2
) -> float:
    width = argument(0, "d_model", 512, args, kwargs)
    hidden = argument(inner, "dim_feedforward", 2048, args, kwargs)
    return (2.0 * width + 1) * (4 * width + hidden + 16)


def _whole_transformer(size: float, args: _Args, kwargs: _Named) -> float:
    layers = argument(2, "num_encoder_layers", 6, args, kwargs)
    layers += argument(3, "num_decoder_layers", 6, args, kwargs)
    return (layers + 1) * _transformer_layer(size, args, kwargs, inner=4)


def _copies(size: float, args: _Args, kwargs: _Named) -> float:
    layer = _stacked(args, kwargs)
    if not isinstance(layer, nn.Module):
        return size
    tensors = (*layer.parameters(), *layer.buffers())
    inside = sum(map(_numel, tensors))
    return float(inside) * argument(1, "num_layers", 1, args, kwargs)


def _adaptive(size: float, args: _Args, kwargs: _Named) -> float:
    width = argument(0, "in_features", 1, args, kwargs)
    classes = argument(1, "n_classes", 1, args, kwargs)
    division = args[3] if len(args) > 3 else kwargs.get("div_value", 4.0)
    if isinstance(division, float) and 0.0 < division < 1.0:
        return math.inf  # tails that are wider than the input: to be measured
    return 2.0 * width * (width + classes + _cutoffs(args, kwargs))


_ELEMENTS: dict[type[nn.Module], Callable[[float, _Args, _Named], float]] = {
    nn.Conv1d: _convolution(1),
    nn.Conv2d: _convolution(2),
    nn.Conv3d: _convolution(3),
    nn.ConvTranspose1d: _convolution(1),
    nn.ConvTranspose2d: _convolution(2),
    nn.ConvTranspose3d: _convolution(3),
    nn.RNN: _rnn,
    nn.LSTM: _rnn,
    nn.GRU: _rnn,
    nn.RNNBase: lambda size, args, kwargs: _rnn(size, args[1:], kwargs),
    nn.RNNCell: _cell,
    nn.LSTMCell: _cell,
    nn.GRUCell: _cell,
    nn.MultiheadAttention: _attention,
    nn.TransformerEncoderLayer: _transformer_layer,
    nn.TransformerDecoderLayer: _transformer_layer,
    nn.TransformerEncoder: _copies,
    nn.TransformerDecoder: _copies,
    nn.Transformer: _whole_transformer,
    nn.AdaptiveLogSoftmaxWithLoss: _adaptive,
}


def estimate_size(args: Iterable[object], kwargs: Mapping[str, object]) -> float:
    """The product of all numbers and tensor sizes among some arguments.

    Larger than any tensor that plain functions make of them; what grows faster is
    told apart by `Growth`.
    """
    size = 1.0
    for value in args:
        if type(value) is int:
            if value:
                size *= abs(value)
        elif value is not None and value.__class__ is not bool:
            size *= _factor(value, 0)
    if kwargs:
        for value in kwargs.values():
            size *= _factor(value, 0)
    return size


def _factor(value: object, depth: int) -> float:
    if isinstance(value, bool):
        return 1.0
    if isinstance(value, (int, float)):
        return _magnitude(value)
    if isinstance(value, torch.Tensor):
        return float(max(1, _numel(value)))
    if isinstance(value, (list, tuple)) and depth < _DEEPEST:
        if len(value) > 16:  # data, not sizes
            return float(len(value)) * max(_factor(one, depth + 1) for one in value)
        return math.prod(_factor(one, depth + 1) for one in value)
    return 1.0


def _magnitude(value: int | float) -> float:
    size = abs(float(value))
    if isinstance(value, float) and 0.0 < size < 1.0:
        return min(1.0 / size, 2.0**1000)  # the step of a range
    return size if 1.0 < size < math.inf else 1.0


def _numel(tensor: torch.Tensor) -> int:
    return 1 if is_lazy(tensor) else tensor.numel()


def largest_value(args: Iterable[object], kwargs: Mapping[str, object]) -> float:
    """By what the result can grow where values of a tensor are sizes."""
    largest = 1.0
    for tensor in tensors_among(args, kwargs):
        if tensor.is_meta or not tensor.numel():
            continue
        if not tensor.is_floating_point() and not tensor.is_complex():
            largest *= max(1.0, float(tensor.abs().max()))
        largest *= tensor.numel()
    numbers = [v for v in (*args, *kwargs.values()) if type(v) is int and v > 1]
    return largest * math.prod(float(number) for number in numbers)


def tensors_among(
    args: Iterable[object], kwargs: Mapping[str, object]
) -> list[torch.Tensor]:
    """Arguments that are tensors."""
    return [v for v in (*args, *kwargs.values()) if isinstance(v, torch.Tensor)]
