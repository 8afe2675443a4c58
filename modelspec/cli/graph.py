"""`modelspec graph`: a picture of what flows through a network."""

from __future__ import annotations

import argparse
from pathlib import Path

from modelspec.cli.console import Console
from modelspec.cli.values import (
    assignment,
    count,
    input_shape,
    output_file,
    policy_of,
)

NAME = "graph"
SUMMARY = "draw the network: mermaid, dot, SVG or an HTML page"
DESCRIPTION = """\
Run the network once on fake tensors and draw what flows through it: blocks, layers and
operations, with the shapes between them. Equal blocks in a row are drawn once."""
EPILOG = """\
examples:
  modelspec graph resnet.yaml:resnet18 -o resnet18.svg -o resnet18.html
  modelspec graph gpt.yaml --depth 1 >> README.md"""
TAKES_SPECS = True
HAS_FORMAT = True
SUFFIXES = (".svg", ".html", ".mmd", ".dot", ".md")
_FORMATS = ("mermaid", "dot", "svg", "html", "md")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "spec", metavar="SPEC[:VARIANT]", help="a spec file, or - for standard input"
    )
    parser.add_argument(
        "-o",
        "--output",
        type=output_file(*SUFFIXES),
        action="append",
        default=[],
        metavar="FILE",
        help=f"{', '.join(SUFFIXES)}; may be repeated",
    )
    parser.add_argument(
        "--format",
        choices=_FORMATS,
        default="mermaid",
        dest="graph_format",
        help="of what goes to standard output without -o (default: mermaid)",
    )
    parser.add_argument(
        "--depth",
        type=count,
        metavar="N",
        help="open blocks so many levels deep; else each kind of block once",
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
    parser.add_argument(
        "--force", action="store_true", help="overwrite files that are there"
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    from modelspec.api.builder import BuildRequest
    from modelspec.api.drawing import draw_spec
    from modelspec.api.products import Products
    from modelspec.cli.sources import load_named

    outputs: list[Path] = arguments.output
    products = Products(outputs, force=arguments.force)
    products.require_writable()
    spec = load_named(arguments.spec, policy_of(arguments))
    console.tell(spec.diagnostics)
    request = BuildRequest(variant=spec.variant, texts=dict(arguments.set))
    drawing = draw_spec(spec, request, dict(arguments.input), arguments.depth)
    if not outputs:
        console.put(drawing.text(arguments.graph_format))
        return 0
    products.write(spec, draw=lambda: drawing)
    for path in outputs:
        console.say(f"wrote {path}")
    return 0
