"""The index of a `state_dict` in several files, in the form of huggingface's libraries.

Comes in: the path of a `.index.json` that the caller named. Goes out: the names of the
files, all beside it, and the file that each tensor is said to be in. It is data of a
stranger: it names no file anywhere else, and is read up to a size only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import NoReturn

from modelspec.backends.torch.weights.failure import fail, printable, reason

SUFFIX = ".index.json"
_LARGEST = 2**26
_FORM = '{"weight_map": {"fc.weight": "model-00001-of-00002.safetensors", ...}}'


def is_index(path: Path) -> bool:
    return path.name.endswith(SUFFIX)


def read_index(path: Path) -> dict[str, str]:
    """The file of each tensor, by the tensor's name.

    Raises `SpecError` where it is no index, or names what is no file beside it.
    """
    places = _weight_map(path)
    for name, file in places.items():
        if not isinstance(file, str) or not _is_beside(file):
            said = printable(file if isinstance(file, str) else repr(file))
            _refuse(path, f"'{printable(name)}' is said to be in '{said}'", beside=True)
    return {name: str(file) for name, file in places.items()}


def _weight_map(path: Path) -> Mapping[str, object]:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            _refuse(path, f"it is larger than {_LARGEST >> 20} MiB")
        found = json.loads(data.decode("utf-8"))
    except OSError as error:
        fail("unreadable-file", f"cannot read '{path}': {reason(error)}", path)
    except (ValueError, RecursionError):
        _refuse(path, "it is no JSON")
    places = found.get("weight_map") if isinstance(found, dict) else None
    if not isinstance(places, dict) or not places:
        _refuse(path, "it has no 'weight_map'")
    return places


def _is_beside(file: str) -> bool:
    """Whether it names a file of the same folder, on any system."""
    kinds = (PurePosixPath(file), PureWindowsPath(file))
    return all(one.name == file for one in kinds) and file not in ("", ".", "..")


def _refuse(path: Path, why: str, *, beside: bool = False) -> NoReturn:
    help = "the files of an index lie beside it" if beside else f"its form is {_FORM}"
    fail("unreadable-weights", f"cannot read '{path}': {why}", path, help)
