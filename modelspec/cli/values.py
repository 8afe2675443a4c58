"""Values on the command line: `name=value`, `x=1x3x224x224`, limits, output files."""

from __future__ import annotations

import argparse
import dataclasses
import os
import re
import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING

from modelspec.policy import Limits, Policy, is_module_name

if TYPE_CHECKING:
    from pathlib import Path

_SHAPE = re.compile(r"[0-9]{1,18}(x[0-9]{1,18})*")
_DEFAULTS: dict[str, int | float] = dataclasses.asdict(Limits())


def assignment(text: str) -> tuple[str, str]:
    """`name=value`; the value is read where the param's type is known."""
    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        raise argparse.ArgumentTypeError(f"expected name=value, got '{text}'")
    return name.strip(), value


def rename_rule(text: str) -> tuple[str, str]:
    """`GLOB=GLOB`; nothing on the right drops what matches."""
    left, sign, right = text.partition("=")
    if not sign:
        raise argparse.ArgumentTypeError(f"expected GLOB=GLOB, got '{text}'")
    return left, right


def input_shape(text: str) -> tuple[str, tuple[int, ...]]:
    """`x=1x3x224x224`."""
    name, sign, shape = text.partition("=")
    if not sign or not name.strip() or not _SHAPE.fullmatch(shape.strip()):
        message = f"expected name=sizes such as x=1x3x224x224, got '{text}'"
        raise argparse.ArgumentTypeError(message)
    return name.strip(), tuple(map(int, shape.strip().split("x")))


def count(text: str) -> int:
    """A number that is not negative."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise argparse.ArgumentTypeError(f"expected a number, 0 or more, got '{text}'")
    return int(text)


def output_file(*suffixes: str) -> Callable[[str], Path]:
    """A file that has one of these suffixes."""

    def read(text: str) -> Path:
        from pathlib import Path

        path = Path(text)
        if path.suffix not in suffixes:
            listed = ", ".join(suffixes)
            message = f"cannot tell what to write to '{text}': expected one of {listed}"
            raise argparse.ArgumentTypeError(message)
        return path

    return read


def source_target(text: str) -> Path:
    """A file that ends in `.py`, or a folder; `-` is standard output.

    A name with another suffix is a folder only where it is there or ends in a slash:
    most are a mistake.
    """
    from pathlib import Path

    path = Path(text)
    has_dot = "." in path.name and path.suffix != ".py"
    is_told = text.endswith(("/", os.sep)) or path.exists()
    if not text or (has_dot and not is_told):
        message = f"cannot tell what to write to '{text}': expected FILE.py or a folder"
        raise argparse.ArgumentTypeError(message)
    return path


def add_limits(parser: argparse.ArgumentParser) -> None:
    """One option for each limit; the help names them in one line."""
    for name, default in _DEFAULTS.items():
        parser.add_argument(
            _option(name), type=_limit(default), metavar="N", help=argparse.SUPPRESS
        )
    named = ", ".join(_option(name).removeprefix("--max-") for name in _DEFAULTS)
    text = textwrap.wrap(f"--max-LIMIT N sets one of: {named}", 78)
    parser.add_argument_group("limits", "\n".join(text))


def add_imports(parser: argparse.ArgumentParser) -> None:
    """The option that allows `python:` imports."""
    parser.add_argument(
        "--allow-import",
        action="append",
        type=module_prefix,
        default=[],
        metavar="MODULE",
        help="let specs import layers from this Python module and those inside it; may"
        " be given several times",
    )


def module_prefix(text: str) -> str:
    """The name of a Python module, `my_pkg` or `my_pkg.layers`."""
    if not is_module_name(text):
        message = f"expected the name of a Python module, got '{text}'"
        raise argparse.ArgumentTypeError(message)
    return text


def policy_of(arguments: argparse.Namespace) -> Policy:
    """What the command line allows."""
    given = {name: getattr(arguments, f"max_{name}") for name in _DEFAULTS}
    changed = {name: value for name, value in given.items() if value is not None}
    limits = dataclasses.replace(Limits(), **changed)
    return Policy(limits, allow_imports=tuple(arguments.allow_import))


def _option(name: str) -> str:
    return f"--max-{name.replace('_', '-')}"


def _limit(default: int | float) -> Callable[[str], int | float]:
    kind = type(default)

    def read(text: str) -> int | float:
        try:
            value: int | float = kind(text)
        except ValueError:
            value = 0
        if not value > 0:
            raise argparse.ArgumentTypeError(f"expected a number, got '{text}'")
        return value

    return read
