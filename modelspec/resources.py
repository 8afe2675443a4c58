"""Where the data files lie: schemas, templates and the standard blocks.

Comes in: the name of a file. Goes out: its path. An installed package carries the
files in ``modelspec/_data``; in a checkout they lie at its top. Never reads them.
"""

from __future__ import annotations

from pathlib import Path

SPEC_SCHEMA = "modelspec-1.schema.json"

_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = _PACKAGE / "_data"
_ROOT = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent


class MissingResourceError(RuntimeError):
    """A file that belongs to modelspec is not where it was installed."""


def schema_path(name: str) -> Path:
    """The path of the file ``name`` in ``schemas``."""
    return _find(f"schemas/{name}")


def template_directory() -> Path:
    """The directory that holds the templates of generated code."""
    return _find("templates")


def standard_path(block: str) -> Path:
    """The path of the spec of a standard block."""
    return _find(f"standard/{block}.yaml")


def standard_paths() -> tuple[Path, ...]:
    """The paths of the specs of all standard blocks, by name."""
    return tuple(sorted(_find("standard").glob("*.yaml")))


def _find(relative: str) -> Path:
    path = _ROOT / relative
    if not path.exists():
        raise MissingResourceError(
            f"'{relative}' is missing from this installation of modelspec; "
            "please install modelspec-compiler again"
        )
    return path
