"""What stands after a dot or in brackets behind a value.

In: a node. Out: a closure. Names of torch, `nn.Linear`, are settled once, through the
tables of the world and never by walking attributes.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from modelspec.pysubset.access import attribute, nearest, subscript
from modelspec.pysubset.builtin import MATH
from modelspec.pysubset.code import Code
from modelspec.pysubset.faults import EvaluationError, Fault, at_span
from modelspec.pysubset.hole import UNKNOWN_NAME, Hole
from modelspec.pysubset.place import span_of_attribute_name
from modelspec.pysubset.refused import dotted_name
from modelspec.pysubset.values import MISSING, Scope

if TYPE_CHECKING:
    from modelspec.pysubset.closures import Closures

_WORLD_ROOTS = frozenset({"nn", "torch", "F"})
_ABOUT_INDEX = frozenset({"index-out-of-range", "unknown-key"})


def attribute_code(closures: Closures, node: ast.Attribute) -> Code:
    known = settled_name(closures, node)
    if isinstance(known, EvaluationError):
        # Found now, told when it is reached, as Python does.
        return _raising(known)
    if known is not MISSING:
        return lambda scope: known
    run, name = closures.run, node.attr
    value = closures.compile(node.value)

    def read(scope: Scope) -> object:
        of = value(scope)
        try:
            return attribute(run, of, name)
        except Fault as fault:
            raise at_name(closures, fault, node) from None

    return read


def at_name(closures: Closures, fault: Fault, node: ast.Attribute) -> EvaluationError:
    return at_span(fault, span_of_attribute_name(node, closures.source))


def settled_name(closures: Closures, node: ast.Attribute) -> object:
    """What `nn.Linear` or `math.sqrt` is, settled once.

    MISSING for other expressions, an error for names that do not exist.
    """
    dotted = dotted_name(node)
    if dotted is None:
        return MISSING
    root, _, name = dotted.partition(".")
    if closures.names.has(root):
        return MISSING
    if root == "math":
        if name in MATH:
            return MATH[name]
        if "." in name:
            return MISSING
        return at_name(closures, _no_such(dotted, name, list(MATH)), node)
    if root not in _WORLD_ROOTS:
        return MISSING
    found = closures.run.world.resolve(dotted)
    if found is not None:
        return found
    if isinstance(node.value, ast.Attribute) and _resolves(closures, node.value):
        return MISSING
    return at_name(closures, _no_such(dotted, name, []), node)


def _resolves(closures: Closures, node: ast.Attribute) -> bool:
    """Whether this or what it is an attribute of is known."""
    if closures.run.world.resolve(dotted_name(node) or "") is not None:
        return True
    return isinstance(node.value, ast.Attribute) and _resolves(closures, node.value)


def _no_such(dotted: str, name: str, known: list[str]) -> Fault:
    message = f"there is nothing named '{dotted}'"
    return Fault("undefined-name", message, wrong=name, meant=nearest(name, known))


def hole_code(closures: Closures, node: Hole) -> Code:
    """Something unknown, where the world has such a thing."""
    found = closures.run.world.resolve(UNKNOWN_NAME)
    if found is None:
        raise closures.located(Fault("undefined-name", "this was not read"), node)
    return lambda scope: found


def subscript_code(closures: Closures, node: ast.Subscript) -> Code:
    run = closures.run
    value, index = closures.compile(node.value), closures.compile(node.slice)

    def take(scope: Scope) -> object:
        of, at = value(scope), index(scope)
        try:
            return subscript(run, of, at)
        except Fault as fault:
            place = node.slice if fault.code in _ABOUT_INDEX else node
            raise closures.located(fault, place) from None

    return take


def slice_code(closures: Closures, node: ast.Slice) -> Code:
    parts = [
        closures.compile(part) if part is not None else _nothing
        for part in (node.lower, node.upper, node.step)
    ]
    lower, upper, step = parts
    return lambda scope: slice(lower(scope), upper(scope), step(scope))


def _raising(error: EvaluationError) -> Code:
    def fail(scope: Scope) -> object:
        raise EvaluationError(error.diagnostic)

    return fail


def _nothing(scope: Scope) -> None:
    return None
