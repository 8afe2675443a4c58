"""`modelspec generate`: readable source of specs, without torch."""

from __future__ import annotations

import argparse
from pathlib import Path

from modelspec.cli.console import Console
from modelspec.cli.values import policy_of, source_target

NAME = "generate"
SUMMARY = "write readable nn.Module source, without torch"
DESCRIPTION = """\
Write specs as nn.Module source. One spec becomes a file, several become a package;
without -o the source of one spec goes to standard output. Never imports torch."""
EPILOG = """\
examples:
  modelspec generate resnet.yaml -o resnet.py
  modelspec generate specs/*.yaml -o my_project/nets --check"""
TAKES_SPECS = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "specs",
        nargs="+",
        metavar="SPEC",
        help="spec files, or - for standard input; SPEC:VARIANT chooses the values"
        " that the flat style puts in",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=source_target,
        metavar="FILE.py|FOLDER",
        help="where to write (default: -, standard output)",
    )
    parser.add_argument(
        "--style",
        choices=("parametric", "flat"),
        default="parametric",
        help="flat: all values put in, loops unrolled (default: parametric)",
    )
    parser.add_argument(
        "--emit",
        choices=("source", "ir"),
        default="source",
        help="ir: the program as the compiler sees it, on standard output",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; exit 1 with a diff where files are not up to date",
    )
    parser.add_argument(
        "--template-dir",
        type=Path,
        metavar="D",
        help="a folder of templates that take the place of ours",
    )
    parser.add_argument(
        "--force", action="store_true", help="overwrite files that are not ours"
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    from modelspec.api.generation import (
        Generation,
        difference,
        require_writable,
        write_planned,
    )
    from modelspec.cli.sources import load_named

    if arguments.output == Path("-"):
        arguments.output = None
    if problem := _misuse(arguments):
        arguments.parser.error(problem)
    if arguments.output is not None and not arguments.check:
        require_writable(arguments.output)
    policy = policy_of(arguments)
    specs = []
    for name in arguments.specs:
        specs.append(load_named(name, policy))
        console.tell(specs[-1].diagnostics)
    if arguments.emit == "ir":
        for spec in specs:
            console.put(spec.ir())
        return 0
    generation = Generation(specs, arguments.style, arguments.template_dir)
    if arguments.output is None:
        console.put(generation.text())
        return 0
    files = generation.plan(arguments.output)
    if arguments.check:
        found = difference(files)
        console.put(found)
        return 1 if found else 0
    write_planned(files, force=arguments.force)
    for file in files:
        console.say(f"wrote {file.path}")
    return 0


def _misuse(arguments: argparse.Namespace) -> str | None:
    output, several = arguments.output, len(arguments.specs) > 1
    if arguments.emit == "ir":
        wrong = output is not None or arguments.check
        return "--emit ir writes to standard output" if wrong else None
    if output is None and arguments.check:
        return "--check needs -o, the files to compare with"
    if output is None and several:
        return "several specs become a package: name its folder with -o"
    if output is not None and output.suffix == ".py" and several:
        return f"several specs become a package: {output} is a file, name a folder"
    return None
