"""Runs of a spec's own methods that must end: `init` texts and the trial `forward`.

Built methods are plain Python and run without bounds in a user's hands. While *we* run
them, a trace function counts the lines executed in a spec's files, and only there.
Where a debugger or a coverage tool is tracing already, it is left in place.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from modelspec.policy import Limits


class EndlessError(Exception):
    """A method of the spec ran longer than allowed."""


@contextmanager
def bounded_run(files: frozenset[str], limits: Limits) -> Iterator[None]:
    """Raise `EndlessError` in code of these files after too many lines or seconds."""
    if sys.gettrace() is not None:
        yield
        return
    lines = 0
    deadline = time.monotonic() + limits.seconds

    def trace_line(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal lines
        lines += 1
        if lines > limits.steps:
            raise EndlessError(f"it ran for more than {limits.steps:,} steps")
        if lines % 64 == 0 and time.monotonic() > deadline:
            raise EndlessError(f"it ran for more than {limits.seconds:g} seconds")
        return trace_line

    def trace_call(frame: FrameType, event: str, arg: Any) -> Any:
        return trace_line if frame.f_code.co_filename in files else None

    sys.settrace(trace_call)
    try:
        yield
    finally:
        sys.settrace(None)
