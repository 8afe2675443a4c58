"""From arguments to a command and its exit code; every failure is told here, once."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from modelspec.cli.console import Console, OutputError
from modelspec.cli.parser import build_parser
from modelspec.diagnostics.diagnostic import SpecError


def run_command(argv: Sequence[str]) -> int:
    """Parse, run, and tell what went wrong."""
    try:
        arguments = build_parser(argv).parse_args(argv)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 2
    try:
        return _run(arguments)
    except SystemExit as end:
        # `parser.error`: what only the command itself can know of its arguments.
        return end.code if isinstance(end.code, int) else 2
    except (KeyboardInterrupt, BrokenPipeError, OutputError):
        raise
    except BaseException as error:
        if arguments.debug:
            raise_with_traceback(error)
        _tell_internal(error)
        return 3


def _run(arguments: argparse.Namespace) -> int:
    console = Console(
        arguments.format, quiet=arguments.quiet, most=arguments.max_errors
    )
    try:
        status: int = arguments.run(arguments, console)
    except SpecError as error:
        console.tell(error.diagnostics)
        status = 0
    console.finish()
    return status or console.status()


def raise_with_traceback(error: BaseException) -> None:
    """With `--debug`: where in modelspec it happened, in full."""
    import traceback

    traceback.print_exception(error, file=sys.stderr)


def _tell_internal(error: BaseException) -> None:
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    place = ""
    if frames:
        last = frames[-1]
        place = f"\n  at {_short(last.filename)}:{last.lineno} in {last.name}"
    text = str(error).strip().split("\n")[0][:500]
    what = type(error).__name__ + (f": {text}" if text else "")
    print(
        f"internal error: {what}{place}\n"
        "This is a bug of modelspec, not of the spec. Please report it, with the spec"
        " and the command;\n--debug shows the whole traceback.",
        file=sys.stderr,
    )


def _short(filename: str) -> str:
    """The path from our own package on, or the last two parts of another's."""
    parts = filename.replace("\\", "/").split("/")
    at = len(parts) - 1 - parts[::-1].index("modelspec") if "modelspec" in parts else -2
    return "/".join(parts[at:])
