"""Names: that those of the Program are safe, and new ones that collide with nothing.

Comes in: a Program, or the names of one block. Goes out: `InternalError` for a name
that the front end should have refused; names for locals and factories, never with a
counter.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable

from modelspec.backends.python.imports import STANDARD
from modelspec.backends.python.nodes import string
from modelspec.backends.python.traversal import bound_names, statements_in
from modelspec.diagnostics.diagnostic import InternalError
from modelspec.policy import is_module_name, is_plain_name
from modelspec.program import ir

MODULE_NAMES = ("math", "torch", "nn", "F")
_OWN = frozenset({*MODULE_NAMES, "self", "super", "isinstance", "ValueError"})
_LOCAL = _OWN | {"OrderedDict", "fnmatchcase"}


def verify_names(program: ir.Program) -> None:
    """Raises `InternalError` for a name that could change structure."""
    for external in program.externals:
        _verify(external.name, _OWN | set(STANDARD))
        if not is_module_name(external.module) or not is_plain_name(external.attribute):
            place = f"{external.module}.{external.attribute}"
            raise InternalError(f"not a name for generated code: {place!r}")
    for function in program.functions:
        _verify(function.name, _OWN | set(STANDARD))
    for block in program.blocks:
        _verify(block.name, _OWN | set(STANDARD))
        for name in bound_names(block):
            _verify(name, _LOCAL)
        for constant in block.constants:
            _verify(constant.name)
        for method in block.methods:
            _verify(method.name)
        for one in statements_in(block.construct):
            _verify_registered(one)
    for variant in program.variants:
        for name, _ in variant.values:
            _verify(name)


def _verify_registered(one: ir.Statement) -> None:
    if isinstance(one, ir.Keep | ir.CallMethod):
        _verify(one.name)
    elif isinstance(one, ir.Child | ir.OwnParameter | ir.OwnBuffer | ir.OwnAttribute):
        text = None if one.name is None else string(one.name)
        if text is not None and not re.fullmatch(r"[A-Za-z0-9_-]+", text):
            raise InternalError(f"not a name for a member: {text!r}")


def _verify(name: str, refused: frozenset[str] = frozenset()) -> None:
    if not is_identifier(name) or name in refused or _is_dunder(name):
        raise InternalError(f"not a name for generated code: {name!r}")


def _is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def is_identifier(text: str) -> bool:
    return text.isascii() and text.isidentifier() and not keyword.iskeyword(text)


def fresh(candidates: Iterable[str], taken: Iterable[str]) -> str:
    """The first candidate that is free; the last one, longer and longer, if none is."""
    used = set(taken)
    last = "value"
    for one in candidates:
        if is_identifier(one) and one not in used:
            return one
        last = one if is_identifier(one) else last
    while last in used:
        last += "_"
    return last


def factory_names(program: ir.Program, taken: Iterable[str]) -> dict[str, str]:
    """A function's name for each variant; exact names are served first."""
    used = {*taken, *MODULE_NAMES, *STANDARD, *dir(builtins)}
    names: dict[str, str] = {}
    wanted = sorted(program.variants, key=lambda one: not is_identifier(one.name))
    for variant in wanted:
        plain = re.sub(r"\W", "_", variant.name, flags=re.ASCII)
        root = snake_case(program.root or "model")
        other = f"{root}_{plain}" if plain[:1].isdigit() else f"create_{plain}"
        chosen = fresh([plain, other, f"create_{root}_{plain}"], used)
        names[variant.name] = chosen
        used.add(chosen)
    return {variant.name: names[variant.name] for variant in program.variants}


def snake_case(name: str) -> str:
    """`ResNet` is `res_net`, `GPT` is `gpt`."""
    apart = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", apart).lower()
