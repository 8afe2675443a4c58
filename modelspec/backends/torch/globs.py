"""Modules by a glob of `parallel`: the outermost that it fits.

`layers.*` fits `layers.0` and all that is in it, since `*` crosses dots as in every
glob of the language; meant is the layer as a whole. The root has no name and is none.
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from torch import nn


def find_modules(root: nn.Module, patterns: Iterable[str]) -> dict[str, nn.Module]:
    """By name, a module before those in it; one that is shared by its first name."""
    named = [(name, module) for name, module in root.named_modules() if name]
    found: set[str] = set()
    for pattern in patterns:
        inside = "."  # no name begins so
        for name, _ in named:
            if fnmatchcase(name, pattern) and not name.startswith(inside):
                found.add(name)
                inside = f"{name}."
    return {name: module for name, module in named if name in found}
