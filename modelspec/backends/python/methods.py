"""Methods: the user's statements under a signature with types.

Comes in: a Method. Goes out: arguments with annotations, the return annotation, the
statements untouched. What a spec leaves unsaid is guessed from how it is used.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from modelspec.backends.python.annotations import (
    any_type,
    generic,
    layer_type,
    members,
    optional,
    tensor,
)
from modelspec.backends.python.attributes import value_type
from modelspec.backends.python.inference import Inference
from modelspec.backends.python.kinds import HIDDEN, Kind, annotated
from modelspec.backends.python.nodes import dotted, is_none, name, path_of
from modelspec.backends.python.torch_kinds import fits, of_tensors
from modelspec.catalog import load_catalog
from modelspec.program import ir
from modelspec.trees import clone, expression_tree

_SPEC_TYPES = {
    "module": "nn.Module",
    "dtype": "torch.dtype",
    "any": "Any",
    "tensor": "torch.Tensor",
    "Tensor": "torch.Tensor",
}


_FACTORIES = frozenset({"zeros", "ones", "full", "empty", "arange", "rand", "randn"})
"""These take sizes, not tensors."""


_WITHOUT_FORWARD = frozenset({"nn.Module", "nn.ModuleList", "nn.ModuleDict"})


@dataclass(frozen=True, slots=True)
class TypedMethod:
    method: ir.Method
    arguments: ast.arguments
    returns: ast.expr


def typed_methods(inference: Inference, block: ir.Block) -> list[TypedMethod]:
    """The methods of a block in their order; others are inferred before `forward`."""
    order = sorted(block.methods, key=lambda one: one.name == "forward")
    typed = {one.name: _typed(inference, block, one) for one in order}
    return [typed[one.name] for one in block.methods]


def _typed(inference: Inference, block: ir.Block, method: ir.Method) -> TypedMethod:
    arguments = typed_arguments(inference, block, method)
    if method.name == "forward" and not _may_override(inference, block, arguments):
        inference.codes.setdefault(block.name, set()).add("override")
    result = inference.enter(block, method, declared_kinds(arguments))
    if not _may_return(inference, block, method, result):
        inference.codes.setdefault(block.name, set()).add("override")
    returns = expression_tree(result.text).body
    if method.returns is not None:
        returns = spec_annotation(method.returns)
    return TypedMethod(method, arguments, returns)


def _may_return(
    inference: Inference, block: ir.Block, method: ir.Method, result: Kind
) -> bool:
    """Whether this is what the inherited method of a block returns, or less."""
    made = block.base.call
    parent = made and inference.attributes.block_of(ast.unparse(made.func))
    if not parent:
        return True
    if parent.method(method.name) is None:
        return _may_return(inference, parent, method, result)
    return fits(result, inference.result_of(parent, method.name))


def _may_override(
    inference: Inference, block: ir.Block, arguments: ast.arguments
) -> bool:
    """Whether every call of the inherited `forward` is one of this."""
    inherited = _inherited_counts(inference, block)
    if inherited is None or arguments.vararg is not None:
        return True
    fewest, most = _counts(arguments)
    return fewest <= inherited[0] and most >= inherited[1]


def _inherited_counts(inference: Inference, block: ir.Block) -> tuple[int, int] | None:
    """How many arguments the inherited `forward` takes; None if it says nothing."""
    made = block.base.call
    kind = f"nn.{block.base.kind}" if made is None else ast.unparse(made.func)
    parent = inference.attributes.block_of(kind)
    if parent is not None:
        method = parent.method("forward")
        if method is None:
            return _inherited_counts(inference, parent)
        return _counts(method.arguments)
    layer = load_catalog().layer(kind.removeprefix("nn."))
    if layer is None or layer.forward is None or kind in _WITHOUT_FORWARD:
        return None
    positional = layer.forward.positional
    return sum(one.is_required for one in positional), len(positional)


def _counts(arguments: ast.arguments) -> tuple[int, int]:
    """The fewest and the most positional arguments after `self`."""
    positional = len(arguments.posonlyargs) + len(arguments.args) - 1
    return positional - len(arguments.defaults), positional


def declared_kinds(arguments: ast.arguments) -> dict[str, Kind]:
    return {
        one.arg: annotated(one.annotation)
        for one in every_argument(arguments)
        if one.annotation is not None
    }


def every_argument(arguments: ast.arguments) -> Iterator[ast.arg]:
    yield from arguments.posonlyargs
    yield from arguments.args
    yield from () if arguments.vararg is None else (arguments.vararg,)
    yield from arguments.kwonlyargs
    yield from () if arguments.kwarg is None else (arguments.kwarg,)


def typed_arguments(
    inference: Inference, block: ir.Block, method: ir.Method
) -> ast.arguments:
    """The arguments, each with an annotation but `self`."""
    arguments = clone(method.arguments)
    defaults = defaults_by_name(arguments)
    inputs = {one.name: one for one in block.inputs}
    for one in list(every_argument(arguments))[1:]:
        given = inputs.get(one.arg) if method.name == "forward" else None
        guess = _Guess(inference, block, method, one.arg)
        one.annotation = _annotation(one, defaults.get(one.arg), given, guess)
    return arguments


def defaults_by_name(arguments: ast.arguments) -> dict[str, ast.expr]:
    positional = [*arguments.posonlyargs, *arguments.args]
    with_default = positional[len(positional) - len(arguments.defaults) :]
    found = {
        one.arg: value
        for one, value in zip(with_default, arguments.defaults, strict=True)
    }
    for one, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if value is not None:
            found[one.arg] = value
    return found


def _annotation(
    argument: ast.arg, default: ast.expr | None, given: ir.Input | None, guess: _Guess
) -> ast.expr:
    if argument.annotation is not None:
        return declared_annotation(argument.annotation, default)
    if default is not None and not is_none(default):
        kind = value_type(default)
        return dotted(kind) if kind in ("int", "float", "bool", "str") else any_type()
    known = tensor() if given is not None and given.shape is not None else guess.type()
    is_optional = default is not None or (given is not None and given.optional)
    return optional(known) if is_optional else known


class _Guess:
    """What an argument is, from how the body uses it."""

    def __init__(
        self, inference: Inference, block: ir.Block, method: ir.Method, argument: str
    ) -> None:
        self.table = inference.attributes.of(block)
        self.block = block
        self.method = method
        self.argument = argument

    def type(self) -> ast.expr:
        if self._is_key():
            return name("str")
        if self._is_hidden_state():
            return expression_tree(HIDDEN).body
        if self._is_used_as_module():
            return any_type()
        if self.method.name == "forward" or self._is_used_as_tensor():
            return tensor()
        return any_type()

    def _is_key(self) -> bool:
        """Whether it chooses a module of a ModuleDict."""
        return any(
            isinstance(node, ast.Subscript)
            and self._is_it(node.slice)
            and self._is_module_dict(node.value)
            for statement in self.method.statements
            for node in ast.walk(statement)
        )

    def _is_module_dict(self, node: ast.expr) -> bool:
        path = path_of(node)
        if path == ("self",):
            return self.block.base.kind == "ModuleDict"
        known = path is not None and len(path) == 2 and path[0] == "self"
        return known and self.table.get(path[1]) == ["nn.ModuleDict"] if path else False

    def _is_hidden_state(self) -> bool:
        """Whether it is the second argument of an LSTM."""
        for call in self._calls():
            path = path_of(call.func)
            if path is not None and path[0] == "self" and len(path) == 2:
                is_second = any(self._is_it(one) for one in call.args[1:2])
                if is_second and self.table.get(path[1]) == ["nn.LSTM"]:
                    return True
        return False

    def _is_used_as_module(self) -> bool:
        """Whether something is read off it that tensors do not have."""
        return any(
            isinstance(node, ast.Attribute)
            and self._is_it(node.value)
            and not of_tensors(node.attr)
            for statement in self.method.statements
            for node in ast.walk(statement)
        )

    def _is_used_as_tensor(self) -> bool:
        for statement in self.method.statements:
            for node in ast.walk(statement):
                if isinstance(node, ast.Attribute) and self._is_it(node.value):
                    return True
                if isinstance(node, ast.BinOp) and self._is_it(node.left):
                    return True
        return any(
            path is not None
            and path[0] in ("torch", "F", "self")
            and path[-1] not in _FACTORIES
            and any(self._is_it(part) for arg in call.args for part in ast.walk(arg))
            for call in self._calls()
            for path in [path_of(call.func)]
        )

    def _calls(self) -> Iterator[ast.Call]:
        for statement in self.method.statements:
            for node in ast.walk(statement):
                if isinstance(node, ast.Call):
                    yield node

    def _is_it(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Name) and node.id == self.argument


def declared_annotation(node: ast.expr, default: ast.expr | None) -> ast.expr:
    """What `spec_annotation` writes, with `None` allowed where it is the default."""
    made = spec_annotation(node)
    if default is None or not is_none(default):
        return made
    return made if any(map(is_none, members(made))) else optional(made)


def spec_annotation(node: ast.expr) -> ast.expr:
    """An annotation written in a spec, in Python's own terms, nothing left open."""
    match node:
        case ast.Name(id="layer"):
            return layer_type()
        case ast.Name(id="list"):
            return generic("list", any_type())
        case ast.Name(id="dict"):
            return generic("dict", name("str"), any_type())
        case ast.Name(id="tuple"):
            return generic("tuple", any_type(), ast.Constant(...))
        case ast.Name(id=known) if known in _SPEC_TYPES:
            return dotted(_SPEC_TYPES[known])
        case ast.BinOp():
            left, right = spec_annotation(node.left), spec_annotation(node.right)
            return ast.BinOp(left, node.op, right)
        case ast.Subscript(slice=ast.Tuple() as inside):
            items = [spec_annotation(one) for one in inside.elts]
            return ast.Subscript(node.value, ast.Tuple(items, ast.Load()), ast.Load())
        case ast.Subscript():
            return ast.Subscript(node.value, spec_annotation(node.slice), ast.Load())
    return node
