"""Torch's Python kernels of the device meta, without importing its compiler for them.

They are marked as not to be compiled when they are first called; for that torch imports
all of `torch._dynamo`, which takes as long as torch itself. Meanwhile a module stands
in its place that marks nothing. Whoever asks it for anything else gets the real one.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import torch

_NAME = "torch._dynamo"
_MARK = "__dynamo_disable"


class _StandIn(ModuleType):
    """Marks nothing; all that it does not know is asked of the real module."""

    def __init__(self) -> None:
        super().__init__(_NAME)
        self.left_unmarked: list[Any] = []

    def disable(self, fn: Any, recursive: bool = True, wrapping: bool = True) -> Any:
        self.left_unmarked.append(fn)
        return fn

    def __getattr__(self, name: str) -> Any:
        self.withdraw()
        return getattr(importlib.import_module(_NAME), name)

    def withdraw(self) -> None:
        """Make room for the real module, which will mark what was left unmarked."""
        if sys.modules.get(_NAME) is self:
            del sys.modules[_NAME]
        if vars(torch).get("_dynamo") is self:
            delattr(torch, "_dynamo")
        while self.left_unmarked:
            vars(self.left_unmarked.pop()).pop(_MARK, None)


@contextmanager
def without_dynamo() -> Iterator[None]:
    """Nothing imports `torch._dynamo` for the sake of marking functions."""
    if _NAME in sys.modules:
        yield
        return
    stand_in = _StandIn()
    sys.modules[_NAME] = stand_in
    torch._dynamo = stand_in
    try:
        yield
    finally:
        stand_in.withdraw()
