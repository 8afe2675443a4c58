"""Whether the values that a call is given are of the kinds that it takes.

In: a call, what is called and what it is given. Out: the first thing that is wrong,
where it would be wrong for every way to read the call. Counts and names of arguments
of children, functions and methods that go by a name are told by the pass of calls.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from modelspec.analysis.facts import Facts, Text
from modelspec.analysis.values.functions import SHOWN, SIGNATURES
from modelspec.analysis.values.held import Held, words
from modelspec.analysis.values.modules import takes_tensor
from modelspec.catalog import Signature, load_catalog
from modelspec.pysubset.refused import dotted_name
from modelspec.records import dataclass


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a call, and where."""

    code: str
    message: str
    node: ast.AST
    help: str = ""


_NO_TENSOR = frozenset({"tuple", "list", "str", "none", "module"})
_TENSORS = "tuple[Tensor, ...] | list[Tensor]"
_BAD: dict[str, frozenset[str]] = {
    "Tensor": _NO_TENSOR,
    _TENSORS: frozenset({"tensor", "str", "none", "int", "float", "module"}),
    "int": frozenset({"str", "tuple", "list", "float", "none", "module"}),
    "str": frozenset({"int", "float", "bool", "tensor", "none", "tuple", "list"}),
}
_WANTED = {
    "Tensor": "a tensor",
    _TENSORS: "a tuple or list of tensors",
    "int": "an int",
    "str": "a text",
}


def check_arguments(
    node: ast.Call, called: Held, given: Sequence[Held], text: Text, facts: Facts
) -> Wrong | None:
    if called.what == "module" and called.made is not None:
        return _of_module(node, called, given, facts)
    function = node.func
    if isinstance(function, ast.Name):
        return None if function.id in text.locals else _of_builtin(node, function.id)
    if called.what == "method" and isinstance(function, ast.Attribute):
        name = function.attr
        overloads = load_catalog().tensor_method(name)
        return _of_overloads(node, f"Tensor.{name}", overloads or (), given, {})
    dotted = dotted_name(function)
    root = "" if dotted is None else dotted.partition(".")[0]
    if dotted is None or root not in ("torch", "F", "math") or root in text.locals:
        return None
    if root == "math":
        return _of_builtin(node, dotted)
    if dotted == "torch.einsum":
        return _of_einsum(node, given)
    overloads = load_catalog().function(dotted)
    return _of_overloads(node, dotted, overloads or (), given, {})


def _of_module(
    node: ast.Call, called: Held, given: Sequence[Held], facts: Facts
) -> Wrong | None:
    made = called.made
    assert made is not None
    if not given or isinstance(node.args[0], ast.Starred):
        return None
    first = given[0]
    bad = first.what in _NO_TENSOR or first.what in ("int", "float", "bool")
    if not bad or not takes_tensor(made, facts):
        return None
    what = f"`{called.said}`" if called.said else made.name
    message = f"{what} takes a tensor, got {words(first)}"
    return Wrong("argument-type", message, node.args[0], _help(first))


def _help(held: Held) -> str:
    if held.what == "tuple" and held.said:
        return "take it apart first: `y, _ = ...`"
    if held.what == "module" and held.said:
        return f"call it: `{held.said}(...)`"
    return ""


# --- functions of torch --------------------------------------------------------------


def _of_overloads(
    node: ast.Call,
    name: str,
    overloads: Sequence[Signature],
    given: Sequence[Held],
    named: dict[str, Held],
) -> Wrong | None:
    """What is wrong for all overloads that the call fits otherwise."""
    if any(isinstance(one, ast.Starred) for one in node.args):
        return None
    keywords = [one.arg for one in node.keywords]
    if None in keywords:
        return None
    first: Wrong | None = None
    for signature in overloads:
        wrong = next(_in_signature(node, name, signature, given), None)
        if wrong is None:
            return None
        first = first or wrong
    return first


def _in_signature(
    node: ast.Call, name: str, signature: Signature, given: Sequence[Held]
) -> Iterator[Wrong]:
    own = name.startswith("torch.") or name.startswith("Tensor.")
    pairs = zip(signature.positional, node.args, given, strict=False)
    for parameter, argument, held in pairs:
        annotation = parameter.annotation or ""
        bad = _BAD.get(annotation, frozenset())
        if annotation == "int" and not own:
            bad = frozenset({"str"})  # of functions in Python it says too little
        if held.what in bad:
            message = (
                f"'{parameter.name}' of {name} takes {_WANTED[annotation]},"
                f" got {words(held)}"
            )
            yield Wrong(
                "argument-type",
                message,
                argument,
                _help(held) or signature.text(name),
            )
    for keyword in node.keywords:
        value = keyword.value
        text = value.value if isinstance(value, ast.Constant) else None
        if isinstance(text, str) and keyword.arg == "dtype":
            known = f"torch.{text}" in load_catalog().dtype_names
            help = f"write `torch.{text}`" if known else ""
            message = f"'dtype' of {name} takes a dtype of torch, got {text!r}"
            yield Wrong("argument-type", message, value, help)


def _of_einsum(node: ast.Call, given: Sequence[Held]) -> Wrong | None:
    if len(given) < 2 or {one.what for one in given[:2]} != {"tensor"}:
        return None
    message = "torch.einsum takes its equation first, got a tensor"
    help = 'torch.einsum("b i j, b j k -> b i k", x, y)'
    return Wrong("argument-type", message, node.args[0], help)


# --- built-in functions --------------------------------------------------------------


def _of_builtin(node: ast.Call, name: str) -> Wrong | None:
    known = SIGNATURES.get(name)
    if known is None or any(isinstance(one, ast.Starred) for one in node.args):
        return None
    least, most, names = known
    help = SHOWN[name]
    if len(node.args) > most:
        plural = "" if most == 1 else "s"
        message = (
            f"{name} takes at most {most} argument{plural} by position,"
            f" got {len(node.args)}"
        )
        return Wrong("too-many-arguments", message, node.args[most], help)
    for keyword in node.keywords:
        if keyword.arg is not None and keyword.arg not in names:
            message = f"{name} has no argument '{keyword.arg}'"
            return Wrong("unexpected-argument", message, keyword, help)
    if len(node.args) + len(node.keywords) < least:
        message = f"{name} takes {'an argument' if least == 1 else 'two arguments'}"
        return Wrong("missing-argument", message, node.func, help)
    return None
