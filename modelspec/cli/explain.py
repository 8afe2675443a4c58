"""`modelspec explain`: what a diagnostic means, with an example."""

from __future__ import annotations

import argparse
import sys

from modelspec.cli.console import Console

NAME = "explain"
SUMMARY = "tell what a diagnostic means, with an example"
DESCRIPTION = "Tell what the code of a diagnostic means; without a code, list them all."
TAKES_SPECS = False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("code", nargs="?", metavar="CODE", help="such as unknown-layer")


def run(arguments: argparse.Namespace, console: Console) -> int:
    from modelspec.diagnostics.codes import (
        all_codes,
        find_code,
        nearest_code,
        render_code,
    )

    if arguments.code is None:
        widest = max(map(len, all_codes()))
        for code in all_codes().values():
            console.put(f"{code.name:<{widest}}  {code.title}\n")
        return 0
    found = find_code(arguments.code)
    if found is None:
        nearest = nearest_code(arguments.code)
        advice = f"; did you mean '{nearest}'?" if nearest else ""
        message = f"there is no code '{arguments.code}'{advice}"
        print(message, file=sys.stderr)
        return 2
    console.put(render_code(found))
    return 0
