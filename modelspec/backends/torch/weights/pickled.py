"""Files of `torch.save`, read with `weights_only`: no code of theirs is run.

Comes in: the path of a regular file. Goes out: a `state_dict`, which is the whole of
the file, or the entry of it that the caller names; which entry it is is never guessed.
"""

from __future__ import annotations

import pickle
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NoReturn

import torch

from modelspec.backends.torch.weights.failure import fail, printable
from modelspec.diagnostics.suggest import did_you_mean, suggest

_ZIP = b"PK\x03\x04"
_REFUSED = re.compile(r"GLOBAL ([\w.]{1,200})")
_DAMAGED = "it is damaged, or no file of torch.save"
_SHOWN = 12


def read_pickled(path: Path, key: str | None) -> dict[str, torch.Tensor]:
    """The `state_dict` in a file, or under a key of it."""
    found = _load(path)
    if key is not None:
        found = _entry(found, key, path)
    if not isinstance(found, Mapping):
        held = _kind(found)
        fail("unreadable-weights", f"'{path}' holds no state_dict, but {held}", path)
    if not _is_state(found):
        _refuse_others(found, key, path)
    for name, tensor in found.items():
        _require_plain(name, tensor, path)
    return dict(found)


def _load(path: Path) -> object:
    _check_archive(path)
    try:
        with warnings.catch_warnings():
            # What torch warns of, it then refuses or reads all the same.
            warnings.simplefilter("ignore")
            found: object = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        # Torch's own words advise to run what is in the file.
        fail("unreadable-weights", f"cannot read '{path}': {_refusal(error)}", path)
    except (EOFError, LookupError, TypeError, AttributeError):
        # What bytes that it did not write lead torch to; its words say nothing.
        fail("unreadable-weights", f"cannot read '{path}': {_DAMAGED}", path)
    return found


def _check_archive(path: Path) -> None:
    """Refuse what torch would run, and what is compressed: it unpacks to anything."""
    with path.open("rb") as file:
        if file.read(len(_ZIP)) != _ZIP:
            return
        try:
            with zipfile.ZipFile(file) as archive:
                members = archive.infolist()
        except zipfile.BadZipFile:
            fail("unreadable-weights", f"cannot read '{path}': {_DAMAGED}", path)
    if any(one.filename.endswith("/constants.pkl") for one in members):
        message = f"'{path}' is a program of TorchScript, not a state_dict"
        fail("unreadable-weights", message, path)
    if any(one.compress_type != zipfile.ZIP_STORED for one in members):
        message = f"cannot read '{path}': it is compressed, which torch.save never does"
        fail("unreadable-weights", message, path)


def _refusal(error: pickle.UnpicklingError) -> str:
    found = _REFUSED.search(str(error))
    if found is None:
        return _DAMAGED
    return f"it would run '{printable(found[1])}', and weights are names and tensors"


def _is_state(found: Mapping[object, object]) -> bool:
    return all(
        isinstance(name, str) and isinstance(value, torch.Tensor)
        for name, value in found.items()
    )


def _holds_tensors(value: object) -> bool:
    return isinstance(value, Mapping) and bool(value) and _is_state(value)


def _entry(found: object, key: str, path: Path) -> object:
    if isinstance(found, Mapping) and key in found:
        return found[key]
    message = f"'{path}' has no entry '{printable(key)}'"
    if not isinstance(found, Mapping):
        fail("unreadable-weights", message, path)
    if _is_state(found):
        help = "the whole file is a state_dict: leave out the entry"
        fail("unreadable-weights", message, path, help)
    near = suggest(key, (one for one in found if isinstance(one, str)))
    advice = (did_you_mean(printable(near)),) if near else ()
    details = tuple(_entries(found))
    fail("unreadable-weights", message, path, *advice, details=details)


def _refuse_others(
    found: Mapping[object, object], key: str | None, path: Path
) -> NoReturn:
    """Say what is there instead of tensors, and which entry may be meant."""
    place = f"the entry '{printable(key)}' of '{path}'" if key else f"'{path}'"
    names = (name for name, value in found.items() if _holds_tensors(value))
    states = [name for name in names if isinstance(name, str)]
    help: tuple[str, ...] = ()
    if states and key is None:
        help = (f"say which entry is meant: {' or '.join(map(_option, states))}",)
    fail(
        "unreadable-weights",
        f"{place} is no state_dict: it holds more than names and tensors",
        path,
        *help,
        details=tuple(_entries(found)),
    )


def _option(key: str) -> str:
    return f"--weights-key {printable(key)}"


def _entries(found: Mapping[object, object]) -> Iterator[str]:
    """What a dict holds, other things than tensors first."""
    ranked = sorted(found.items(), key=lambda one: isinstance(one[1], torch.Tensor))
    for name, value in ranked[:_SHOWN]:
        yield f"{printable(str(name))}: {_kind(value)}"
    if len(ranked) > _SHOWN:
        yield f"... and {len(ranked) - _SHOWN} more"


def _kind(value: object) -> str:
    if isinstance(value, torch.Tensor):
        return "a tensor"
    if isinstance(value, Mapping):
        if _holds_tensors(value):
            return f"a dict of {len(value)} tensors"
        return f"a dict of {len(value)} entries"
    return f"a value of type {type(value).__name__}"


def _require_plain(name: str, tensor: torch.Tensor, path: Path) -> None:
    is_plain = type(tensor) in (torch.Tensor, torch.nn.Parameter)
    has_values = tensor.layout is torch.strided and tensor.device.type == "cpu"
    if is_plain and has_values and not tensor.is_quantized and not tensor.is_nested:
        return
    message = f"cannot read '{path}': '{printable(name)}' is no ordinary dense tensor"
    fail("unreadable-weights", message, path)
