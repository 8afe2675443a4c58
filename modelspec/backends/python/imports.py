"""The imports of a generated module: those that its code uses, in ruff's order.

Comes in: the parsed code, and the classes of Python modules that it may name. Goes out:
groups of import lines.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from modelspec.layout.printer import Printer
from modelspec.program.ir import External

STANDARD = {
    "OrderedDict": "collections",
    "ClassVar": "typing",
    "Callable": "collections.abc",
    "fnmatchcase": "fnmatch",
    "partial": "functools",
    "EllipsisType": "types",
    "Any": "typing",
}
"""What generated code takes from the standard library besides `math`."""

_TORCH = {"torch": "import torch", "F": "import torch.nn.functional as F"}
_PARTS = re.compile(r"[0-9]+|[^0-9]")


def import_groups(
    code: ast.Module, own: set[str], externals: Iterable[External] = ()
) -> tuple[tuple[str, ...], ...]:
    """`own` are names that the module defines itself."""
    names = {node.id for node in ast.walk(code) if isinstance(node, ast.Name)} - own
    standard = ["import math"] if "math" in names else []
    sources = sorted({of for one, of in STANDARD.items() if one in names})
    for source in sources:
        taken = sorted(one for one in names if STANDARD.get(one) == source)
        standard.append(f"from {source} import {', '.join(taken)}")
    installed = [line for one, line in _TORCH.items() if one in names]
    members = [(one.module, one.attribute, one.name) for one in externals]
    members.append(("torch", "nn", "nn"))
    installed += _from_lines(one for one in members if one[2] in names)
    return tuple(tuple(group) for group in (standard, installed) if group)


def _from_lines(taken: Iterable[tuple[str, str, str]]) -> list[str]:
    """Lines that import names of modules: module, name, the name it has here. One that
    has another name here stands on a line of its own."""
    together: dict[tuple[str, str], list[ast.alias]] = {}
    for module, name, here in sorted(taken, key=lambda one: _member_key(one[1])):
        alone = "" if name == here else name
        alias = ast.alias(name, None if name == here else here)
        together.setdefault((module, alone), []).append(alias)
    printer = Printer(None)
    order = sorted(together, key=lambda key: (_natural(key[0]), _first(together[key])))
    return [
        printer.statements([ast.ImportFrom(key[0], together[key], 0)], 0)
        for key in order
    ]


def _first(aliases: list[ast.alias]) -> tuple[object, ...]:
    return (*_member_key(aliases[0].name), aliases[0].asname or "")


def _member_key(name: str) -> tuple[object, ...]:
    """Constants, classes, then the rest, as ruff orders names."""
    if name.isupper() and len(name) > 1:
        return 0, _natural(name)
    return (1 if name[:1].isupper() else 2), _natural(name)


def _natural(name: str) -> tuple[object, ...]:
    """Letter by letter, numbers by what they count: `conv2` before `conv10`; case tells
    last."""
    parts = _PARTS.findall(name.lower())
    digit = ord("0")
    key = [(digit, int(one)) if one.isdigit() else (ord(one), 0) for one in parts]
    return tuple(key), name
