"""Torch's fake and meta kernels, without importing its compiler for them.

Three things import all of `torch._dynamo`, which takes as long as torch itself: Python
kernels are marked as not to be compiled when they are first called, fake tensors ask
whether they may remember what they computed, and symbolic sizes whether their guards
are to be proved. Meanwhile modules stand in their places that mark nothing, and say yes
and no. Whoever asks them for anything else gets the real ones.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import torch

_DYNAMO = "torch._dynamo"
_CONFIG = "torch._dynamo.config"
_VALIDATOR = "torch.fx.experimental.validator"
_MARK = "__dynamo_disable"


class _StandIns:
    """Modules in the places of others, which come and go together."""

    def __init__(self) -> None:
        self.left_unmarked: list[Any] = []
        self._modules = {
            _DYNAMO: _StandIn(_DYNAMO, self, disable=self._disable),
            _CONFIG: _StandIn(
                _CONFIG,
                self,
                fake_tensor_cache_enabled=True,
                fake_tensor_cache_crosscheck_enabled=False,
                _custom_ops_profile=None,
            ),
            _VALIDATOR: _StandIn(
                _VALIDATOR, self, translation_validation_enabled=lambda: False
            ),
        }

    def put(self) -> None:
        for name, module in self._modules.items():
            sys.modules.setdefault(name, module)
        torch._dynamo = dynamo = self._modules[_DYNAMO]
        setattr(dynamo, "config", self._modules[_CONFIG])  # noqa: B010  # no attribute of a type

    def withdraw(self) -> None:
        """Make room for the real modules, which will mark what was left unmarked."""
        for name, module in self._modules.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]
        if vars(torch).get("_dynamo") is self._modules[_DYNAMO]:
            delattr(torch, "_dynamo")
        while self.left_unmarked:
            vars(self.left_unmarked.pop()).pop(_MARK, None)

    def _disable(self, fn: Any, recursive: bool = True, wrapping: bool = True) -> Any:
        self.left_unmarked.append(fn)
        return fn


class _StandIn(ModuleType):
    """All that it does not know is asked of the real module."""

    def __init__(self, name: str, all: _StandIns, **known: object) -> None:
        super().__init__(name)
        self.__dict__.update(known)
        self._all = all

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and (name, self.__name__) != ("__path__", _DYNAMO):
            raise AttributeError(name)  # what any module may be asked, and lack
        self._all.withdraw()
        return getattr(importlib.import_module(self.__name__), name)


@contextmanager
def without_dynamo() -> Iterator[None]:
    """Nothing imports `torch._dynamo` for the sake of such a question."""
    if _DYNAMO in sys.modules:
        yield
        return
    stand_ins = _StandIns()
    stand_ins.put()
    try:
        yield
    finally:
        stand_ins.withdraw()
