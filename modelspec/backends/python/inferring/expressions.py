"""The kinds of expressions, calls apart.

Comes in: an expression among names that are known. Goes out: its kind, and the codes of
what a checker refuses in it.
"""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Sequence

from modelspec.backends.python.attributes import CONTAINERS
from modelspec.backends.python.inferring.names import Names
from modelspec.backends.python.kinds import (
    ANY,
    BOOL,
    EMPTY_DICT,
    EMPTY_LIST,
    INT,
    MODULE,
    NONE,
    OBJECT,
    SIZE,
    STR,
    TENSOR,
    UNION,
    Kind,
    annotated,
    common,
    dict_kind,
    either,
    joined,
    list_kind,
    tuple_kind,
    without_none,
)
from modelspec.backends.python.layer_values import are_mixed_layers
from modelspec.backends.python.nodes import path_of, sole_value, target_names
from modelspec.backends.python.torch_kinds import (
    TENSOR_VALUES,
    constant_kind,
    constant_of,
    disjoint,
    layer_member,
    of_tensors,
)
from modelspec.program import ir
from modelspec.trees import expression_tree


class Expressions(Names):
    """Expressions of one body."""

    @abstractmethod
    def call(self, node: ast.Call) -> Kind:
        """What a call gives."""

    def infer(self, node: ast.expr) -> Kind:
        match node:
            case ast.Constant():
                return constant_kind(node.value)
            case ast.Name():
                return self._name(node.id)
            case ast.Attribute():
                return self._attribute(node)
            case ast.Subscript():
                return self._subscript(node)
            case ast.Call():
                return self.call(node)
            case ast.BinOp():
                return self._binary(self.infer(node.left), self.infer(node.right))
            case ast.UnaryOp():
                operand = self.infer(node.operand)
                return BOOL if isinstance(node.op, ast.Not) else operand
            case ast.BoolOp():
                sides = [self.infer(one) for one in node.values]
                if isinstance(node.op, ast.Or):
                    sides = [one for one in sides[:-1] if one != NONE] + sides[-1:]
                    sides = [*map(without_none, sides[:-1]), sides[-1]]
                return either(sides)
            case ast.Compare():
                sides = [self.infer(one) for one in (node.left, *node.comparators)]
                if isinstance(node.ops[0], ast.Eq | ast.NotEq) and disjoint(*sides[:2]):
                    self.codes.add("comparison-overlap")
                return self._compared(node.ops, sides)
            case ast.IfExp():
                self.infer(node.test)
                before = dict(self.names)
                self.narrow(node.test, holds=True)
                first = self.infer(node.body)
                self.names = dict(before)
                self.narrow(node.test, holds=False)
                second = self.infer(node.orelse)
                self.names = before
                return either([first, second])
            case ast.Starred():
                return self.infer(node.value)
            case ast.JoinedStr():
                if (value := sole_value(node)) is not None:
                    is_text = self.infer(value) == STR
                    self.shown[value] = is_text and self.shown.get(value, True)
                return STR
        return self._display(node)

    def _display(self, node: ast.expr) -> Kind:
        match node:
            case ast.Tuple():
                if any(isinstance(one, ast.Starred) for one in node.elts):
                    return Kind("tuple[Any, ...]")
                return tuple_kind([self.infer(one) for one in node.elts])
            case ast.List() | ast.Set():
                items = [self.infer(one) for one in node.elts]
                if not items:
                    return EMPTY_LIST
                return list_kind(self._common(node.elts, items))
            case ast.Dict(keys=[]):
                return EMPTY_DICT
            case ast.Dict():
                values = [
                    self.infer(value) if key is not None else self._unpacked(value)
                    for key, value in zip(node.keys, node.values, strict=True)
                ]
                keys = [self.infer(one) for one in node.keys if one is not None]
                return dict_kind(
                    self._common(node.values, values),
                    joined(keys).text if keys else "str",
                )
            case ast.ListComp() | ast.GeneratorExp():
                return self._comprehension(node.generators, node.elt)
            case ast.DictComp():
                return self._comprehension(node.generators, node.value, node.key)
        return ANY

    def iterable(self, node: ast.expr) -> Kind:
        """What a loop goes over: a checker knows of no module that it holds others."""
        kind = self.infer(node)
        if kind == MODULE:
            self.codes.add("attr-defined")
        if self.is_optional_container(node, kind):
            self.codes.add("attr-defined" if kind == NONE else "union-attr")
        return kind

    def is_optional_container(self, node: ast.expr, kind: Kind) -> bool:
        """Whether a child is a container in one case and None in another, or None in
        this one; a checker does not know what tells the cases apart."""
        path = path_of(node)
        if path is None or len(path) != 2 or path[0] != "self":
            return False
        is_optional = "None" in self.attributes.of(self.block).get(path[1], [])
        return is_optional and kind.text in (*CONTAINERS, NONE.text)

    def _unpacked(self, node: ast.expr) -> Kind:
        """The values of a dict that stands behind `**`."""
        items = self.infer(node).items
        return items[0] if items else ANY

    def _comprehension(
        self,
        generators: Sequence[ast.comprehension],
        value: ast.expr,
        key: ast.expr | None = None,
    ) -> Kind:
        """Its names are its own."""
        before = dict(self.names), dict(self.declared)
        for one in generators:
            for bound in target_names(one.target):
                self.declared.pop(bound, None)
            self.bind(one.target, self.item(self.iterable(one.iter)))
            for test in one.ifs:
                self.infer(test)
        made = self.infer(value)
        kind = list_kind(made) if key is None else dict_kind(made, self.infer(key).text)
        self.names, self.declared = before
        return kind

    def _common(self, nodes: Sequence[ast.expr], kinds: Sequence[Kind]) -> Kind:
        """Classes and partials have nothing in common that a checker would call."""
        if are_mixed_layers(nodes, self.attributes.uses.program):
            return OBJECT
        if all(self.attributes.is_class(one.text) for one in kinds):
            return kinds[0] if len({one.text for one in kinds}) == 1 else MODULE
        return common(kinds)

    def _name(self, identifier: str) -> Kind:
        if identifier == "self":
            return Kind(self.block.name)
        self.need_annotation(identifier)
        return self.names.get(identifier, ANY)

    def _attribute(self, node: ast.Attribute) -> Kind:
        path = path_of(node)
        if path is not None and path[0] in ("torch", "math", "F"):
            return constant_of(path)
        owner = without_none(self.infer(node.value))
        block = self.attributes.block_of(owner.text)
        if owner.seen == "union":
            if not of_tensors(node.attr):
                self.codes.add("union-attr")
            return UNION
        if owner.seen == "any" and not owner.is_module and block is None:
            return TENSOR_VALUES.get(node.attr, Kind(owner.text, "any"))
        if block is not None:
            return self._member(block, node.attr)
        if owner.is_tensor:
            return TENSOR_VALUES.get(node.attr, TENSOR)
        return layer_member(owner, node.attr) if owner.is_module else ANY

    def _member(self, block: ir.Block, attr: str) -> Kind:
        types = self.attributes.of(block).get(attr)
        if attr == "training":
            return BOOL
        if types is None:
            if block.base.call is not None:
                inherited = Kind(".".join(path_of(block.base.call.func) or ()))
                return layer_member(inherited, attr)
            return UNION
        known = [one for one in types if one != "None"]
        if len(known) == 1:
            return annotated(expression_tree(known[0]).body)
        return NONE if not known else MODULE

    def _subscript(self, node: ast.Subscript) -> Kind:
        value = without_none(self.infer(node.value))
        sliced = isinstance(node.slice, ast.Slice)
        if not sliced:
            self.infer(node.slice)
        if value.seen == "union":
            self.codes.add("index")
            return UNION
        if value.text in CONTAINERS or self.is_container(value):
            return value if sliced else MODULE
        if value == MODULE:
            self.codes.add("index")
            return MODULE.opaque()
        if value.text == "torch.Size":
            return SIZE if sliced else INT
        if value.items and isinstance(node.slice, ast.Constant):
            index = node.slice.value
            if isinstance(index, int) and value.text.startswith("tuple["):
                return value.items[index] if index < len(value.items) else ANY
        if value.is_tensor or sliced:
            return value
        return self.item(value) if value.text != "Any" else ANY

    def _compared(self, operators: Sequence[ast.cmpop], sides: Sequence[Kind]) -> Kind:
        """Tensors compare item by item; what is not known may be a tensor."""
        if isinstance(operators[-1], ast.Is | ast.IsNot | ast.In | ast.NotIn):
            return BOOL
        if any(one.is_tensor for one in sides):
            return TENSOR
        return ANY if any(one.text == "Any" for one in sides) else BOOL

    def _binary(self, left: Kind, right: Kind) -> Kind:
        if "union" in (left.seen, right.seen):
            self.codes.add("operator")
            return TENSOR
        if left.is_tensor or right.is_tensor:
            typed = "any" not in (left.seen, right.seen)
            return TENSOR if typed else TENSOR.opaque()
        if "Any" in (left.text, right.text):
            return ANY
        return joined([left, right])
