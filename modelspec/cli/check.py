"""`modelspec check`: everything that can be known without torch, and shapes."""

from __future__ import annotations

import argparse

from modelspec.cli.console import Console
from modelspec.cli.values import policy_of

NAME = "check"
SUMMARY = "find what is wrong with specs, without torch"
DESCRIPTION = "Check specs and all they import. Imports torch for --shapes only."
TAKES_SPECS = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "specs", nargs="+", metavar="SPEC", help="a spec file, or - for standard input"
    )
    parser.add_argument(
        "--shapes",
        action="store_true",
        help="also run each on fake tensors, with its defaults and every variant, and"
        " tell what does not fit (imports torch)",
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    from modelspec.cli.sources import check_named

    policy = policy_of(arguments)
    for name in arguments.specs:
        console.tell(check_named(name, policy, shapes=arguments.shapes))
    if console.status() == 0:
        count = len(arguments.specs)
        console.say(f"{count} spec{'' if count == 1 else 's'} checked, no errors")
    return 0
