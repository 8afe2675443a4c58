"""The imports of a generated module: those that its code uses, in ruff's order.

Comes in: the parsed code. Goes out: groups of import lines.
"""

from __future__ import annotations

import ast

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

_TORCH = {
    "torch": "import torch",
    "F": "import torch.nn.functional as F",
    "nn": "from torch import nn",
}


def import_groups(code: ast.Module, own: set[str]) -> tuple[tuple[str, ...], ...]:
    """`own` are names that the module defines itself."""
    names = {node.id for node in ast.walk(code) if isinstance(node, ast.Name)} - own
    standard = ["import math"] if "math" in names else []
    sources = sorted({of for one, of in STANDARD.items() if one in names})
    for source in sources:
        taken = sorted(one for one in names if STANDARD.get(one) == source)
        standard.append(f"from {source} import {', '.join(taken)}")
    torch = [line for one, line in _TORCH.items() if one in names]
    return tuple(tuple(group) for group in (standard, torch) if group)
