"""What goes wrong with files of weights, as `SpecError` with the file's path."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import NoReturn

from modelspec.diagnostics.diagnostic import Diagnostic, SpecError

_LONGEST = 200


def fail(
    code: str,
    message: str,
    path: Path,
    *help: str,
    details: tuple[str, ...] = (),
) -> NoReturn:
    found = Diagnostic(code, message, None, help=help, path=str(path), details=details)
    raise SpecError([found]) from None


def reason(error: Exception) -> str:
    """The first line of what an exception says, in printable characters."""
    said = error.strerror if isinstance(error, OSError) else None
    text = said or str(error) or type(error).__name__
    return printable(text.strip().split("\n")[0])


def printable(text: str) -> str:
    """A text out of a file, as far as it can be shown."""
    return "".join(one if one.isprintable() else "?" for one in text[:_LONGEST])


def require_safetensors(path: Path) -> ModuleType:
    """The package safetensors, which is an extra."""
    try:
        import safetensors.torch
    except ImportError:
        fail(
            "missing-package",
            f"'{path}' needs the package safetensors, which is not installed",
            path,
            "pip install 'modelspec-compiler[safetensors]', or use a .pt file",
        )
    return safetensors
