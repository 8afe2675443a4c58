"""Operations that were run before on tensors of the same shapes.

A network is a few layers, called many times, and a loop in `forward` calls the same for
each element of a sequence. What comes of such a call is known from the first: which
tensors, and what was counted. Nothing is asked of sizes that was not asked then.

Comes in: a function of torch's and its arguments, of a run on fake tensors or on the
device meta. Goes out: new tensors as the first call made them. Only calls are
remembered that take tensors without values, and return tensors which share no memory
with those, nor with one another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.utils._mode_utils import no_dispatch

from modelspec.backends.torch.tensors_within import storage_of, tensors_in

Key: TypeAlias = tuple[object, ...]
Count: TypeAlias = "int | torch.SymInt"
Call: TypeAlias = Callable[..., Any]

_PLAIN = frozenset(
    (int, float, bool, str, type(None), torch.dtype, torch.device, torch.memory_format)
)

_TENSORS = (torch.Tensor, torch.nn.Parameter)


@dataclass(frozen=True, slots=True)
class _Made:
    """A tensor as it is made anew."""

    shape: torch.Size
    stride: tuple[Count, ...]
    dtype: torch.dtype
    device: torch.device


@dataclass(frozen=True, slots=True)
class Known:
    """What a call returned, and what was counted meanwhile."""

    made: object
    multiply_adds: Count = 0
    bytes_made: Count = 0


class Repeats:
    """What the calls of one run came to; on meta there are no `fakes`."""

    def __init__(self, fakes: FakeTensorMode | None = None) -> None:
        self._fakes = fakes
        self._known: dict[Key, Known] = {}

    def key(
        self, func: Call, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Key | None:
        """What tells a call from others; None, if more than shapes may matter."""
        if torch.is_grad_enabled() or torch.is_autocast_enabled("cpu"):
            return None
        given = (func, *(_key(one) for one in args), *map(_named_key, kwargs.items()))
        return None if None in given or not _takes_tensors(args, kwargs) else given

    def find(self, key: Key | None) -> Known | None:
        return None if key is None else self._known.get(key)

    def remember(
        self,
        key: Key | None,
        inputs: object,
        output: object,
        counted: tuple[Count, Count] = (0, 0),
    ) -> None:
        """What a call came to, if the next may come to it as well."""
        if key is None or not _is_new(inputs, output):
            return
        described = _described(output)
        if described is not None:
            self._known[key] = Known(described, *counted)

    def make(self, known: Known) -> object:
        """New tensors, as an earlier call returned them."""
        with no_dispatch():
            return _made(known.made, self._fakes)


def _key(value: object) -> Key | None:
    if isinstance(value, torch.Tensor):
        return _tensor_key(value)
    if isinstance(value, torch.SymInt):
        return (torch.SymInt, value.node.expr)
    if type(value) in _PLAIN:
        return (type(value), value)
    if type(value) in (tuple, list, torch.Size):
        inside = tuple(_key(one) for one in value)  # type: ignore[attr-defined]
        return None if None in inside else (type(value), inside)
    return None


def _named_key(pair: tuple[str, object]) -> Key | None:
    key = _key(pair[1])
    return None if key is None else (pair[0], key)


def _tensor_key(tensor: torch.Tensor) -> Key | None:
    """All but where it begins in its memory, which no new tensor depends on."""
    if not _is_usual(tensor):
        return None
    return (
        torch.Tensor,
        tuple(map(_size_key, tensor.shape)),
        tuple(map(_size_key, tensor.stride())),
        tensor.dtype,
        tensor.device,
    )


def _size_key(size: Count) -> object:
    return size.node.expr if isinstance(size, torch.SymInt) else size


def _is_usual(tensor: torch.Tensor) -> bool:
    """Neither values nor a layout of its own."""
    if type(tensor) is FakeTensor:
        has_values = tensor.constant is not None
    else:
        has_values = type(tensor) not in _TENSORS or not tensor.is_meta
    return (
        not has_values
        and tensor.layout is torch.strided
        and not tensor.dtype.is_complex
        and not tensor.is_quantized
    )


def _takes_tensors(args: object, kwargs: object) -> bool:
    return next(tensors_in((args, kwargs)), None) is not None


def _is_new(inputs: object, output: object) -> bool:
    """Whether what was returned shares no memory, and has sizes that are known."""
    made = list(tensors_in(output))
    storages = {storage_of(one) for one in made}
    taken = {storage_of(one) for one in tensors_in(inputs)}
    return len(storages) == len(made) > 0 and not storages & taken


def _described(value: object) -> object:
    """An output with tensors as they are made; None for what cannot be."""
    if isinstance(value, torch.Tensor):
        return _described_tensor(value)
    if not isinstance(value, (tuple, list)):
        return None
    inside = [_described(one) for one in value]
    if None in inside or not _is_rebuilt(type(value)):
        return None
    return (type(value), inside)


def _is_rebuilt(kind: type) -> bool:
    return kind in (tuple, list) or kind.__module__ == "torch.return_types"


def _described_tensor(tensor: torch.Tensor) -> _Made | None:
    if not _is_usual(tensor):
        return None
    if tensor.storage_offset() != 0 or _has_unknown_size(tensor):
        return None
    return _Made(tensor.shape, tensor.stride(), tensor.dtype, tensor.device)


def _has_unknown_size(tensor: torch.Tensor) -> bool:
    """Whether a size depends on values, and may be another one next time."""
    sizes: tuple[Count, ...] = tensor.shape
    return any(
        isinstance(size, torch.SymInt) and not size.node.has_hint() for size in sizes
    )


def _made(described: Any, fakes: FakeTensorMode | None) -> Any:
    if isinstance(described, _Made):
        made = torch.empty_strided(
            described.shape, described.stride, dtype=described.dtype, device="meta"
        )
        return made if fakes is None else FakeTensor(fakes, made, described.device)
    kind, inside = described
    return kind([_made(one, fakes) for one in inside])
