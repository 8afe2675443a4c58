"""Weights in files: `.safetensors`, or `.pt` with a `state_dict`.

Comes in: a module and a path. Goes out: a file, whole or not at all, or the module's
own tensors filled. Nothing of a file is ever run: `.pt` is read with `weights_only`.
What cannot be written, read or fitted is a `SpecError`.
"""

from __future__ import annotations

import os
import pickle
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import NoReturn

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from modelspec.diagnostics.diagnostic import Diagnostic, SpecError

SUFFIXES = (".safetensors", ".pt")
_SHOWN = 8


def save_weights(module: nn.Module, path: Path) -> None:
    """Write the `state_dict`, in the format that the suffix names."""
    state = module.state_dict()
    _require_values(state, path)
    if path.suffix == ".safetensors":
        save = _safetensors(path).save_file
        tensors = _distinct(state)
        _write(path, lambda to: save(tensors, to, metadata={"format": "pt"}))
    elif path.suffix == ".pt":
        _write(path, lambda to: torch.save(state, to))
    else:
        _refuse_suffix(path)


def load_weights(module: nn.Module, path: Path) -> None:
    """Fill a module with weights that fit it exactly."""
    state = _read(path)
    problems = list(_misfits(module.state_dict(), state, _twins(module)))
    if problems:
        _fail(
            "weights-mismatch",
            f"the weights do not fit: {problems[0]}",
            path,
            *problems[1:],
        )
    # What a shared tensor is called in the file is a matter of who wrote it.
    module.load_state_dict(_complete(state, _twins(module)), strict=True)


# --- writing --------------------------------------------------------------------


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
        _fail("cannot-write", f"cannot write '{path}': {_reason(error)}", path)


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _require_values(state: Mapping[str, object], path: Path) -> None:
    for name, tensor in state.items():
        if isinstance(tensor, torch.Tensor) and tensor.is_meta:
            _fail(
                "cannot-write",
                f"cannot write '{path}': '{name}' is on the device meta and has no "
                "values",
                path,
            )


def _distinct(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The form safetensors takes: contiguous, no two tensors over one memory.

    A tensor under two names is written under the first; `load_weights` knows.
    """
    kept: dict[str, torch.Tensor] = {}
    seen: set[tuple[object, ...]] = set()
    for name, tensor in state.items():
        identity = _identity(tensor)
        if identity in seen:
            continue
        seen.add(identity)
        kept[name] = _own_memory(tensor)
    return kept


def _identity(tensor: torch.Tensor) -> tuple[object, ...]:
    if tensor.numel() == 0:
        return (id(tensor),)
    return (
        tensor.device,
        tensor.data_ptr(),
        tensor.dtype,
        tensor.shape,
        tensor.stride(),
    )


def _own_memory(tensor: torch.Tensor) -> torch.Tensor:
    whole = tensor.untyped_storage().nbytes() == tensor.numel() * tensor.element_size()
    if whole and tensor.is_contiguous():
        return tensor.detach()
    return tensor.detach().clone(memory_format=torch.contiguous_format)


# --- reading --------------------------------------------------------------------


def _read(path: Path) -> dict[str, torch.Tensor]:
    if path.suffix not in SUFFIXES:
        _refuse_suffix(path)
    if not path.is_file():
        _fail("file-not-found", f"there is no file '{path}'", path)
    try:
        if path.suffix == ".safetensors":
            state: object = _safetensors(path).load_file(str(path))
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except SpecError:
        raise
    except Exception as error:
        _fail("unreadable-weights", f"cannot read '{path}': {_reason(error)}", path)
    if not isinstance(state, Mapping) or not all(
        isinstance(name, str) and isinstance(value, torch.Tensor)
        for name, value in state.items()
    ):
        _fail("unreadable-weights", f"'{path}' does not hold a state_dict", path)
    return dict(state)


def _twins(module: nn.Module) -> dict[str, tuple[str, ...]]:
    """For each name of a tensor that has several, all of them."""
    groups: dict[int, list[str]] = {}
    for name, tensor in module.state_dict(keep_vars=True).items():
        groups.setdefault(id(tensor), []).append(name)
    shared = (tuple(names) for names in groups.values() if len(names) > 1)
    return {name: names for names in shared for name in names}


def _complete(
    state: Mapping[str, torch.Tensor], twins: Mapping[str, tuple[str, ...]]
) -> dict[str, torch.Tensor]:
    """With a shared tensor under all its names."""
    whole = dict(state)
    for name, names in twins.items():
        if name not in whole:
            found = next((state[one] for one in names if one in state), None)
            if found is not None:
                whole[name] = found
    return whole


def _misfits(
    wanted: Mapping[str, torch.Tensor],
    state: Mapping[str, torch.Tensor],
    twins: Mapping[str, tuple[str, ...]],
) -> Iterable[str]:
    given = _complete(state, twins)
    if missing := [name for name in wanted if name not in given]:
        yield f"missing {_listed(missing)}"
    if unexpected := [name for name in given if name not in wanted]:
        yield f"unexpected {_listed(unexpected)}"
    different = [
        f"{name} (expected {list(tensor.shape)}, got {list(given[name].shape)})"
        for name, tensor in wanted.items()
        if name in given and _shape(tensor) not in (None, given[name].shape)
    ]
    if different:
        yield f"of another shape: {_listed(different)}"


def _shape(tensor: torch.Tensor) -> torch.Size | None:
    return None if is_lazy(tensor) else tensor.shape


def _listed(names: list[str]) -> str:
    rest = len(names) - _SHOWN
    shown = ", ".join(_printable(name) for name in names[:_SHOWN])
    return f"{shown} and {rest} more" if rest > 0 else shown


# --- what goes wrong ------------------------------------------------------------


def _safetensors(path: Path) -> ModuleType:
    try:
        import safetensors.torch
    except ImportError:
        _fail(
            "missing-package",
            f"'{path}' needs the package safetensors, which is not installed",
            path,
            "pip install 'modelspec-compiler[safetensors]', or use a .pt file",
        )
    return safetensors.torch


def _refuse_suffix(path: Path) -> NoReturn:
    known = " or ".join(SUFFIXES)
    _fail("unknown-suffix", f"weights are {known}, got '{path.name}'", path)


def _reason(error: Exception) -> str:
    if isinstance(error, pickle.UnpicklingError):
        # torch's own words advise to run what is in the file.
        return "it is damaged, or holds something else than tensors"
    text = (
        error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    )
    return _printable((text or type(error).__name__).strip().split("\n")[0])


def _printable(text: str) -> str:
    return "".join(one if one.isprintable() else "?" for one in text[:200])


def _fail(code: str, message: str, path: Path, *help: str) -> NoReturn:
    found = Diagnostic(code, message, None, help=help, path=str(path))
    raise SpecError([found]) from None
