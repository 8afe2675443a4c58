"""The command `modelspec`: one file a command, each thin over `modelspec.api`.

In: the arguments. Out: an exit code: 0 fine, 1 the spec is wrong, weights do not fit or
`--check` found a difference, 2 the command line is wrong, 3 we are. Never raises.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

_USAGE = 2
_INTERRUPTED = 130
_PIPE_CLOSED = 141
# A command that lives for a quarter of a second leaves no garbage worth a search; the
# interpreter's own, after each 700 objects and twice at its end, took an eighth of the
# time of `modelspec check`.
_OBJECTS_BEFORE_A_SEARCH = 100_000


def run_process() -> NoReturn:
    """The whole life of the process `modelspec`."""
    gc.set_threshold(_OBJECTS_BEFORE_A_SEARCH)
    status = main()
    gc.freeze()
    sys.exit(status)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command."""
    from modelspec.cli.console import OutputError, writing
    from modelspec.cli.run import run_command

    _replace_closed_streams()
    _accept_any_text()
    try:
        status = run_command(sys.argv[1:] if argv is None else argv)
        with writing():
            sys.stdout.flush()
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        _forget_output()
        return _PIPE_CLOSED
    except OutputError as error:
        _forget_output()
        with contextlib.suppress(OSError):
            print(f"cannot write the output: {error}", file=sys.stderr, flush=True)
        return _USAGE
    return status


def _replace_closed_streams() -> None:
    """Python has None for a stream that the caller closed."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  # it stays
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  # it stays


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
