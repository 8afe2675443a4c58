"""A file to a `Source`: everything that can be wrong before there is text.

In: a path (or bytes the caller has read, as from standard input). Out: a `Source`,
or the one diagnostic that says why there is none. Reads regular files only, never
more than the limit, and never quotes what it read.
"""

from __future__ import annotations

import os
import stat

from modelspec.diagnostics.diagnostic import Diagnostic
from modelspec.diagnostics.span import Source
from modelspec.policy import Limits

_BOM = "\ufeff"
_WIDE_BOMS = {
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
_KINDS = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


def read_source(
    path: str, limits: Limits, *, name: str | None = None, follow: bool = True
) -> Source | Diagnostic:
    """The text of a file, under `name` (by default the path as given).

    Unless `follow`, a path whose last part is a link is refused.
    """
    shown = path if name is None else name
    try:
        data = _read_bytes(path, limits.file_bytes, shown, follow)
    except (OSError, ValueError) as error:
        return _unreadable(error, shown)
    if isinstance(data, Diagnostic):
        return data
    return decode_source(data, limits, name=shown, path=os.path.realpath(path))


def read_real(
    path: str, limits: Limits, *, name: str | None = None
) -> Source | Diagnostic:
    """As `read_source`, of a real path: a link that took its place is not followed."""
    return read_source(path, limits, name=name, follow=False)


def decode_source(
    data: bytes, limits: Limits, *, name: str, path: str | None = None
) -> Source | Diagnostic:
    """A `Source` of bytes: UTF-8, with or without a byte order mark."""
    if len(data) > limits.file_bytes:
        return _too_large(name, limits.file_bytes)
    for mark, encoding in _WIDE_BOMS.items():
        if data.startswith(mark):
            return _other_encoding(name, encoding)
    if b"\0" in data:
        return _diagnostic("binary-file", name, f"{name} is binary, not a text")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _not_utf8(name, error.start)
    text = text.removeprefix(_BOM)
    if not text.strip():
        return _diagnostic(
            "empty-file", name, f"{name} is empty", "Start with 'modelspec: 1'."
        )
    return Source(name, text, path)


def _read_bytes(path: str, limit: int, shown: str, follow: bool) -> bytes | Diagnostic:
    refused = _refuse_kind(os.stat(path).st_mode, shown)
    if refused is not None:
        return refused
    # Never wait for a pipe that took the file's place since.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    if not follow:
        flags |= getattr(os, "O_NOFOLLOW", 0)
    with open(os.open(path, flags), "rb") as file:
        refused = _refuse_kind(os.fstat(file.fileno()).st_mode, shown)
        # One byte more than allowed tells a file that is too large.
        return file.read(limit + 1) if refused is None else refused


def _refuse_kind(mode: int, shown: str) -> Diagnostic | None:
    if stat.S_ISREG(mode):
        return None
    if stat.S_ISDIR(mode):
        return _diagnostic(
            "not-a-file",
            shown,
            f"expected a spec file, got the directory {shown}",
            "Name a file in it.",
        )
    kind = next((words for test, words in _KINDS if test(mode)), "no regular file")
    return _diagnostic(
        "not-a-file",
        shown,
        f"expected a spec file, but {shown} is {kind}",
        "Give '-' to read a spec from standard input.",
    )


def _unreadable(error: OSError | ValueError, name: str) -> Diagnostic:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return _diagnostic("file-not-found", name, f"there is no file {name}")
    reason = error.strerror if isinstance(error, OSError) else "no valid path"
    message = f"cannot read {name}: {reason or type(error).__name__}"
    return _diagnostic("unreadable-file", name, message)


def _too_large(name: str, limit: int) -> Diagnostic:
    return _diagnostic(
        "file-too-large",
        name,
        f"{name} is larger than the {limit:,} bytes a spec may have",
        "Split it with 'imports', or raise the limit.",
    )


def _other_encoding(name: str, encoding: str) -> Diagnostic:
    return _diagnostic(
        "not-utf8", name, f"expected UTF-8, got {encoding}", "Save the file as UTF-8."
    )


def _not_utf8(name: str, at: int) -> Diagnostic:
    return _diagnostic(
        "not-utf8",
        name,
        f"expected UTF-8, but byte {at} of {name} is not",
        "Save the file as UTF-8.",
    )


def _diagnostic(code: str, name: str, message: str, help: str = "") -> Diagnostic:
    return Diagnostic(code, message, None, help=(help,) if help else (), path=name)
