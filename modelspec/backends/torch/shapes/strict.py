"""What torch's kernels refuse on every device, and on fake tensors take.

Comes in: a kernel and its arguments, before it runs on fake tensors. A dimension that
the tensor lacks, or a mask of another shape, raises the `IndexError` that torch raises
elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

_aten = torch.ops.aten
_BY_POSITION = {
    _aten._softmax: 1,
    _aten._log_softmax: 1,
    _aten._safe_softmax: 1,
    _aten.sort: 1,
    _aten.argsort: 1,
}
"""Where each kernel takes its dimension."""


def check_kernel(
    kernel: Any, args: Sequence[Any], kwargs: Mapping[str, object]
) -> None:
    """Refuse what a real kernel refuses.

    Raises:
        IndexError: in torch's own words.
    """
    if kernel._overloadpacket is _aten.index and len(args) > 1:
        _check_masks(args[0], args[1])
    else:
        _check_dimension(kernel, args, kwargs)


def _check_dimension(
    kernel: Any, args: Sequence[Any], kwargs: Mapping[str, object]
) -> None:
    position = _BY_POSITION.get(kernel._overloadpacket)
    if position is None or not args or not isinstance(args[0], torch.Tensor):
        return
    given = args[position] if position < len(args) else kwargs.get("dim")
    rank = max(1, args[0].dim())
    if isinstance(given, int) and not -rank <= given < rank:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-rank},"
            f" {rank - 1}], but got {given})"
        )


def _check_masks(tensor: torch.Tensor, indices: Sequence[torch.Tensor | None]) -> None:
    place = 0
    for index in indices:
        if index is None or index.dtype is not torch.bool:
            place += 1
            continue
        taken = tensor.shape[place : place + index.dim()]
        for at, (mask, size) in enumerate(zip(index.shape, taken, strict=False)):
            if mask != size:
                raise IndexError(
                    f"The shape of the mask {list(index.shape)} at index {at} does not"
                    f" match the shape of the indexed tensor {list(tensor.shape)} at"
                    f" index {place + at}"
                )
        place += index.dim()
