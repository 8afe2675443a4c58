"""How much an evaluation may still do: steps, sizes, call depth and time.

One budget is spent by everything that is evaluated for one spec. Its time starts with
the first step, does not run while `paused`, and is what the clock of the model leaves.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from modelspec.policy import Limits
from modelspec.pysubset.clock import current_clock
from modelspec.pysubset.faults import limit

CALL_DEPTH = 64
"""Calls of spec functions within one another: well under Python's own limit."""

_STEPS_BETWEEN_LOOKS = 4096
_CHARACTERS_A_STEP = 16


class Budget:
    __slots__ = (
        *("_clock", "_deadline", "_pauses"),
        *("checkpoint", "depth", "limits", "spent"),
    )

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.spent = 0
        self.checkpoint = 0
        """Once this much is spent, `check` is due."""
        self.depth = 0
        self._clock = current_clock()
        self._deadline: float | None = None
        self._pauses = 0

    def charge(self, steps: int) -> None:
        self.spent += steps
        if self.spent > self.checkpoint:
            self.check()

    def check(self) -> None:
        """Look at the steps and at the clock."""
        if self.spent > self.limits.steps:
            message = f"evaluation takes more than {self.limits.steps:,} steps"
            raise limit(message)
        self.check_time()
        self.checkpoint = min(self.spent + _STEPS_BETWEEN_LOOKS, self.limits.steps)

    def check_time(self) -> None:
        if self._deadline is None:
            left = self.limits.seconds - self._clock.spent
            self._deadline = time.thread_time() + left
        elif not self._pauses and time.thread_time() > self._deadline:
            raise limit(f"evaluation takes more than {self.limits.seconds:g} seconds")

    def settle(self) -> None:
        """The evaluation is over: what it took is spent."""
        if self._deadline is not None:
            self._clock.spent = (
                self.limits.seconds - self._deadline + time.thread_time()
            )
            self._deadline = None

    @contextmanager
    def paused(self) -> Iterator[None]:
        """While something runs that is bounded otherwise, as making a layer is."""
        began = time.thread_time()
        self._pauses += 1
        try:
            yield
        finally:
            self._pauses -= 1
            if self._deadline is not None and not self._pauses:
                self._deadline += time.thread_time() - began

    def items(self, count: int) -> None:
        """About to make a list, tuple, set or dict of so many items."""
        if count > self.limits.items:
            raise limit(f"a value has more than {self.limits.items:,} items")
        self.charge(count)

    def characters(self, count: int) -> None:
        """About to make a string of so many characters."""
        if count > self.limits.string_characters:
            most = self.limits.string_characters
            raise limit(f"a string has more than {most:,} characters")
        self.charge(count // _CHARACTERS_A_STEP)

    def integer(self, value: int) -> int:
        if value.bit_length() > self.limits.integer_bits:
            raise limit(f"an integer has more than {self.limits.integer_bits} bits")
        return value

    def enter(self) -> None:
        """A call of a spec function begins; `leave` must follow."""
        if self.depth >= CALL_DEPTH:
            raise limit(f"functions call each other more than {CALL_DEPTH} deep")
        self.depth += 1

    def leave(self) -> None:
        self.depth -= 1
