"""What is installed, and whether it fits together.

Out: names and versions, and problems in words. Imports torch only for its devices.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import modelspec

_LIBRARIES = ("torch", "safetensors", "pyyaml", "pydantic", "jinja2")


def describe_installation() -> Iterator[tuple[str, str]]:
    """Names and values, in the order in which they are shown."""
    yield "modelspec", f"{modelspec.__version__}, {Path(modelspec.__file__).parent}"
    yield "python", f"{platform.python_version()}, {platform.system()}"
    for name in _LIBRARIES:
        yield name, _version(name) or "not installed"
    yield "catalogue", _catalogue()
    for line in _devices():
        yield "device", line


def find_problems() -> Iterator[str]:
    """What is broken, and what to do about it."""
    if _version("modelspec") is not None:
        yield (
            "another distribution, 'modelspec', installs a package of the same name;"
            " run: pip uninstall modelspec modelspec-compiler, then"
            " pip install modelspec-compiler"
        )
    for name in ("torch", "pyyaml", "pydantic", "jinja2"):
        if _version(name) is None:
            yield f"{name} is not installed; run: pip install modelspec-compiler"


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _catalogue() -> str:
    from modelspec.catalog import load_catalog

    return f"torch {load_catalog().torch_version}"


def _devices() -> list[str]:
    try:
        from modelspec.backends.torch.devices import describe_devices
    except ImportError as error:
        return [f"unknown: {error}"]
    return describe_devices()
