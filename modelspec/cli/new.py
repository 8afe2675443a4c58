"""`modelspec new`: a small spec to start from."""

from __future__ import annotations

import argparse
from pathlib import Path

from modelspec.cli.console import Console

NAME = "new"
SUMMARY = "write a small spec to start from"
DESCRIPTION = "Write NAME.yaml, a small commented spec that builds as it is."
TAKES_SPECS = False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name", metavar="NAME", help="such as my_net or nets/my_net.yaml"
    )
    parser.add_argument(
        "--force", action="store_true", help="overwrite a file that is there"
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    from modelspec.api.starter import class_name, plan_starter
    from modelspec.output.staging import write_files

    path = Path(arguments.name)
    if class_name(path) is None:
        arguments.parser.error(
            f"'{arguments.name}' is no name for a class: it starts with a letter and"
            " holds letters, digits, '_' and '-'"
        )
    file = plan_starter(path, force=arguments.force)
    write_files([file])
    console.say(f"wrote {file.path}; next: modelspec build {file.path}")
    return 0
