"""Arguments that say no more than the default does.

Comes in: a call, before and after values are put in. Goes out: its keywords without
those that were computed and come out as the default; what the spec wrote as a literal
is left.
"""

from __future__ import annotations

import ast

from modelspec.backends.python.nodes import names_in, path_of
from modelspec.catalog import load_catalog
from modelspec.program import ir


class Defaults:
    """The defaults of a Program's blocks and of torch's layers."""

    def __init__(self, program: ir.Program) -> None:
        self._blocks = {
            block.name: {
                param.name: ast.unparse(param.default)
                for param in block.params
                if param.default is not None and not [*names_in(param.default)]
            }
            for block in program.blocks
        }

    def without(self, call: ast.Call, computed: set[str | None]) -> list[ast.keyword]:
        """The keywords of a call that are needed."""
        path = path_of(call.func) or ()
        return [
            one
            for one in call.keywords
            if one.arg is None
            or one.arg not in computed
            or self._default(path, one.arg) != ast.unparse(one.value)
        ]

    def _default(self, path: tuple[str, ...], argument: str) -> str | None:
        if len(path) == 1:
            return self._blocks.get(path[0], {}).get(argument)
        layer = load_catalog().layer(path[1]) if path[:1] == ("nn",) else None
        if layer is None or len(path) != 2:
            return None
        parameter = layer.signature.parameter(argument)
        return None if parameter is None else parameter.default
