"""`modelspec lsp`: the language server, for editors."""

from __future__ import annotations

import argparse
import sys

from modelspec.cli.console import Console
from modelspec.cli.values import add_imports
from modelspec.policy import Policy

NAME = "lsp"
SUMMARY = "run the language server, for editors"
DESCRIPTION = """\
Speak the Language Server Protocol on standard input and output: diagnostics while a
spec is written, completion, hover, go to definition, symbols, quick fixes and rename.
Editors start it. Needs the extra: pip install "modelspec-compiler[lsp]". Never imports
torch, nor any module of a spec's.
"""
TAKES_SPECS = False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--stdio",
        action="store_true",
        help="speak on standard input and output, as it always does",
    )
    add_imports(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    from importlib.util import find_spec

    if find_spec("pygls") is None:
        print(
            "the language server needs pygls; run:"
            ' pip install "modelspec-compiler[lsp]"',
            file=sys.stderr,
        )
        return 2
    from modelspec.lsp.server import serve

    return serve(Policy(allow_imports=tuple(arguments.allow_import)))
