"""`modelspec layers`: what there is to say of the layers that a spec can name."""

from __future__ import annotations

import argparse
import sys

from modelspec.cli.console import Console

NAME = "layers"
SUMMARY = "list the layers there are, or tell about one"
DESCRIPTION = """\
Without NAME, list all layers of torch.nn and the standard blocks, a line each. With
the name of one, show its signature, its arguments and where it is documented; else
list those that have NAME in their name. Never imports torch.
"""
TAKES_SPECS = False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help="such as Conv2d, or a part: conv"
    )
    parser.add_argument(
        "--format",
        choices=("text", "json"),
        default="text",
        help="of the answer (default: text)",
        dest="layers_format",
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    from modelspec.report.layers import find_layers, nearest_layer, render_layers

    name = arguments.name
    found = find_layers(name)
    if not found:
        nearest = nearest_layer(name)
        advice = f"; did you mean '{nearest}'?" if nearest else ""
        print(f"there is no layer '{name}'{advice}", file=sys.stderr)
        return 2
    console.put(render_layers(found, name, as_json=arguments.layers_format == "json"))
    return 0
