"""Types of params as annotations.

Comes in: a `TypeExpression` and how the param is used. Goes out: an expression that
stands in a signature.
"""

from __future__ import annotations

import ast

from modelspec.backends.python.nodes import (
    constant,
    dotted,
    name,
    subscript,
    tuple_of,
    union,
)
from modelspec.backends.python.uses import Uses
from modelspec.program import ir

_PLAIN = {"int": "int", "float": "float", "bool": "bool", "str": "str"}
_WIDE = {
    "module": "nn.Module",
    "dtype": "torch.dtype",
    "any": "Any",
    "tensor": "torch.Tensor",
    "Tensor": "torch.Tensor",
}


def any_type() -> ast.expr:
    return name("Any")


def tensor() -> ast.expr:
    return dotted("torch.Tensor")


def generic(kind: str, *arguments: ast.expr) -> ast.expr:
    inside = arguments[0] if len(arguments) == 1 else tuple_of(arguments)
    return subscript(name(kind), inside)


def optional(annotation: ast.expr) -> ast.expr:
    """The annotation with `None` allowed."""
    if isinstance(annotation, ast.Name) and annotation.id == "Any":
        return annotation
    return union([*members(annotation), constant(None)])


def members(annotation: ast.expr) -> list[ast.expr]:
    """The parts of a union."""
    if isinstance(annotation, ast.BinOp):
        return [*members(annotation.left), *members(annotation.right)]
    return [annotation]


def admits_none(kind: ir.TypeExpression) -> bool:
    if kind.name == "union":
        return any(admits_none(one) for one in kind.arguments)
    return kind.name in ("None", "none", "any")


def param_annotation(uses: Uses, block: ir.Block, param: ir.Param) -> ast.expr:
    return _Annotations(uses, block, param).of(param.type)


class _Annotations:
    def __init__(self, uses: Uses, block: ir.Block, param: ir.Param) -> None:
        self.uses = uses
        self.block = block
        self.param = param

    def of(self, kind: ir.TypeExpression) -> ast.expr:
        arguments = [self.of(one) for one in kind.arguments]
        match kind.name:
            case "union":
                parts = [one for part in arguments for one in members(part)]
                return union(sorted(parts, key=_is_none_constant))
            case "None" | "none":
                return constant(None)
            case "layer":
                return self._layer()
            case "children":
                return self._children()
            case "list":
                return generic("list", *arguments or [any_type()])
            case "dict":
                return generic("dict", name("str"), *arguments or [any_type()])
            case "tuple":
                if kind.variadic or not arguments:
                    item = arguments or [any_type()]
                    return generic("tuple", *item, ast.Constant(...))
                return generic("tuple", *arguments)
        return dotted(_PLAIN.get(kind.name) or _WIDE.get(kind.name, "Any"))

    def _layer(self) -> ast.expr:
        """A layer type; a set of classes where constants are read off it."""
        constants = self.uses.constants_read(self.block, self.param.name)
        if not constants:
            return layer_type()
        blocks = self.uses.blocks_with(constants)
        blocks = [one for one in blocks if one is not self.block]
        if not blocks:
            return any_type()
        return generic("type", union([name(one.name) for one in blocks]))

    def _children(self) -> ast.expr:
        forms = self.uses.children_forms(self.block, self.param.name)
        as_list = generic("list", dotted("nn.Module"))
        as_dict = generic("dict", name("str"), dotted("nn.Module"))
        if forms == {True}:
            return as_dict
        return as_list if forms == {False} else union([as_list, as_dict])


def children_annotation(value: ast.expr) -> ast.expr | None:
    """What holds modules of any class, where it is written out as a list or a dict."""
    if isinstance(value, ast.List | ast.ListComp):
        return generic("list", dotted("nn.Module"))
    if isinstance(value, ast.Dict | ast.DictComp):
        return generic("dict", name("str"), dotted("nn.Module"))
    return None


def layer_type() -> ast.expr:
    """`Callable[..., nn.Module]`"""
    return generic("Callable", ast.Constant(...), dotted("nn.Module"))


def _is_none_constant(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
