"""Recurrent layers over a length that is a symbol.

Torch runs them step by step where it has no kernel for a whole sequence, which would
make the length a number. On fake tensors the shapes of cuDNN's kernel serve, whose
arguments are the same.
"""

from __future__ import annotations

from typing import Any

import torch

_CUDNN_MODES = {"rnn_relu": 0, "rnn_tanh": 1, "lstm": 2, "gru": 3}
_PADDED = 9
"""Arguments of a call on a padded sequence: the last is `batch_first`."""

RECURRENT = frozenset(_CUDNN_MODES)


def run_recurrent(name: str, args: tuple[Any, ...]) -> tuple[object, Any]:
    """What the layer's function returns, and its multiply-adds (may be symbolic).

    Each matrix among the weights is used once for each element of the sequence.
    """
    if isinstance(args[3], bool):
        given, state, weights, has_bias, layers, dropout, train, both, first = args
        batches: list[int] = []
    else:
        given, lengths, state, weights, has_bias, layers, dropout, train, both = args
        first, batches = False, [int(one) for one in lengths.tolist()]
    hidden, cell = state if name == "lstm" else (state, None)
    size = hidden.shape[2]
    projected = 0
    if cell is not None and cell.shape[2] != size:
        size, projected = cell.shape[2], size
    output, last, last_cell, *_ = torch.ops.aten._cudnn_rnn(
        given, weights, 4 if has_bias else 2, None, hidden, cell, _CUDNN_MODES[name],
        size, projected, layers, first, dropout, train, both, batches, None,
    )  # fmt: skip
    elements = given.numel() // given.shape[-1]
    matrices = sum(one.numel() for one in weights if one.dim() > 1)
    returned = (output, last, last_cell) if name == "lstm" else (output, last)
    return returned, elements * matrices
