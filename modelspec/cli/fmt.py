"""`modelspec fmt`: specs in one style."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from modelspec.cli.console import Console
from modelspec.cli.values import policy_of

if TYPE_CHECKING:
    from modelspec.api.formatting import Formatted

NAME = "fmt"
SUMMARY = "lay specs out in one style, without torch"
DESCRIPTION = """\
Lay specs out in one style: indentation, quotes, brackets, comments and the Python in
them. The meaning stays, and so does every comment; a file that does not read as a spec
is left alone. Files are rewritten in place, all or none. Never imports torch."""
EPILOG = """\
examples:
  modelspec fmt specs/*.yaml
  modelspec fmt --check --diff specs/*.yaml
  modelspec fmt - < net.yaml"""
TAKES_SPECS = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "specs",
        nargs="+",
        metavar="SPEC",
        help="a spec file, or - for standard input, which goes to standard output",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; exit 1 and name the files that would change",
    )
    parser.add_argument(
        "--diff", action="store_true", help="write nothing; print what would change"
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    from modelspec.api.formatting import format_spec
    from modelspec.cli.sources import open_named
    from modelspec.diagnostics.diagnostic import Diagnostic

    policy = policy_of(arguments)
    done: list[Formatted] = []
    for name in arguments.specs:
        source = open_named(name, policy)
        if isinstance(source, Diagnostic):
            console.tell([source])
            continue
        done.append(format_spec(source, policy))
        console.tell(done[-1].diagnostics)
    if arguments.diff:
        _print_differences(done, console)
    if arguments.check:
        return _name_changed(done, console)
    if not arguments.diff:
        _write(done, console)
    return 0


def _print_differences(done: list[Formatted], console: Console) -> None:
    from modelspec.output.difference import render_change

    for one in done:
        if one.text is not None:
            console.put(render_change(one.source.name, one.source.text, one.text))


def _name_changed(done: list[Formatted], console: Console) -> int:
    changed = [one for one in done if one.changed]
    for one in changed:
        console.say(f"would reformat {one.source.name}")
    if not changed and console.status() == 0:
        console.say(f"{_specs(len(done))} in style")
    return 1 if changed else 0


def _write(done: list[Formatted], console: Console) -> None:
    from modelspec.api.formatting import write_formatted

    changed = [one for one in done if one.changed and one.source.path is not None]
    write_formatted(changed)
    piped = [one.text for one in done if one.source.path is None]
    for text in piped:
        console.put(text or "")
    if piped:
        return  # nothing but the spec itself belongs there
    for one in changed:
        console.say(f"reformatted {one.source.name}")
    if done and not changed and console.status() == 0:
        console.say(f"{_specs(len(done))} in style already")


def _specs(count: int) -> str:
    return f"{count} spec{'' if count == 1 else 's'}"
