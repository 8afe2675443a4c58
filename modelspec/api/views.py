"""A Program's params and variants as plain values, for who looks at a `Spec`."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from types import MappingProxyType

from modelspec.program.ir import Block, Param, Program
from modelspec.records import dataclass


@dataclass(frozen=True, slots=True)
class ParamView:
    """A param of a spec; `type` and `default` are as they are written in Python."""

    name: str
    type: str
    default: str | None
    doc: str | None = None
    minimum: float | int | None = None
    maximum: float | int | None = None
    choices: tuple[object, ...] = ()

    @property
    def is_required(self) -> bool:
        return self.default is None

    def __str__(self) -> str:
        default = "" if self.default is None else f" = {self.default}"
        return f"{self.name}: {self.type}{default}"


def param_views(block: Block | None) -> Mapping[str, ParamView]:
    """The params of the root, in order."""
    params = block.params if block is not None else ()
    return MappingProxyType({param.name: _view(param) for param in params})


def variant_views(program: Program) -> Mapping[str, Mapping[str, str]]:
    """For each variant the params it gives, and their values."""
    return MappingProxyType(
        {
            variant.name: MappingProxyType(
                {name: ast.unparse(value) for name, value in variant.values}
            )
            for variant in program.variants
        }
    )


def _view(param: Param) -> ParamView:
    return ParamView(
        param.name,
        str(param.type),
        None if param.default is None else ast.unparse(param.default),
        param.doc,
        param.minimum,
        param.maximum,
        param.choices,
    )
