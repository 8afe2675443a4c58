"""The command line: which commands there are and what each takes."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from modelspec import __version__
from modelspec.cli.console import FORMATS, MOST_SHOWN
from modelspec.cli.values import add_imports, add_limits, count

_COMMANDS = (
    *("build", "generate", "check", "summary", "graph", "save", "fmt", "explain"),
    *("layers", "new", "schema", "lsp", "doctor"),
)
_DESCRIPTION = "Compile YAML network specs to torch modules and readable source."
_EPILOG = """\
exit codes: 0 fine, 1 the spec is wrong, weights do not fit, or --check found a
            difference, 2 the command line is wrong, 3 modelspec is wrong

modelspec COMMAND --help tells more about a command.
"""


def build_parser(argv: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of a command line: of the command that it names, if it names one.

    To know them all would take as long again as all the rest of parsing.
    """
    chosen = next((word for word in argv if not word.startswith("-")), None)
    names = (chosen,) if chosen in _COMMANDS else _COMMANDS
    parser = argparse.ArgumentParser(
        prog="modelspec",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--version", action="version", version=f"modelspec {__version__}"
    )
    commands = parser.add_subparsers(
        dest="command",
        metavar="COMMAND",
        required=True,
        title="commands",
        prog=parser.prog,
    )
    for name in names:
        module: Any = import_module(f"modelspec.cli.{name}")
        added = commands.add_parser(
            module.NAME,
            help=module.SUMMARY,
            description=module.DESCRIPTION,
            epilog=getattr(module, "EPILOG", None),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        if name == chosen:
            module.add_arguments(added)
            has_format = getattr(module, "HAS_FORMAT", False)
            _add_common(added, module.TAKES_SPECS, has_format)
            added.set_defaults(run=module.run, parser=added)
    return parser


def _add_common(
    parser: argparse.ArgumentParser, takes_specs: bool, has_format: bool
) -> None:
    """`has_format`: the command's own `--format` is that of what it answers."""
    group = parser.add_argument_group("output")
    if has_format:
        parser.set_defaults(format="full")
    elif takes_specs:
        group.add_argument(
            "--format",
            choices=FORMATS,
            default="full",
            help="of diagnostics (default: full)",
        )
    if takes_specs:
        group.add_argument(
            "--max-errors",
            type=count,
            default=MOST_SHOWN,
            metavar="N",
            help=f"show so many diagnostics, 0 for all (default: {MOST_SHOWN})",
        )
        add_imports(parser)
        add_limits(parser)
    else:
        parser.set_defaults(format="full", max_errors=MOST_SHOWN)
    group.add_argument(
        "-q", "--quiet", action="store_true", help="print no report of what was done"
    )
    group.add_argument(
        "--debug", action="store_true", help="show tracebacks of internal errors"
    )
