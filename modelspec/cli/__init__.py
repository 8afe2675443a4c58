"""The command `modelspec`: one file a command, each thin over `modelspec.api`.

In: the arguments. Out: an exit code: 0 fine, 1 the spec is wrong or `--check` found a
difference, 2 the command line is wrong, 3 we are. Never raises.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence

_INTERRUPTED = 130
_PIPE_CLOSED = 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command."""
    from modelspec.cli.run import run_command

    _accept_any_text()
    try:
        status = run_command(sys.argv[1:] if argv is None else argv)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        _forget_output()
        return _PIPE_CLOSED
    return status


def _accept_any_text() -> None:
    """A terminal that cannot show a character gets its number."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _forget_output() -> None:
    """Whatever is still to be flushed at exit goes nowhere."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
