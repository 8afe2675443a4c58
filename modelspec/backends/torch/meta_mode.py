"""Operations on the device meta, as they would go on the device of the module.

Torch computes shapes there without memory, but its words for a mismatch are those of
its own insides, and some mismatches of dtypes pass. So the operations behind the usual
layers are checked before they are called, in the words of the real ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from torch.utils._device import _device_constructors

from modelspec.backends.torch.many_tensors import check_parts
from modelspec.backends.torch.repeats import Repeats
from modelspec.backends.torch.without_dynamo import without_dynamo


class MetaMode(TorchFunctionMode):
    """Makes new tensors on meta, and checks sizes and dtypes of the usual layers.

    `has_chosen` tells whether a tensor was made for which the spec names no device.
    """

    def __init__(self) -> None:
        super().__init__()
        self.has_chosen = False
        self._repeats = Repeats()

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> object:
        given = dict(kwargs or {})
        if func in _device_constructors() and given.get("device") is None:
            self.has_chosen = True
            given["device"] = "meta"
        check_call(func, args, given)
        key = self._repeats.key(func, args, given)
        known = self._repeats.find(key)
        if known is not None:
            return self._repeats.make(known)
        output = func(*args, **given)
        self._repeats.remember(key, (args, given), output)
        return output


def check_call(
    func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> None:
    """Refuse what the real operation would, and that on stand-ins does not.

    Raises:
        RuntimeError: sizes or dtypes do not fit.
        EndlessError: there would be too many tensors.
    """
    check_parts(getattr(func, "__name__", ""), args, kwargs)
    check = _CHECKS.get(func)
    if check is not None:
        check(args, kwargs)


@contextmanager
def on_meta() -> Iterator[MetaMode]:
    """Run what follows on meta, and draw no random numbers."""
    mode = MetaMode()
    with without_dynamo(), torch.random.fork_rng(devices=[]), torch.no_grad(), mode:
        yield mode


def _check_linear(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    if len(args) < 2 or not all(isinstance(one, Tensor) for one in args[:2]):
        return
    given, weight = args[0], args[1]
    if given.dim() and given.shape[-1] != weight.shape[-1]:
        raise RuntimeError(
            f"expected {weight.shape[-1]} features, got an input of {list(given.shape)}"
        )
    if given.dtype != weight.dtype:
        raise RuntimeError(
            f"expected an input of {_name(weight)}, got one of {_name(given)}"
        )


def _check_convolution(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    if len(args) < 2 or not all(isinstance(one, Tensor) for one in args[:2]):
        return
    given, weight = args[0], args[1]
    groups = args[6] if len(args) > 6 else kwargs.get("groups", 1)
    channels, rank = weight.shape[1] * groups, weight.dim()
    if given.dim() in (rank, rank - 1) and given.shape[1 - rank] != channels:
        raise RuntimeError(
            f"expected {channels} channels, got an input of {list(given.shape)}"
        )
    if given.dtype != weight.dtype:
        raise RuntimeError(
            f"expected an input of {_name(weight)}, got one of {_name(given)}"
        )


def _name(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


_Check = Callable[[tuple[Any, ...], Mapping[str, Any]], None]
_CHECKS: dict[Callable[..., Any], _Check] = {
    functional.linear: _check_linear,
    torch.conv1d: _check_convolution,
    torch.conv2d: _check_convolution,
    torch.conv3d: _check_convolution,
}
