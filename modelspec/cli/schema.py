"""`modelspec schema`: the JSON Schema of the language, for editors."""

from __future__ import annotations

import argparse

from modelspec.cli.console import Console

NAME = "schema"
SUMMARY = "print the JSON Schema for editors"
DESCRIPTION = """\
Print the JSON Schema (draft-07) of spec files. An editor that knows it completes keys,
layers and arguments, and shows what they mean. Never imports torch.
"""
TAKES_SPECS = False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--path", action="store_true", help="print where the file lies instead"
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    from modelspec.resources import SPEC_SCHEMA, schema_path

    path = schema_path(SPEC_SCHEMA)
    if arguments.path:
        console.put(f"{path}\n")
    else:
        console.put(path.read_text(encoding="utf-8"))
    return 0
