"""The time that one model of a spec may take, in all that is done to know of it.

It is constructed and run several times: on meta, on fake tensors, again with other
sizes, for each file that is asked for. Each of these spends from the clock that is
shared while they last; what is done by itself has a clock of its own. Time is the
processor time of the thread, so that a busy machine refuses nothing that an idle one
takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Clock:
    """`spent` are the seconds that are used up."""

    __slots__ = ("spent",)

    def __init__(self) -> None:
        self.spent = 0.0

    @contextmanager
    def shared(self) -> Iterator[None]:
        """All that is done meanwhile, in this thread, spends from this one."""
        before = _shared.set(self)
        try:
            yield
        finally:
            _shared.reset(before)


_shared: ContextVar[Clock | None] = ContextVar("clock", default=None)


def current_clock() -> Clock:
    """The one that is shared, or a new one."""
    return _shared.get() or Clock()
