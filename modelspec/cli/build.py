"""`modelspec build`: check, make, run once on the declared inputs, report, write."""

from __future__ import annotations

import argparse
from functools import cache
from typing import TYPE_CHECKING

from modelspec.cli.console import Console
from modelspec.cli.values import (
    assignment,
    input_shape,
    output_file,
    policy_of,
    rename_rule,
)

if TYPE_CHECKING:
    from modelspec.api.weights import WeightsRequest

NAME = "build"
SUMMARY = "make the module, run it once, report; write source and weights"
DESCRIPTION = """\
Check a spec, make its module, run it once on the declared inputs (on fake tensors:
no memory, no random numbers), and report."""
EPILOG = """\
example:
  modelspec build resnet.yaml:resnet50 --set num_classes=10 -o resnet50.py
  modelspec build resnet.yaml:resnet50 --weights resnet50.pth --rename 'module.*=*'"""
TAKES_SPECS = True
SUFFIXES = (
    *(".py", ".safetensors", ".pt", ".json"),
    *(".svg", ".html", ".mmd", ".dot", ".md"),
    *(".pt2", ".onnx", ".torchscript"),
)


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
    add_weights(parser)
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
        help=".py the source, .safetensors or .pt the weights, .json the summary, .svg,"
        " .html, .mmd or .dot a picture, .md both; .pt2, .onnx or .torchscript an"
        " export, in eval mode unless --train is given; may be repeated",
    )
    parser.add_argument(
        "--force", action="store_true", help="overwrite files that are not ours"
    )


def add_weights(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "weights",
        "From a state_dict, all of it or an error with a table of what does not fit.",
    )
    group.add_argument(
        "--weights",
        action="append",
        metavar="FILE",
        help=".safetensors, or .pt, .pth or .bin, read as data only; for a state_dict"
        " in several files repeated, or their index, .index.json",
    )
    group.add_argument(
        "--weights-key",
        metavar="KEY",
        help="the entry of a .pt file that is the state_dict, where it holds more",
    )
    group.add_argument(
        "--rename",
        type=rename_rule,
        action="append",
        default=[],
        metavar="GLOB=GLOB",
        help="rename what matches, such as 'module.*=*'; an empty right side drops it;"
        " repeated rules are applied in order",
    )


def weights_of(arguments: argparse.Namespace) -> WeightsRequest | None:
    """What the options of weights ask for."""
    from modelspec.api.weights import request_weights

    if arguments.weights is None and (arguments.rename or arguments.weights_key):
        arguments.parser.error("--rename and --weights-key need --weights")
    return request_weights(arguments.weights, arguments.rename, arguments.weights_key)


def run(arguments: argparse.Namespace, console: Console) -> int:
    from modelspec.api.builder import BuildRequest
    from modelspec.api.drawing import draw_observed, named_spec
    from modelspec.api.observing import observe_spec
    from modelspec.api.products import Products
    from modelspec.api.summary import summarise_observed
    from modelspec.api.trial import build_and_run
    from modelspec.cli.sources import load_named
    from modelspec.report.built import render_built

    weights = weights_of(arguments)
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
        weights=weights,
    )
    trial = build_and_run(spec, request, dict(arguments.input), eval=arguments.eval)
    console.tell(trial.diagnostics)
    if console.status() == 0:
        shapes, name = dict(arguments.input), named_spec(spec, spec.variant)
        observed = cache(lambda: observe_spec(spec, request, shapes))
        if not arguments.train:
            trial.built.module.eval()  # what runs without its class is not trained
        fixed = products.write(
            spec,
            trial.built,
            draw=lambda: draw_observed(observed(), name, shapes),
            summarise=lambda: summarise_observed(observed(), spec.variant, shapes),
            known=trial.known,
        )
        console.say(render_built(trial.report))
        for path in arguments.output:
            sizes = ", ".join(fixed.get(path, ()))
            console.say(f"wrote {path}" + (f", with a fixed {sizes}" if sizes else ""))
    return 0
