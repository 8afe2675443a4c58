"""`modelspec save`: a model in a folder, spec and weights, for `load_model`."""

from __future__ import annotations

import argparse
from pathlib import Path

from modelspec.cli.build import add_weights
from modelspec.cli.console import Console
from modelspec.cli.values import assignment, policy_of

NAME = "save"
SUMMARY = "save a model in a folder: spec, params and weights together"
DESCRIPTION = """\
Make the module of a spec, fill it with weights if there are any, and save it in a
folder, from which `modelspec.load_model(FOLDER)` makes it again, anywhere: the spec and
what it imports, the values of its params, and the weights as safetensors."""
EPILOG = """\
example:
  modelspec save resnet.yaml:resnet50 --weights resnet50.pth resnet50"""
TAKES_SPECS = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "spec", metavar="SPEC[:VARIANT]", help="a spec file, or - for standard input"
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where to save")
    parser.add_argument(
        "--set",
        type=assignment,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a param and its value, as written in a spec; may be repeated",
    )
    parser.add_argument("--dtype", metavar="T", help="such as bfloat16")
    parser.add_argument("--seed", type=int, metavar="N", help="of the initial weights")
    add_weights(parser)
    parser.add_argument(
        "--force", action="store_true", help="replace a model that is saved there"
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    from modelspec.api.builder import BuildRequest
    from modelspec.api.saving import require_place, save_model_of
    from modelspec.cli.build import weights_of
    from modelspec.cli.sources import load_named

    weights = weights_of(arguments)
    require_place(arguments.folder, force=arguments.force)
    spec = load_named(arguments.spec, policy_of(arguments))
    console.tell(spec.diagnostics)
    request = BuildRequest(
        variant=spec.variant,
        texts=dict(arguments.set),
        dtype=arguments.dtype,
        seed=arguments.seed,
        weights=weights,
    )
    built = spec.make(request)
    console.tell(built.warnings)
    save_model_of(spec, built.module, request, arguments.folder, force=arguments.force)
    console.say(f"saved {type(built.module).__name__} in {arguments.folder}")
    return 0
