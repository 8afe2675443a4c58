"""Refuses calls that take a tensor apart into more tensors than memory has room for.

Comes in: a call of torch's that is about to be made in a trial run. A tensor without
memory may be as large as it likes; each of its parts is an object of Python's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import SymInt, Tensor

from modelspec.backends.torch.guard import EndlessError

MOST_TENSORS = 100_000
_Args = tuple[Any, ...]


def check_parts(name: str, args: _Args, kwargs: Mapping[str, Any]) -> None:
    """Refuse a call by what it would give.

    Raises:
        EndlessError: more than `MOST_TENSORS` tensors.
    """
    count = _COUNTS.get(name)
    if count is None or not args or not isinstance(args[0], Tensor):
        return
    dimension, given = count(args, kwargs)
    shape = args[0].shape
    if not isinstance(dimension, int) or not -len(shape) <= dimension < len(shape):
        return
    parts = _number(shape[dimension])
    if given is not None:
        # As many as a size of each says; torch itself refuses what is none.
        each = _number(given)
        parts = -(-parts // each) if isinstance(each, int) and each > 0 else 0
    if parts > MOST_TENSORS:
        raise EndlessError(f"`{name}` gives more than {MOST_TENSORS:,} tensors")


def _number(size: Any) -> Any:
    """A symbolic size is not forced to be a number by asking."""
    return size.node.hint if isinstance(size, SymInt) else size


def _unbind(args: _Args, kwargs: Mapping[str, Any]) -> tuple[Any, Any]:
    return _argument(args, kwargs, 1, "dim", 0), None


def _split(args: _Args, kwargs: Mapping[str, Any]) -> tuple[Any, Any]:
    size = _argument(
        args, kwargs, 1, "split_size", kwargs.get("split_size_or_sections")
    )
    return _argument(args, kwargs, 2, "dim", 0), 0 if size is None else size


def _chunk(args: _Args, kwargs: Mapping[str, Any]) -> tuple[Any, Any]:
    count = _number(_argument(args, kwargs, 1, "chunks", kwargs.get("sections", 1)))
    dimension = _argument(args, kwargs, 2, "dim", 0)
    if not isinstance(count, int) or count <= MOST_TENSORS:
        return dimension, 0
    return dimension, None


def _argument(
    args: _Args, kwargs: Mapping[str, Any], place: int, name: str, default: Any
) -> Any:
    return args[place] if len(args) > place else kwargs.get(name, default)


_COUNTS: dict[str, Callable[[_Args, Mapping[str, Any]], tuple[Any, Any]]] = {
    "unbind": _unbind,
    "__iter__": _unbind,
    "split": _split,
    "chunk": _chunk,
    "tensor_split": _chunk,
}
"""The dimension that is taken apart, and the size of a part; None is a size of one."""
