"""Which layer stands under a dotted name, and what tensors it has for certain.

Comes in: a Block and a name as `init` gives it. Goes out: whether the parameter is
there however the class is built. Only what is registered once and under no condition
is followed; where a doubt is left, it is not certain.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from modelspec.backends.python.containers import kind_of
from modelspec.backends.python.nodes import path_of, string
from modelspec.catalog import Layer, load_catalog
from modelspec.program import ir

_WEIGHTED = ("Linear", "Bilinear", "Conv", "Embedding", "BatchNorm", "GroupNorm")
_SWITCHES = ("affine", "elementwise_affine")


def has_tensor(program: ir.Program, block: ir.Block, path: str, leaf: str) -> bool:
    """Whether the module under a dotted name has this weight or bias for certain."""
    place: ir.Block | ir.ModuleValue | None = block
    for part in path.split("."):
        place = _step(program, place, part)
    if not isinstance(place, ir.Value) or not isinstance(place.expression, ast.Call):
        return False
    return _has(place.expression, leaf)


def _step(
    program: ir.Program, place: ir.Block | ir.ModuleValue | None, part: str
) -> ir.Block | ir.ModuleValue | None:
    """The child of a name in a class, or in a container that is written out."""
    if isinstance(place, ir.Value) and isinstance(place.expression, ast.Call):
        place = program.block(".".join(path_of(place.expression.func) or ()))
    if isinstance(place, ir.Block):
        return _child(place.construct, part)
    if isinstance(place, ir.Container) and kind_of(place):
        return _child(place.children, part)
    return None


def _child(body: Sequence[ir.Statement], part: str) -> ir.ModuleValue | None:
    """What is registered under a name or at a position, if nothing else may be."""
    position = 0
    found: list[ir.ModuleValue] = []
    for one in body:
        match one:
            case ir.Child(name=None):
                found += [one.value] if part == str(position) else []
                position += 1
            case ir.Child(name=ast.Constant() as key) if string(key) == part:
                found.append(one.value)
            case _ if any(_may_register(each, part) for each in _at_this_level(one)):
                return None
    return found[0] if len(found) == 1 else None


def _at_this_level(one: ir.Statement) -> Iterator[ir.Statement]:
    """The statement, or those under its control key."""
    match one:
        case ir.For():
            below = one.body
        case ir.If():
            below = (*one.body, *one.orelse)
        case _:
            yield one
            return
    for each in below:
        yield from _at_this_level(each)


def _may_register(one: ir.Statement, part: str) -> bool:
    """Whether a statement may register, or change what is below, this name."""
    match one:
        case ir.Child(name=ast.Constant() as key):
            return string(key) == part
        case ir.Replace(path=ast.Constant() as path):
            return str(path.value).split(".")[0] == part
    return isinstance(one, ir.Child | ir.Splice | ir.Replace)


def _has(made: ast.Call, leaf: str) -> bool:
    """Whether a call of a layer makes a module with a parameter of this name."""
    path = path_of(made.func) or ("",)
    layer = load_catalog().layer(path[-1]) if path[0] == "nn" else None
    if layer is None or not layer.name.startswith((*_WEIGHTED, "LayerNorm")):
        return False
    switches = [*_SWITCHES, *(["bias"] if leaf == "bias" else [])]
    values = [_argument(made, layer, one) for one in switches]
    known = [one for one in values if one is not None]
    if leaf == "bias" and not known:
        return False
    return leaf in ("weight", "bias") and all(one is True for one in known)


def _argument(made: ast.Call, layer: Layer, wanted: str) -> object | None:
    """The value of a flag, `...` where it is no constant; None if there is no such."""
    parameter = layer.signature.parameter(wanted)
    if parameter is None:
        return None
    if any(isinstance(one, ast.Starred) for one in made.args):
        return ...
    positional = dict(zip(layer.signature.positional, made.args, strict=False))
    given = positional.get(parameter)
    for keyword in made.keywords:
        if keyword.arg is None:
            return ...
        given = keyword.value if keyword.arg == wanted else given
    if given is None:
        return parameter.default == "True" or ...
    return given.value if isinstance(given, ast.Constant) else ...
