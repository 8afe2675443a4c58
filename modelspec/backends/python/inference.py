"""Light inference over a method: what it returns, and where a checker loses its way.

Comes in: a Method. Goes out: the kind of what it returns, and the error codes by which
`mypy --strict` would refuse what torch's own types cannot express: the result of a
module is `Any`, an attribute that no class declares is `Tensor | Module`. What cannot
be told is `Any`. Never raises for what it does not know.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from modelspec.backends.python.attributes import Attributes
from modelspec.backends.python.inferring.body import Body
from modelspec.backends.python.kinds import (
    ANY,
    MODULE,
    NONE,
    TENSOR,
    Kind,
    alternatives,
    annotated,
    joined,
)
from modelspec.backends.python.nodes import path_of
from modelspec.backends.python.torch_kinds import (
    RECURRENT,
)
from modelspec.program import ir


class Inference:
    """Infers methods of a Program, each once."""

    def __init__(self, attributes: Attributes) -> None:
        self.attributes = attributes
        self.codes: dict[str, set[str]] = {}
        self._results: dict[tuple[str, str], Kind] = {}

    def enter(
        self, block: ir.Block, method: ir.Method, declared: dict[str, Kind]
    ) -> Kind:
        """The kind a method returns, given the kinds of its arguments."""
        place = (block.name, method.name)
        self._results[place] = ANY
        body = Body(self, block, declared, self.codes.setdefault(block.name, set()))
        body.run(method.statements)
        result = joined(body.returned) if body.returned else NONE
        if body.returned and not _always_returns(method.statements):
            result = joined([result, NONE])
        if method.returns is not None:
            result = annotated(method.returns)
        self._results[place] = result
        if result.text != "Any":
            if any(one.seen == "any" and not one.items for one in body.returned):
                body.codes.add("no-any-return")
            if any(one.seen == "union" for one in body.returned):
                body.codes.add("return-value")
        return result

    def kind_of(self, value: ast.expr) -> Kind:
        """The kind of a plain value."""
        block = self.attributes.uses.program.blocks[0]
        return Body(self, block, {}, set()).infer(value)

    def rough_kind_of(self, value: ast.expr) -> Kind:
        """The same, but one kind for what is, or may be, a module of any class."""
        kind = self.kind_of(value)
        parts = alternatives(kind.text)
        return MODULE if any(map(self.attributes.is_class, parts)) else kind

    def result_of(self, block: ir.Block, method: str) -> Kind:
        """What a method of a block returns, found in what it inherits if need be."""
        found = self._results.get((block.name, method))
        if found is not None:
            return found
        if block.base.call is not None:
            kind = ".".join(path_of(block.base.call.func) or ())
            return self.result_of_module(Kind(kind), method)
        return TENSOR

    def result_of_module(self, module: Kind, method: str = "forward") -> Kind:
        block = self.attributes.block_of(module.text)
        if block is not None:
            return self.result_of(block, method)
        return RECURRENT.get(module.text, TENSOR) if method == "forward" else ANY

    def enter_constructor(
        self, block: ir.Block, body: Sequence[ast.stmt], declared: dict[str, Kind]
    ) -> set[ast.expr]:
        """What `__init__` needs; it is given as it will be written. Out: values of
        f-strings that are texts already."""
        codes = self.codes.setdefault(block.name, set())
        if self.attributes.redefines(block):
            codes.add("assignment")
        inferred = Body(self, block, declared, codes)
        inferred.run(body)
        return {value for value, is_text in inferred.shown.items() if is_text}


def _always_returns(body: Sequence[ast.stmt]) -> bool:
    if not body:
        return False
    last = body[-1]
    if isinstance(last, ast.Return | ast.Raise):
        return True
    if isinstance(last, ast.If):
        return _always_returns(last.body) and _always_returns(last.orelse)
    if isinstance(last, ast.With):
        return _always_returns(last.body)
    return isinstance(last, ast.While) and ast.unparse(last.test) == "True"
