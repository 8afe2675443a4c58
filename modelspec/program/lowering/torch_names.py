"""Dotted names of torch as a spec writes them, and as canonical text has them.

In: the parts of `torch.nn.functional.relu`. Out: `F.relu`, or None for what a spec may
not use, and where in it that begins.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modelspec.catalog import Catalog, load_catalog
from modelspec.pysubset.builtin import MATH
from modelspec.pysubset.refused import dotted_name

_NAMESPACES = frozenset({"nn.utils.", "nn.utils.parametrizations."})


def canonical_type(parts: list[str]) -> str | None:
    """The canonical form of a dotted type: of torch, or a layer."""
    catalog, dotted = load_catalog(), normal_prefix(parts) + parts[-1]
    is_layer = normal_prefix(parts) == "nn." and (
        catalog.layer(parts[-1]) is not None or parts[-1] in ("Module", "Parameter")
    )
    return dotted if is_layer or dotted in catalog.type_names else None


def canonical_dotted(parts: list[str]) -> str | None:
    """The canonical form of a dotted name of torch, if a spec may use it."""
    catalog, prefix, name = load_catalog(), normal_prefix(parts), parts[-1]
    if prefix == "math.":
        return f"math.{name}" if name in MATH else None
    if prefix == "nn.":
        known = catalog.layer(name) is not None or name == "Parameter"
    elif prefix == "nn.init.":
        known = bool(catalog.init_function(name))
    elif prefix == "nn.utils.parametrizations.":
        known = bool(catalog.parametrization(name))
    else:
        known = _is_function(catalog, prefix + name)
    return prefix + name if known else None


def _is_function(catalog: Catalog, dotted: str) -> bool:
    return catalog.function(dotted) is not None or catalog.is_constant(dotted)


def normal_prefix(parts: list[str]) -> str:
    """`nn.` for `torch.nn.`, `F.` for `nn.functional.`, `nn.init.` for `init.`."""
    prefix = ".".join(parts[:-1]) + "."
    if prefix.startswith("torch.nn."):
        prefix = prefix.removeprefix("torch.")
    if prefix == "nn.functional.":
        return "F."
    return "nn.init." if prefix == "init." else prefix


def members_of(prefix: str) -> Iterator[str]:
    catalog = load_catalog()
    if prefix == "math.":
        yield from sorted(MATH)
    elif prefix == "nn.":
        yield from catalog.layer_names
    elif prefix == "nn.init.":
        yield from catalog.init_names
    elif prefix == "nn.utils.parametrizations.":
        yield from catalog.parametrization_names
    else:
        for name in catalog.function_names(prefix):
            yield name.removeprefix(prefix)
        values = (*catalog.dtype_names, *catalog.constant_names)
        for name in sorted(one for one in values if one.startswith(prefix)):
            yield name.removeprefix(prefix)


def first_unknown(parts: list[str]) -> int:
    """Which part of a dotted name of torch begins what is not there."""
    for at in range(1, len(parts) - 1):
        prefix = normal_prefix(parts[: at + 2])
        if next(members_of(prefix), None) is None and prefix not in _NAMESPACES:
            return at
    return len(parts) - 1


def other_prefix(name: str, prefix: str) -> str | None:
    """The same name under another prefix: `F.gelu` for `torch.gelu`."""
    for other in ("torch", "F", "math", "nn", "init"):
        found = canonical_dotted([other, name])
        if found is not None and found != f"{prefix}{name}":
            return found
    return None


def names_of(node: ast.Attribute) -> list[str]:
    """The names of `a.b.c`; empty where the chain does not start with a name."""
    name = dotted_name(node)
    return name.split(".") if name is not None else []


def dotted_tree(name: str, at: ast.expr) -> ast.expr:
    """An expression for a dotted name, standing where `at` stood."""
    first, *rest = name.split(".")
    result: ast.expr = ast.copy_location(ast.Name(first, ast.Load()), at)
    for part in rest:
        result = ast.copy_location(ast.Attribute(result, part, ast.Load()), at)
    return result
