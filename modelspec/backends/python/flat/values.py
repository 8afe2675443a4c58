"""Values that are known before any module is made, and how they are written.

Plain values are Python's own. What the evaluator cannot look into but a program may
hand around, a layer type or a dtype, is a `Code`: the expression that names it. Nothing
is ever made here: a call of a layer is refused, and stays in the program.
"""

from __future__ import annotations

import ast
import functools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from modelspec.backends.python.nodes import (
    call,
    constant,
    dotted,
    list_of,
    tuple_of,
)
from modelspec.program import ir
from modelspec.pysubset.faults import WorldError


@dataclass(frozen=True, slots=True)
class Code:
    """A name that means the same everywhere: `nn.ReLU`, `Bottleneck`."""

    path: str

    def expression(self) -> ast.expr:
        return dotted(self.path)

    def __call__(self, *args: object, **kwargs: object) -> object:
        """`partial` takes nothing that cannot be called."""
        raise refusal()


class UnwritableError(Exception):
    """A value that no literal stands for."""


def written(value: object) -> ast.expr:
    """The expression for a value."""
    match value:
        case Code():
            return value.expression()
        case None | bool() | str():
            return constant(value)
        case int() | float():
            return _number(value)
        case list():
            return list_of([written(one) for one in value])
        case tuple():
            return tuple_of([written(one) for one in value])
        case dict():
            keys = [written(one) for one in value]
            return ast.Dict([*keys], [written(one) for one in value.values()])
        case range():
            bounds = [value.start, value.stop, value.step]
            kept = bounds[:2] if value.step == 1 else bounds
            kept = kept[1:] if kept[0] == 0 and len(kept) == 2 else kept
            return call("range", *map(written, kept))
        case functools.partial():
            given = {key: written(one) for key, one in value.keywords.items()}
            return call(
                "partial", written(value.func), *map(written, value.args), **given
            )
    raise UnwritableError


def _number(value: float) -> ast.expr:
    if math.isnan(value):
        return call("float", constant("nan"))
    if math.copysign(1, value) < 0:
        return ast.UnaryOp(ast.USub(), _number(-value))
    return dotted("math.inf") if value == math.inf else constant(value)


class NamesOnly:
    """A `World` in which torch's names stand for themselves and nothing can be done."""

    def __init__(self, program: ir.Program) -> None:
        self.constants: dict[tuple[str, str], object] = {}
        for block in program.blocks:
            for one in block.constants:
                if isinstance(one.value, ast.Constant):
                    self.constants[block.name, one.name] = one.value.value
        self._externals = {one.name for one in program.externals}

    def resolve(self, dotted: str) -> object | None:
        return Code(dotted)

    def attribute(self, value: object, name: str) -> object:
        key = (value.path, name) if isinstance(value, Code) else ("", name)
        if key not in self.constants:
            raise refusal()
        return self.constants[key]

    def call(
        self, function: object, args: list[object], kwargs: dict[str, object]
    ) -> object:
        raise refusal()

    def binary(self, operator: str, left: object, right: object) -> object:
        raise refusal()

    def unary(self, operator: str, value: object) -> object:
        raise refusal()

    def compare(self, operator: str, left: object, right: object) -> object:
        if not (isinstance(left, Code) and isinstance(right, Code)):
            raise refusal()
        # One class of a Python module may have two names.
        is_known = left == right or not {left.path, right.path} <= self._externals
        if is_known and operator in ("==", "!="):
            return (left == right) is (operator == "==")
        raise refusal()

    def subscript(self, value: object, index: object) -> object:
        raise refusal()

    def set_item(self, value: object, index: object, item: object) -> None:
        raise refusal()

    def iterate(self, value: object) -> Iterator[object]:
        raise refusal()

    def length(self, value: object) -> int:
        raise refusal()

    def truth(self, value: object) -> bool:
        raise refusal()

    def is_instance(self, value: object, kind: object) -> bool:
        raise refusal()

    def text(self, value: object) -> str:
        raise refusal()


def refusal() -> WorldError:
    return WorldError("not-known", "this is known only when modules are made", "")


def code_of(classes: Iterable[str]) -> dict[str, object]:
    return {one: Code(one) for one in classes}
