"""`modelspec build`: check, make, run once on the declared inputs, report, write."""

from __future__ import annotations

import argparse

from modelspec.cli.console import Console
from modelspec.cli.values import assignment, input_shape, output_file, policy_of

NAME = "build"
SUMMARY = "make the module, run it once, report; write source and weights"
DESCRIPTION = """\
Check a spec, make its module, run it once on the declared inputs (on fake tensors:
no memory, no random numbers), and report."""
EPILOG = """\
example:
  modelspec build resnet.yaml:resnet50 --set num_classes=10 -o resnet50.py"""
TAKES_SPECS = True
SUFFIXES = (".py", ".safetensors", ".pt")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "spec", metavar="SPEC[:VARIANT]", help="a spec file, or - for standard input"
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
        "--device", metavar="D", help="cpu, cuda, cuda:1, mps, meta or auto"
    )
    parser.add_argument("--dtype", metavar="T", help="such as bfloat16")
    parser.add_argument("--seed", type=int, metavar="N", help="of the initial weights")
    parser.add_argument(
        "--weights", metavar="FILE", help="fill it from a .safetensors or .pt file"
    )
    parser.add_argument(
        "--input",
        type=input_shape,
        action="append",
        default=[],
        metavar="NAME=SIZES",
        help="the shape of an input for the run, such as x=1x3x224x224",
    )
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument(
        "--train", action="store_true", help="leave it in train mode (the default)"
    )
    mode.add_argument("--eval", action="store_true", help="put it into eval mode")
    parser.add_argument(
        "-o",
        "--output",
        type=output_file(*SUFFIXES),
        action="append",
        default=[],
        metavar="FILE",
        help=".py the source, .safetensors or .pt the weights; may be repeated",
    )
    parser.add_argument(
        "--force", action="store_true", help="overwrite files that are not ours"
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    from modelspec.api.builder import BuildRequest
    from modelspec.api.products import Products
    from modelspec.api.trial import build_and_run
    from modelspec.cli.sources import load_named
    from modelspec.report.built import render_built

    products = Products(arguments.output, force=arguments.force)
    products.require_writable()
    spec = load_named(arguments.spec, policy_of(arguments))
    console.tell(spec.diagnostics)
    request = BuildRequest(
        variant=spec.variant,
        texts=dict(arguments.set),
        device=arguments.device,
        dtype=arguments.dtype,
        seed=arguments.seed,
        weights=arguments.weights,
    )
    trial = build_and_run(spec, request, dict(arguments.input), eval=arguments.eval)
    console.tell(trial.diagnostics)
    if console.status() == 0:
        products.write(spec, trial.module)
        console.say(render_built(trial.report))
        for path in arguments.output:
            console.say(f"wrote {path}")
    return 0
