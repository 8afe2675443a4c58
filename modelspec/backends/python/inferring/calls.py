"""The kinds of calls: of children, of their methods, of torch, of helpers.

Comes in: a call. Goes out: what it gives, and the codes of what a checker refuses.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from modelspec.backends.python.attributes import CONTAINERS
from modelspec.backends.python.fitting import fits_signature, signatures_of
from modelspec.backends.python.inferring.expressions import Expressions
from modelspec.backends.python.kinds import (
    ANY,
    EMPTY_LIST,
    INT,
    MODULE,
    OBJECT,
    SIZE,
    TENSOR,
    Kind,
    alternatives,
    annotated,
    joined,
    list_kind,
    tuple_kind,
    without_none,
)
from modelspec.backends.python.nodes import path_of
from modelspec.backends.python.torch_kinds import (
    BUILTINS,
    NUMBERS,
    OF_CONTAINER,
    OF_MODULE,
    RECURRENT,
    REGISTERING,
    UNTYPED,
    WITHOUT_TYPE,
    is_typed_layer,
    of_tensor,
    of_torch,
)
from modelspec.catalog import load_catalog
from modelspec.program import ir

OVER_ITEMS = {
    **dict.fromkeys(("enumerate", "tuple"), ("arg-type", "var-annotated")),
    "len": ("arg-type",),
    **dict.fromkeys(("list", "reversed", "sorted", "sum", "zip"), ("call-overload",)),
}
"""What a checker says where these are given a module that it does not know to hold
others, as the items of a container are."""

FILLING = frozenset({"append", "extend", "update"})
"""Methods by which a checker learns what an empty list or dict holds."""


class Calls(Expressions):
    """Calls of one body."""

    def call(self, node: ast.Call) -> Kind:
        arguments = [self.infer(one) for one in node.args]
        arguments += [self.infer(one.value) for one in node.keywords]
        path = path_of(node.func)
        if path is not None and path[0] in ("torch", "F", "math", "nn"):
            self._passed(arguments)
            self._listed(node)
            signatures = signatures_of(path)
            if signatures and not any(
                fits_signature(one, node, self.infer) for one in signatures
            ):
                self.codes.add("arg-type")
            return of_torch(path, node)
        if path is not None and len(path) == 1 and path[0] not in self.names:
            if path[0] not in ("isinstance", "print"):
                self._passed(arguments)
            if path[0] in OVER_ITEMS and any(
                self.is_optional_container(one, kind)
                for one, kind in zip(node.args, arguments, strict=False)
            ):
                self.codes.add(OVER_ITEMS[path[0]][0])
            return self._builtin(path[0], arguments)
        if isinstance(node.func, ast.Attribute):
            return self._method(node.func, node)
        callee = self.infer(node.func)
        return self._called(callee)

    def _passed(self, arguments: Sequence[Kind]) -> None:
        if any(one.seen == "union" for one in arguments):
            self.codes.add("arg-type")

    def _listed(self, node: ast.Call) -> None:
        """Functions take lists of tensors, containers lists and dicts of modules; a
        checker lets none of them be None."""
        for one in node.args:
            if isinstance(one, ast.List) and any(map(self._may_be_none, one.elts)):
                self.codes.add("list-item")
            if isinstance(one, ast.Dict) and any(map(self._may_be_none, one.values)):
                self.codes.add("dict-item")

    def _may_be_none(self, node: ast.expr) -> bool:
        return "None" in alternatives(self.infer(node).text)

    def _called(self, callee: Kind) -> Kind:
        if callee.seen == "union" or callee == OBJECT:
            self.codes.add("operator")
            return TENSOR.opaque()
        if callee.is_module or self.attributes.block_of(callee.text) is not None:
            return self.inference.result_of_module(callee).opaque()
        return TENSOR.opaque() if callee.seen == "any" else ANY

    def _method(self, function: ast.Attribute, node: ast.Call) -> Kind:
        owner_node = function.value
        if isinstance(owner_node, ast.Call) and path_of(owner_node.func) == ("super",):
            if function.attr == "__init__":
                return ANY
            return self._inherited(function.attr)
        if path_of(function) is not None and path_of(owner_node) == ("self",):
            if self.block.method(function.attr) is not None:
                return self.inference.result_of(self.block, function.attr)
            if function.attr in OF_MODULE:
                return OF_MODULE[function.attr]
            if function.attr in REGISTERING | load_catalog().module_names():
                return ANY
            return self._called(self.infer(function))
        if isinstance(owner_node, ast.Name) and function.attr in FILLING:
            self.filled.add(owner_node.id)
        owner = without_none(self.infer(owner_node))
        if isinstance(owner_node, ast.Name) and owner == EMPTY_LIST:
            if function.attr == "append" and node.args:
                self.names[owner_node.id] = list_kind(self.infer(node.args[0]))
            return ANY
        if function.attr == "forward" and is_typed_layer(owner):
            return self.inference.result_of_module(owner)
        if owner.seen == "union":
            return self._called(self.infer(function))
        if owner.is_tensor or (owner.seen == "any" and not owner.is_module):
            made = self._tensor_method(function.attr, node, owner)
            return made.opaque() if owner.seen == "any" else made
        block = self.attributes.block_of(owner.text)
        if block is not None and block.method(function.attr) is not None:
            return self.inference.result_of(block, function.attr)
        is_module = owner.is_module or block is not None
        unknown = owner == MODULE and function.attr in OF_CONTAINER
        if is_module and function.attr in OF_MODULE and not unknown:
            return OF_MODULE[function.attr]
        if is_module and function.attr in load_catalog().module_names():
            return ANY
        return self._called(self.infer(function)) if owner.is_module else ANY

    def _inherited(self, method: str) -> Kind:
        """`super().forward(x)`: containers of torch do not type theirs."""
        block: ir.Block | None = self.block
        kind = ""
        while block is not None:
            call = block.base.call
            kind = (
                ".".join(path_of(call.func) or ()) if call else f"nn.{block.base.kind}"
            )
            block = self.attributes.block_of(kind)
            if block is not None and block.method(method) is not None:
                return self.inference.result_of(block, method)
        result = self.inference.result_of_module(Kind(kind), method)
        if kind not in (*CONTAINERS, *RECURRENT):
            return result
        self.codes.add("no-untyped-call")
        return result.opaque()

    def _tensor_method(self, method: str, node: ast.Call, owner: Kind) -> Kind:
        if method in UNTYPED and owner.seen != "any":
            self.codes.add("no-untyped-call")
        if method == "size":
            return INT if node.args or node.keywords else SIZE
        if method in NUMBERS:
            return NUMBERS[method]
        made = of_tensor(method, bool(node.args or node.keywords))
        return made.opaque() if method in WITHOUT_TYPE else made

    def _builtin(self, function: str, arguments: Sequence[Kind]) -> Kind:
        first = arguments[0] if arguments else ANY
        if MODULE in arguments and function in OVER_ITEMS:
            self.codes.update(OVER_ITEMS[function])
        match function:
            case "range":
                return Kind("range")
            case "enumerate":
                return list_kind(tuple_kind([INT, self.item(first)]))
            case "zip":
                return list_kind(tuple_kind([self.item(one) for one in arguments]))
            case "list" | "reversed" | "sorted" | "tuple":
                return list_kind(self.item(first)) if arguments else ANY
            case "sum":
                return self.item(first)
            case "abs" | "max" | "min":
                return joined(arguments) if arguments else ANY
        if self.attributes.block_of(function) is not None:
            return Kind(function)
        for one in self.attributes.uses.program.functions:
            if one.name == function and one.definition.returns is not None:
                return annotated(one.definition.returns)
        return BUILTINS.get(function, ANY)
