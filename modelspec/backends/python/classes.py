"""A Block as a class: what stands in it, as trees.

Comes in: a Block and what is known of the whole Program. Goes out: a `ClassCode`, which
the printer turns into a view and the verifier into the structure it expects.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from modelspec.backends.python.annotations import generic
from modelspec.backends.python.attributes import Attributes, value_type
from modelspec.backends.python.construct import constructor_body
from modelspec.backends.python.inference import Inference
from modelspec.backends.python.methods import declared_kinds, typed_methods
from modelspec.backends.python.nodes import (
    annotate,
    assign,
    constant,
    dotted,
    folded,
    name,
    with_plain_texts,
)
from modelspec.backends.python.signature import constructor_arguments
from modelspec.backends.python.uses import Uses
from modelspec.diagnostics.diagnostic import InternalError
from modelspec.diagnostics.span import Source
from modelspec.program import ir
from modelspec.pysubset.body import Comment
from modelspec.trees import expression_tree


@dataclass(frozen=True, slots=True, eq=False)
class FunctionCode:
    """A definition without docstring, its docstring's text, and its comments."""

    definition: ast.FunctionDef
    doc: str | None
    comments: tuple[Comment, ...]
    source: Source | None


@dataclass(frozen=True, slots=True, eq=False)
class ClassCode:
    name: str
    base: ast.expr
    doc: str | None
    arguments: tuple[tuple[str, str], ...]
    fields: tuple[ast.stmt, ...]
    methods: tuple[FunctionCode, ...]
    source: Source


class Classes:
    """Writes the classes of one Program, in its order."""

    def __init__(self, program: ir.Program) -> None:
        self.uses = Uses(program)
        self.attributes = Attributes(self.uses)
        self.inference = Inference(self.attributes)
        self.taken = [one.name for one in program.blocks]
        self.taken += [one.name for one in program.functions]
        self.taken += [one.name for one in program.externals]

    def write(self, block: ir.Block) -> ClassCode:
        constructor = self._constructor(block)
        methods = [
            function_code(
                one.method.name,
                one.arguments,
                one.method.statements,
                one.returns,
                one.method.doc,
                one.method.comments,
                block.source,
            )
            for one in typed_methods(self.inference, block)
        ]
        return ClassCode(
            block.name,
            _base(block),
            block.doc,
            tuple((one.name, one.doc) for one in block.params if one.doc),
            tuple(self._fields(block)),
            (*constructor, *methods),
            block.source,
        )

    def _constructor(self, block: ir.Block) -> list[FunctionCode]:
        body = [folded(one) for one in constructor_body(self.uses, block, self.taken)]
        if not body:
            return []
        arguments = constructor_arguments(self.uses, block)
        kinds = declared_kinds(arguments)
        texts = self.inference.enter_constructor(block, body, kinds)
        body = [with_plain_texts(one, texts) for one in body]
        return [
            function_code(
                "__init__", arguments, body, constant(None), None, (), block.source
            )
        ]

    def _fields(self, block: ir.Block) -> list[ast.stmt]:
        fields: list[ast.stmt] = []
        for one in block.constants:
            fields.append(self._constant(one))
        declared = self.attributes.declared(block)
        fields += [annotate(key, annotation, None) for key, annotation in declared]
        return fields

    def _constant(self, one: ir.Constant) -> ast.stmt:
        kind = value_type(one.value)
        if kind in ("int", "float", "bool", "str"):
            return annotate(one.name, dotted(kind), one.value)
        if kind not in ("list", "dict"):
            return assign(name(one.name), one.value)
        held = expression_tree(self.inference.kind_of(one.value).text).body
        return annotate(one.name, generic("ClassVar", held), one.value)


def function_code(
    called: str,
    arguments: ast.arguments,
    body: Sequence[ast.stmt],
    returns: ast.expr | None,
    doc: str | None,
    comments: tuple[Comment, ...],
    source: Source | None,
) -> FunctionCode:
    """A docstring that stands first among the statements is taken as `doc`."""
    statements = list(body)
    first = statements[0] if statements else None
    match first:
        case ast.Expr(value=ast.Constant(value=str() as text)):
            doc = doc or text
            statements = statements[1:]
    definition = ast.FunctionDef(
        called, arguments, statements or [ast.Pass()], [], returns
    )
    return FunctionCode(definition, doc, comments, source)


def _base(block: ir.Block) -> ast.expr:
    if block.base.kind != "extends":
        return dotted(f"nn.{block.base.kind}")
    if block.base.call is None:
        raise InternalError(f"{block.name} extends nothing")
    return block.base.call.func
