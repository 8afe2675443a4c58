"""Whether a type checker lets an argument stand where a layer of torch is made.

Comes in: a call, the kinds of its arguments, what the catalogue says of the layer.
Goes out: yes or no. Where the catalogue or the kind leave a doubt, yes.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence

from modelspec.backends.python.kinds import Kind, alternatives
from modelspec.catalog import Parameter, Signature, load_catalog

_SCALARS = frozenset({"int", "float", "bool", "str", "None"})
_WIDER = {"bool": {"int", "float", "complex"}, "int": {"float", "complex"}}


def signatures_of(path: tuple[str, ...]) -> Sequence[Signature]:
    """How a layer, or a function that wraps one, is called."""
    catalog = load_catalog()
    if path[0] == "nn" and len(path) == 2:
        layer = catalog.layer(path[1])
        return () if layer is None else (layer.signature,)
    if path[:3] == ("nn", "utils", "parametrizations"):
        return catalog.parametrization(path[-1])
    return ()


def fits_signature(
    signature: Signature, node: ast.Call, infer: Callable[[ast.expr], Kind]
) -> bool:
    given = _given(signature, node, infer)
    return all(accepts(one.annotation, infer(value), value) for one, value in given)


def _given(
    signature: Signature, node: ast.Call, infer: Callable[[ast.expr], Kind]
) -> Iterator[tuple[Parameter, ast.expr]]:
    """Each argument with its parameter; what is unpacked may be any that is left."""
    left = list(signature.positional)
    for value in node.args:
        if isinstance(value, ast.Starred):
            fixed = infer(value)
            if fixed.text.startswith("tuple[") and fixed.items:
                left = left[len(fixed.items) :]
                continue
            yield from ((one, value) for one in left)
            left = []
        elif left:
            yield left.pop(0), value
    for keyword in node.keywords:
        found = signature.parameter(keyword.arg) if keyword.arg else None
        if found is not None:
            yield found, keyword.value


def accepts(annotation: str | None, kind: Kind, node: ast.expr) -> bool:
    if annotation is None or kind.seen != "exact":
        return True
    wanted = alternatives(annotation)
    if isinstance(node, ast.Starred):
        kind = kind.items[0] if kind.items else Kind("Any")
    return all(_accepts(wanted, one, node) for one in alternatives(kind.text))


def _accepts(wanted: Sequence[str], kind: str, node: ast.expr) -> bool:
    if kind in wanted or any(_is_open(one) for one in wanted):
        return True
    if kind.startswith("list["):
        return any(one.startswith(("list", "Sequence")) for one in wanted)
    if kind == "tuple[int, ...]":
        return not any(one.startswith("tuple[") for one in wanted)
    if kind not in _SCALARS:
        return True
    if kind == "str" and any(one.startswith("Literal[") for one in wanted):
        return isinstance(node, ast.Constant)
    return bool(_WIDER.get(kind, set()) & set(wanted))


def _is_open(wanted: str) -> bool:
    """Whether a part of an annotation says nothing that we could judge."""
    known = ("tuple[", "list[", "Sequence[", "Literal[")
    return wanted not in _SCALARS and not wanted.startswith(known)
