"""Files to be, and what stands in their way.

In: paths. Out: a diagnostic where a file cannot or must not be written, so that it can
be told before there is anything to write. Never writes.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from modelspec.diagnostics.diagnostic import Diagnostic

_LONGEST_MARKER = 256


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """A file to be, and its text."""

    path: Path
    text: str


def find_obstacle(path: Path) -> Diagnostic | None:
    """Why a file cannot be written there, as far as that can be known before."""
    if path.is_dir():
        return cannot_write(path, "it is a directory")
    if path.exists() and not path.is_file():
        return cannot_write(path, "it is no regular file")
    if path.exists() and not os.access(path, os.W_OK):
        return cannot_write(path, "it is read-only")
    return _folder_obstacle(path.parent, path)


def find_folder_obstacle(folder: Path) -> Diagnostic | None:
    """Why files cannot be written into a folder, which need not be there yet."""
    if folder.is_dir():
        return _folder_obstacle(folder, folder)
    if folder.exists():
        return cannot_write(folder, "it is a file, not a folder")
    return _folder_obstacle(folder.parent, folder)


def find_other(path: Path, marker: str | None) -> Diagnostic | None:
    """Whether a file is there already that is not ours to overwrite.

    A file of ours begins with the marker, whatever an editor put before it to tell the
    encoding; None is for kinds that cannot carry one.
    """
    if not path.is_file():
        return None
    if marker is not None and _first_line(path).startswith(marker):
        return None
    told = "" if marker is None else ", and was not written by modelspec"
    return Diagnostic(
        "file-exists",
        f"{path} is there already{told}",
        None,
        help=("Give --force to overwrite it, or name another file.",),
        path=str(path),
    )


def _first_line(path: Path) -> str:
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            return file.readline(_LONGEST_MARKER)
    except OSError:
        return ""


def _folder_obstacle(folder: Path, wanted: Path) -> Diagnostic | None:
    if not folder.exists():
        return cannot_write(wanted, f"there is no folder {folder}")
    if not folder.is_dir():
        return cannot_write(wanted, f"{folder} is no folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        return cannot_write(wanted, f"the folder {folder} is read-only")
    return None


def cannot_write(path: Path, reason: str) -> Diagnostic:
    """The diagnostic for a file that cannot be written."""
    return Diagnostic(
        "cannot-write", f"cannot write {path}: {reason}", None, path=str(path)
    )
