"""`modelspec summary`: sizes, parameters, multiply-adds and memory, in a table."""

from __future__ import annotations

import argparse
import shutil
import sys

from modelspec.cli.console import Console
from modelspec.cli.values import assignment, count, input_shape, policy_of

NAME = "summary"
SUMMARY = "show sizes, parameters, multiply-adds and memory in a table"
DESCRIPTION = """\
Run the network once on fake tensors, with the sizes of its inputs left open, and show
a row for each module: shapes, parameters, multiply-adds, memory."""
EPILOG = """\
example:
  modelspec summary resnet.yaml:resnet50 --depth 1
  modelspec summary gpt.yaml --input idx=8x1024 --optimizer adamw
  modelspec summary unet.yaml --format md >> README.md"""
TAKES_SPECS = True
HAS_FORMAT = True
TABLES = ("text", "json", "csv", "md", "html")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from modelspec.report.summary.optimizers import OPTIMIZERS

    parser.add_argument(
        "spec", metavar="SPEC[:VARIANT]", help="a spec file, or - for standard input"
    )
    parser.add_argument(
        "--format",
        choices=TABLES,
        default="text",
        dest="summary_format",
        help="of the table (default: text)",
    )
    parser.add_argument(
        "--depth", type=count, metavar="N", help="show modules so many levels deep"
    )
    parser.add_argument(
        "--input",
        type=input_shape,
        action="append",
        default=[],
        metavar="NAME=SIZES",
        help="the shape of an input, such as x=1x3x224x224; else sizes are symbols",
    )
    parser.add_argument(
        "--set",
        type=assignment,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a param and its value, as written in a spec; may be repeated",
    )
    parser.add_argument("--dtype", metavar="T", help="of the weights: bfloat16")
    parser.add_argument(
        "--optimizer",
        choices=tuple(OPTIMIZERS),
        metavar="NAME",
        help=f"estimate the memory of training: {', '.join(OPTIMIZERS)}",
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    from modelspec.api.budget import budget_problems
    from modelspec.api.builder import BuildRequest
    from modelspec.api.summary import summarise
    from modelspec.cli.sources import load_named
    from modelspec.report.summary import FORMATS

    spec = load_named(arguments.spec, policy_of(arguments))
    console.tell(spec.diagnostics)
    request = BuildRequest(
        variant=spec.variant, texts=dict(arguments.set), dtype=arguments.dtype
    )
    summary = summarise(
        spec, request, dict(arguments.input), optimizer=arguments.optimizer
    )
    render = FORMATS.get(arguments.summary_format)
    if render is None:
        console.put(summary.text(_width(), arguments.depth))
    else:
        console.put(render(summary, arguments.depth))
    console.tell(budget_problems(spec, request))
    return 0


def _width() -> int | None:
    """That of the terminal; in a file lines are as long as they are."""
    if not sys.stdout.isatty():
        return None
    return shutil.get_terminal_size().columns
