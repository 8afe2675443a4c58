"""The `state_dict` of a module into a file, whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from modelspec.backends.torch.weights.failure import fail, reason, require_safetensors

SUFFIXES = (".safetensors", ".pt")


def save_weights(
    module: nn.Module,
    path: Path,
    metadata: Mapping[str, str] | None = None,
    state: Mapping[str, Any] | None = None,
) -> None:
    """Write the `state_dict`, in the format that the suffix names.

    `metadata` goes into the header of a `.safetensors` file; a `.pt` file has none.
    `state` is that of the module where it is not the one to be written.
    """
    saved = module.state_dict() if state is None else dict(state)
    if state is None:
        state = module.state_dict(keep_vars=True)
    require_values(state, path)
    if path.suffix == ".safetensors":
        save = require_safetensors(path).torch.save_file
        tensors, about = _distinct(state), {"format": "pt", **(metadata or {})}
        _write(path, lambda to: _save(save, tensors, to, about))
    elif path.suffix == ".pt":
        _write(path, lambda to: torch.save(saved, to))
    else:
        known = " or ".join(SUFFIXES)
        fail("unknown-suffix", f"weights are {known}, got '{path.name}'", path)


def _save(
    save: Callable[..., object],
    tensors: Mapping[str, Any],
    path: str,
    about: Mapping[str, str],
) -> None:
    save(tensors, path, metadata=about)
    # The package writes `about` in another order each time; the same bytes are wanted.
    with open(path, "r+b") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
        header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
        text = json.dumps(header, ensure_ascii=False, separators=(",", ":"))
        data = text.encode()
        if len(data) <= size:
            file.seek(8)
            file.write(data.ljust(size))


def _write(path: Path, save: Callable[[str], object]) -> None:
    """Into a temporary file beside it, then renamed: all or nothing."""
    temporary = ""
    try:
        if path.is_dir():
            raise IsADirectoryError("it is a directory")
        handle, temporary = tempfile.mkstemp(
            dir=path.parent, prefix=f".{path.name}.", suffix=".tmp"
        )
        os.close(handle)
        save(temporary)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except Exception as error:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)
        fail("cannot-write", f"cannot write '{path}': {reason(error)}", path)


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def require_values(state: Mapping[str, Any], path: Path) -> None:
    """Refuse to write a module that is on meta."""
    for name, tensor in state.items():
        if isinstance(tensor, torch.Tensor) and tensor.is_meta:
            fail(
                "cannot-write",
                f"cannot write '{path}': '{name}' is on the device meta and has no "
                "values",
                path,
            )


def _distinct(state: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    """The form safetensors takes: contiguous, no two tensors over one memory.

    A tensor under two names is written under the first; `load_weights` knows. Two
    tensors over one memory are two.
    """
    kept: dict[str, torch.Tensor] = {}
    seen: set[int] = set()
    places: set[int] = set()
    for name, tensor in state.items():
        if id(tensor) in seen:
            continue
        seen.add(id(tensor))
        place = tensor.untyped_storage().data_ptr()
        is_taken = place != 0 and place in places
        places.add(place)
        kept[name] = _copied(tensor) if is_taken else _own_memory(tensor)
    return kept


def _own_memory(tensor: torch.Tensor) -> torch.Tensor:
    whole = tensor.untyped_storage().nbytes() == tensor.numel() * tensor.element_size()
    if whole and tensor.is_contiguous():
        return tensor.detach()
    return _copied(tensor)


def _copied(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.detach().clone(memory_format=torch.contiguous_format)
