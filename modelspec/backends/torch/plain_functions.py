"""A spec's functions as plain Python functions, and the globals that methods see.

Functions run in the evaluator while modules are made. Where one becomes part of what
is made (an activation, what a method calls), it must be an ordinary function.
"""

from __future__ import annotations

import ast
import functools
import math
from collections.abc import Callable, Iterable, Iterator
from types import CodeType, FunctionType
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from modelspec.backends.torch.methods import build_function, build_namespace
from modelspec.program import ir
from modelspec.pysubset.builtin import linspace
from modelspec.pysubset.function import FunctionValue

ClassOf = Callable[[str], "type[nn.Module] | None"]


class PlainFunctions:
    """The functions of one program; `class_of` gives the class of a block, if any."""

    def __init__(self, program: ir.Program, class_of: ClassOf) -> None:
        self._definitions = {one.name: one for one in program.functions}
        self._class_of = class_of
        self._made: dict[str, FunctionType] = {}
        self._guarded: dict[str, CodeType] = {}
        self.namespace = build_namespace(
            torch=torch,
            nn=nn,
            F=functional,
            math=math,
            partial=functools.partial,
            linspace=linspace,
        )

    def provide(self, names: Iterable[str]) -> None:
        """Put the functions and blocks of these names into the namespace."""
        for name in names:
            if name in self.namespace:
                continue
            if name in self._definitions:
                self._function(name)
            elif (cls := self._class_of(name)) is not None:
                self.namespace[name] = cls

    def plain(self, value: object) -> object:
        """The plain function for one of the evaluator's, inside `partial` too."""
        kind = type(value)
        if kind is not FunctionValue and kind is not functools.partial:
            return value
        if isinstance(value, FunctionValue):
            return self._function(value.name)
        if isinstance(value, functools.partial) and isinstance(
            value.func, FunctionValue
        ):
            plain: Any = self._function(value.func.name)
            return functools.partial(plain, *value.args, **value.keywords)
        return value

    def guarded(self) -> Iterator[tuple[FunctionType, CodeType]]:
        """The functions made so far, each with its guarded code."""
        for name, function in self._made.items():
            code = self._guarded.get(name)
            if code is None:
                made = build_function(self._definitions[name], self.namespace, True)
                code = self._guarded[name] = made.__code__
            yield function, code

    def _function(self, name: str) -> FunctionType:
        found = self._made.get(name)
        if found is None:
            function = self._definitions[name]
            found = build_function(function, self.namespace)
            self._made[name] = self.namespace[name] = found
            self.provide(names_in([function.definition]))
        return found


def names_in(nodes: Iterable[ast.AST]) -> list[str]:
    """The bare names in some trees, sorted."""
    found = {
        node.id
        for tree in nodes
        for node in ast.walk(tree)
        if isinstance(node, ast.Name)
    }
    return sorted(found)
