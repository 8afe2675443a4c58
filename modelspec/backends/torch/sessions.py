"""Constructions as a whole: the outermost one opens the account, all share a lock.

Blocks are made inside blocks, and a user's thread may make one while another does.
What is bounded is one construction from its outermost block on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import nn

from modelspec.backends.torch.account import Account, Whole, measure_made
from modelspec.diagnostics.diagnostic import Diagnostic, SpecError
from modelspec.pysubset.faults import EvaluationError


class Sessions:
    """How deep in a construction this program is; a context for each level.

    Leaving a level makes an `EvaluationError` the `SpecError` that it means.
    """

    def __init__(self, account: Account) -> None:
        self.warnings: list[Diagnostic] = []
        """What the last construction found that is no error."""
        self.lock = threading.RLock()
        self._account = account
        self._depth = 0

    def __enter__(self) -> None:
        self.lock.acquire()
        if self._depth == 0:
            self._account.restart()
            self.warnings = []
        self._depth += 1

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._depth -= 1
        if self._depth == 0:
            self._account.settle()
            self._account.whole = None
        self.lock.release()
        if isinstance(error, EvaluationError):
            raise SpecError([error.diagnostic]) from error.__cause__

    def begin(
        self,
        block: Callable[..., nn.Module],
        args: tuple[object, ...],
        kwargs: Mapping[str, object],
    ) -> None:
        """A block is about to be made: if it is the outermost one, the account may
        ask what all of it comes to."""
        if self._depth != 1:
            return

        def count() -> int | None:
            if _has_tensors((args, kwargs)):
                return None  # they would be made a part of two modules
            with self._aside():
                return measure_made(lambda: block(*args, **kwargs))

        self._account.whole = Whole(block.__name__, count)

    @contextmanager
    def _aside(self) -> Iterator[None]:
        """A construction in the midst of another, of which nothing stays."""
        depth, told = self._depth, len(self.warnings)
        self._depth = 1  # so that it may nest as deep as it will
        try:
            with self._account.aside():
                yield
        finally:
            self._depth = depth
            del self.warnings[told:]

    @property
    def is_too_deep(self) -> bool:
        return self._depth > self._account.limits.nesting


def _has_tensors(value: object) -> bool:
    """Whether a caller's value is or holds a tensor or a module."""
    if isinstance(value, Mapping):
        return any(map(_has_tensors, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(_has_tensors, value))
    return isinstance(value, (nn.Module, torch.Tensor))
