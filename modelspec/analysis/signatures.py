"""What can be called by name, and with what.

In: the canonical function of a call. Out: a `Callee`: the name people know it by and
its overloads, of a layer, block or function of the spec, of torch, or None where it is
not certain what is called.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import field, replace
from typing import Literal, TypeAlias

from modelspec.analysis.members import is_torch_layer
from modelspec.catalog import (
    Parameter,
    ParameterKind,
    Problem,
    Signature,
    bind_overloads,
    load_catalog,
)
from modelspec.program.ir import Block, Function, Param
from modelspec.pysubset.refused import dotted_name
from modelspec.records import dataclass

Sort: TypeAlias = Literal["layer", "block", "function", "init", "torch", "tensor"]

Bound: TypeAlias = "tuple[Signature, tuple[Problem, ...]]"

_PARAMETRIZATIONS = "nn.utils.parametrizations."


@dataclass(frozen=True, slots=True, eq=False)
class Callee:
    """`name` is the user's short name; `block` is set for a block of the spec."""

    name: str
    sort: Sort
    overloads: tuple[Signature, ...]
    block: Block | None = None
    _bound: dict[object, Bound] = field(default_factory=dict)

    def bind(
        self,
        positional: int,
        keywords: tuple[str, ...],
        *,
        has_star: bool,
        has_double_star: bool,
    ) -> Bound:
        """The overload that fits best, and what is wrong with a call of it."""
        key = (positional, keywords, has_star, has_double_star)
        if key not in self._bound:
            self._bound[key] = bind_overloads(
                self.overloads,
                positional,
                keywords,
                has_star=has_star,
                has_double_star=has_double_star,
            )
        return self._bound[key]

    def text(self, signature: Signature) -> str:
        """One of the overloads as help shows it."""
        return _short(signature).text(self.name)


@dataclass(slots=True, eq=False)
class Callees:
    """The callees of a Program, each made at its first use."""

    own: tuple[Block | Function, ...]
    _named: dict[str, Block | Function] = field(init=False)
    _found: dict[str, Callee | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._named = {one.name: one for one in self.own}

    def find(self, node: ast.expr) -> Callee | None:
        """What a name that no local hides means as a function."""
        name = dotted_name(node)
        if name is None:
            return None
        if name not in self._found:
            self._found[name] = self._make(name, node)
        return self._found[name]

    def _make(self, name: str, node: ast.expr) -> Callee | None:
        if "." not in name:
            one = self._named.get(name)
            if isinstance(one, Block):
                return Callee(name, "block", (signature_of_block(one),), one)
            if one is not None:
                return Callee(name, "function", (_of_def(one.definition.args),))
            return None
        return _of_torch(name, node)


def _of_torch(name: str, node: ast.expr) -> Callee | None:
    catalog, last = load_catalog(), name.rpartition(".")[2]
    if is_torch_layer(node):
        layer = catalog.layer(last)
        return None if layer is None else Callee(last, "layer", (layer.signature,))
    if name.startswith("nn.init."):
        overloads = catalog.init_function(last)
        return Callee(last, "init", overloads) if overloads else None
    if name.startswith(_PARAMETRIZATIONS):
        overloads = catalog.parametrization(last)
        return Callee(last, "torch", overloads) if overloads else None
    if name.partition(".")[0] not in ("torch", "F"):
        return None
    found = catalog.function(name)
    return Callee(name, "torch", found) if found else None


def signature_of_block(block: Block) -> Signature:
    """What a call of a block takes: anything besides, where not all was read."""
    known = signature_of_params(block.params)
    return Signature((*known.parameters, *_ANY)) if block.unread else known


_ANY = tuple(
    Parameter(name, ParameterKind[kind], None)
    for name, kind in (("args", "VAR_POSITIONAL"), ("kwargs", "VAR_KEYWORD"))
)


def signature_of_params(params: Iterable[Param]) -> Signature:
    return Signature(tuple(map(_of_param, params)))


def _of_param(param: Param) -> Parameter:
    kind = "KEYWORD_ONLY" if param.keyword_only else "POSITIONAL_OR_KEYWORD"
    default = None if param.default is None else ast.unparse(param.default)
    return Parameter(param.name, ParameterKind[kind], default, str(param.type))


def _of_def(arguments: ast.arguments) -> Signature:
    """The signature of a `def` line."""
    positional = [*arguments.posonlyargs, *arguments.args]
    missing = len(positional) - len(arguments.defaults)
    defaults: list[ast.expr | None] = [*[None] * missing, *arguments.defaults]
    found: list[Parameter] = []
    for at, (one, default) in enumerate(zip(positional, defaults, strict=True)):
        only = at < len(arguments.posonlyargs)
        kind = "POSITIONAL_ONLY" if only else "POSITIONAL_OR_KEYWORD"
        found.append(_parameter(one, kind, default))
    if arguments.vararg is not None:
        found.append(_parameter(arguments.vararg, "VAR_POSITIONAL", None))
    for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        found.append(_parameter(one, "KEYWORD_ONLY", default))
    if arguments.kwarg is not None:
        found.append(_parameter(arguments.kwarg, "VAR_KEYWORD", None))
    return Signature(tuple(found))


def signature_of_method(arguments: ast.arguments) -> Signature:
    """What a call of a method takes: all but `self`."""
    whole = _of_def(arguments)
    return Signature(whole.parameters[1:])


def _parameter(node: ast.arg, kind: str, default: ast.expr | None) -> Parameter:
    text = None if default is None else ast.unparse(default)
    return Parameter(node.arg, ParameterKind[kind], text)


def _short(signature: Signature) -> Signature:
    """Defaults as the user would write them: `BatchNorm2d`, not `nn.BatchNorm2d`."""
    shown = (
        replace(one, default=None if one.default is None else _plain(one.default))
        for one in signature.parameters
    )
    return Signature(tuple(shown))


def _plain(default: str) -> str:
    return default.removeprefix("nn.")
