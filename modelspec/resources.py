"""Where the data files lie: schemas, templates and the standard blocks.

Comes in: the name of a file. Goes out: its path. An installed package carries the
files in ``modelspec/_data``; in a checkout they lie at its top.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SPEC_SCHEMA = "modelspec-1.schema.json"

_PACKAGE = os.path.dirname(os.path.realpath(__file__))
_INSTALLED = os.path.join(_PACKAGE, "_data")
_ROOT = _INSTALLED if os.path.isdir(_INSTALLED) else os.path.dirname(_PACKAGE)


class MissingResourceError(RuntimeError):
    """A file that belongs to modelspec is not where it was installed."""


def schema_path(name: str) -> Path:
    """The path of the file ``name`` in ``schemas``."""
    return _find(f"schemas/{name}")


def template_directory() -> Path:
    """The directory that holds the templates of generated code."""
    return _find("templates")


def page_path(name: str) -> Path:
    """The path of a file of the page that shows a graph."""
    return _find(f"templates/graph/{name}")


def standard_path(block: str) -> Path:
    """The path of the spec of a standard block."""
    return _find(f"standard/{block}.yaml")


def read_schema(name: str) -> str:
    """The text of the file ``name`` in ``schemas``."""
    with open(_locate(f"schemas/{name}"), encoding="utf-8") as file:
        return file.read()


def standard_paths() -> tuple[Path, ...]:
    """The paths of the specs of all standard blocks, by name."""
    return tuple(sorted(_find("standard").glob("*.yaml")))


def _find(relative: str) -> Path:
    # Imported here: what only reads a schema starts sooner without it.
    from pathlib import Path

    return Path(_locate(relative))


def _locate(relative: str) -> str:
    path = os.path.join(_ROOT, relative)
    if not os.path.exists(path):
        raise MissingResourceError(
            f"'{relative}' is missing from this installation of modelspec; "
            "please install modelspec-compiler again"
        )
    return path
