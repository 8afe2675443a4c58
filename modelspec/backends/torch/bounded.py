"""Runs of a spec's own methods that must end: `init` texts and the trial `forward`.

For the time of a run, the functions have their guarded code. Torch's own code, and
that of modules from elsewhere, runs as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import CodeType, FunctionType
from typing import TypeAlias

from modelspec.backends.torch.guard import Guard
from modelspec.pysubset.clock import Clock

GuardedCode: TypeAlias = "Iterable[tuple[FunctionType, CodeType]]"


@contextmanager
def bounded_run(code: GuardedCode, guard: Guard, clock: Clock) -> Iterator[None]:
    """Raise `EndlessError` out of these functions after too much of anything."""
    plain: list[tuple[FunctionType, CodeType]] = []
    try:
        for function, guarded in code:
            plain.append((function, function.__code__))
            function.__code__ = guarded
        with guard.timed(clock):
            yield
    finally:
        for function, own in reversed(plain):
            function.__code__ = own
