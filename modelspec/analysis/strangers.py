"""What may be read of modules that nobody knows: those of layers imported from Python.

In: an attribute in a text. Out: whether it may be there. In a method, one attribute may
be read of a child that is or may be such a module, of an item of such a child, and of
what a call of it or of one of its methods gives: that far, and not on from there. The
result of a call may be a tensor, and the rest of Python is not far behind one. While a
module is made, the build itself tells what can be read.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from modelspec.analysis.facts import (
    Facts,
    Text,
    argument_names,
    inner_nodes,
    text_statements,
)
from modelspec.catalog import load_catalog
from modelspec.program.ir import Container, ModuleValue
from modelspec.program.walk import names_read, own_expressions, walk_statements
from modelspec.trees import all_nodes


def may_have(node: ast.Attribute, text: Text, facts: Facts) -> bool:
    """Whether an attribute that nothing else has may be there."""
    if not facts.program.externals or node.attr.startswith("_"):
        return False
    if text.where in ("construct", "variant"):
        return True
    if node.attr in load_catalog().module_names():
        return False
    return is_strange(node.value, text, facts)


def is_strange(node: ast.expr, text: Text, facts: Facts) -> bool:
    """Whether an expression of a method may be such a module, or what one gives."""
    if not facts.program.externals or text.method is None:
        return False
    if text not in facts.strangers:
        facts.strangers[text] = Strangers(text, facts)
    strangers = facts.strangers[text]
    if isinstance(node, ast.Name):
        return strangers.is_local(node.id)
    return strangers.is_module(node) or strangers.is_given(node)


class Strangers:
    """Which expressions of a method are strange modules, or what these give."""

    def __init__(self, text: Text, facts: Facts) -> None:
        self._block = text.block
        self._facts = facts
        self._stored: Counter[str] = Counter()
        self._values: dict[str, list[ast.expr]] = {}
        self._items: dict[str, list[ast.expr]] = {}
        self._locals: dict[str, bool] = {}
        self._modules: dict[str, bool] = {}
        self._children: dict[str, bool] = {}
        self._externals = {one.name for one in facts.program.externals}
        arguments = text.arguments
        self._stored.update(argument_names(arguments) if arguments else ())
        for node in inner_nodes(text_statements(text)):
            match node:
                case ast.Name(id=name, ctx=ast.Store()):
                    self._stored[name] += 1
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    self._values.setdefault(name, []).append(value)
                case ast.For(target=ast.Name(id=name), iter=items):
                    # What goes through a container itself goes through its items.
                    own = ast.Subscript(items, ast.Constant(0), ast.Load())
                    made = own if _is_self(items) else items
                    self._items.setdefault(name, []).append(made)

    def is_module(self, node: ast.expr) -> bool:
        """A child, an item of one, or a name that is bound to these alone."""
        if isinstance(node, ast.Name):
            known = self._modules.get(node.id)
            if known is None:
                known = self._modules[node.id] = self._is_bound(node.id, self._is_own)
            return known
        return self._is_own(node)

    def is_given(self, node: ast.expr) -> bool:
        """A call of a module, or of a method of one."""
        if not isinstance(node, ast.Call):
            return False
        function = node.func
        if isinstance(function, ast.Attribute) and self.is_module(function.value):
            return True
        return self.is_module(function)

    def is_local(self, name: str) -> bool:
        """A name that is bound to modules, and to what these give, alone."""
        if name not in self._locals:
            self._locals[name] = self._is_bound(
                name, lambda one: self._is_own(one) or self.is_given(one)
            )
        return self._locals[name]

    def _is_bound(self, name: str, is_meant: Callable[[ast.expr], bool]) -> bool:
        """Whether all that binds a name is meant; what a loop goes through is a child
        in any case."""
        values, items = self._values.get(name, ()), self._items.get(name, ())
        if not 0 < self._stored[name] == len(values) + len(items):
            return False
        return all(map(is_meant, values)) and all(map(self._is_own, items))

    def _is_own(self, node: ast.expr) -> bool:
        """`self.NAME`, an item of it, or an item of a container itself."""
        inner = node
        while isinstance(inner, ast.Subscript):
            inner = inner.value
        if inner is not node and _is_self(inner):
            return self._may_be("")
        is_of_self = isinstance(inner, ast.Attribute) and _is_self(inner.value)
        return is_of_self and self._may_be(inner.attr)  # type: ignore[attr-defined]

    def _may_be(self, name: str) -> bool:
        """Whether a child of a name, or any without one, may be such a module."""
        if name not in self._children:
            self._children[name] = self._is_child(name) if name else self._is_any()
        return self._children[name]

    def _is_child(self, name: str) -> bool:
        block = self._block
        if block is None:
            return False
        members = self._facts.members(block)
        values = members.children.get(name, [])
        if not values:
            unseen = name not in members.kinds
            return unseen and (members.is_open or members.may_be_computed(name))
        return any(self._names_one(_expressions(value)) for value in values)

    def _is_any(self) -> bool:
        statements = () if self._block is None else self._block.construct
        inside = walk_statements(statements)
        return self._names_one(node for one in inside for node in own_expressions(one))

    def _names_one(self, trees: Iterable[ast.expr]) -> bool:
        """Whether expressions name such a layer, or what may be one."""
        assert self._block is not None
        names = self._externals | self._facts.hidden_in(self._block)
        return not names.isdisjoint(names_read(all_nodes(trees)))


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def _expressions(value: ModuleValue) -> Iterator[ast.expr]:
    """Those in a value, of a container's children too."""
    if not isinstance(value, Container):
        yield value.expression
        return
    yield value.callee
    for one in walk_statements(value.children):
        yield from own_expressions(one)
