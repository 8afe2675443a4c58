"""Files of weights, opened: what they hold, and each tensor when it is asked for.

Comes in: paths that the caller named. Goes out: one `Checkpoint` over all of them. A
`.safetensors` file is mapped, so that only what is used is read; its header is checked
by the package safetensors before anything else. An index stands for the files that it
names. Links are followed, as caches of
downloaded files are made of them; what is no regular file is never opened.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

import torch

from modelspec.backends.torch.weights.failure import fail, reason, require_safetensors
from modelspec.backends.torch.weights.pickled import read_pickled
from modelspec.backends.torch.weights.sharded import SUFFIX as INDEX
from modelspec.backends.torch.weights.sharded import is_index, read_index
from modelspec.checkpoint import Entry
from modelspec.diagnostics.diagnostic import SpecError
from modelspec.records import dataclass

PICKLED = (".pt", ".pth", ".bin")
SUFFIXES = (".safetensors", *PICKLED)
_LONGEST_NAME = 4096
_DTYPES = {
    "BOOL": "bool",
    "U8": "uint8",
    "I8": "int8",
    "U16": "uint16",
    "I16": "int16",
    "U32": "uint32",
    "I32": "int32",
    "U64": "uint64",
    "I64": "int64",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
    "F16": "float16",
    "BF16": "bfloat16",
    "F32": "float32",
    "F64": "float64",
    "C64": "complex64",
}


@dataclass(frozen=True, slots=True)
class Held:
    """A tensor of a file, and how to read it."""

    entry: Entry
    read: Callable[[], torch.Tensor]


def open_weights(paths: Sequence[Path], key: str | None) -> dict[str, Held]:
    """Everything in the files, in their order; `key` is where the `state_dict` is.

    Raises `SpecError` for what is no file of weights, and for a name in two files.
    """
    return _joined(
        (path, (_sharded if is_index(path) else _open)(path, key)) for path in paths
    )


def _joined(parts: Iterable[tuple[Path, dict[str, Held]]]) -> dict[str, Held]:
    whole: dict[str, Held] = {}
    for path, held in parts:
        if twice := next((name for name in held if name in whole), None):
            fail("unreadable-weights", f"'{path}' holds '{twice}' once more", path)
        whole |= held
    return whole


def entry_of(tensor: torch.Tensor) -> Entry:
    return Entry(str(tensor.dtype).removeprefix("torch."), tuple(tensor.shape))


def _sharded(path: Path, key: str | None) -> dict[str, Held]:
    """Everything in the files of an index, each name where it is said to be."""
    _require_file(path)
    places = read_index(path)
    files = tuple(dict.fromkeys(places.values()))
    opened = {file: _open(path.with_name(file), key) for file in files}
    for name, file in places.items():
        if name not in opened[file]:
            message = f"'{path}' says that '{name}' is in '{file}', which has none"
            fail("unreadable-weights", message, path)
    return _joined((path.with_name(file), opened[file]) for file in files)


def _open(path: Path, key: str | None) -> dict[str, Held]:
    if path.suffix not in SUFFIXES:
        *most, last = SUFFIXES
        known = f"{', '.join(most)} or {last}, or an index of such, {INDEX}"
        fail("unknown-suffix", f"weights are {known}, got '{path.name}'", path)
    _require_file(path)
    try:
        held = _mapped(path, key) if path.suffix not in PICKLED else _read(path, key)
    except SpecError:
        raise
    except Exception as error:
        fail("unreadable-weights", f"cannot read '{path}': {reason(error)}", path)
    if any(len(name) > _LONGEST_NAME for name in held):
        fail("unreadable-weights", f"'{path}' has names that are too long", path)
    return held


def _require_file(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        fail("file-not-found", f"there is no file '{path}'", path)
    except (OSError, ValueError) as error:
        fail("unreadable-file", f"cannot read '{path}': {reason(error)}", path)
    if not stat.S_ISREG(mode):
        what = "a directory" if stat.S_ISDIR(mode) else "no regular file"
        fail("not-a-file", f"expected a file of weights, but '{path}' is {what}", path)


def _mapped(path: Path, key: str | None) -> dict[str, Held]:
    opened = require_safetensors(path).safe_open(str(path), framework="pt")
    if key is not None:
        fail(
            "unreadable-weights",
            f"'{path}' has no entry '{key}': a .safetensors file holds tensors only",
            path,
        )
    return {
        name: Held(_described(opened.get_slice(name)), partial(opened.get_tensor, name))
        for name in opened.keys()  # noqa: SIM118  # it is no dict
    }


def _described(found: object) -> Entry:
    dtype = found.get_dtype()  # type: ignore[attr-defined]  # of Rust, without types
    shape = found.get_shape()  # type: ignore[attr-defined]
    return Entry(_DTYPES.get(dtype, str(dtype)), tuple(shape))


def _read(path: Path, key: str | None) -> dict[str, Held]:
    state: Mapping[str, torch.Tensor] = read_pickled(path, key)
    return {
        name: Held(entry_of(one), partial(_same, one)) for name, one in state.items()
    }


def _same(tensor: torch.Tensor) -> torch.Tensor:
    return tensor
