"""Which scalars of a spec hold Python, and of what kind.

In: the tree of a spec. Out: a role at each scalar. It follows the language from key to
key and knows no more than the file: what stands under an imported block may be its
children or its arguments, so it keeps the role of text, as does all that an alias
repeats elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from modelspec.formatting.tree import Collection, Node, Part, Role, Scalar
from modelspec.program.standard import TAKE_CHILDREN
from modelspec.syntax.keys import CONTAINERS, control_word

Visit: TypeAlias = Callable[[Node], None]


def assign_roles(root: Collection) -> None:
    """Tell each scalar of a spec its role."""
    Roles(_blocks_with_children(root)).file(root)


def _blocks_with_children(root: Collection) -> frozenset[str]:
    """The names under which the file knows blocks that take children."""
    defined = {_text(part.key): part.value for part in _under(root, "blocks")}
    taking = {
        name
        for name, block in defined.items()
        for part in _under(block, "params")
        if _is_children(part.value)
    }
    return frozenset(taking | (TAKE_CHILDREN - defined.keys()))


def _is_children(node: Node) -> bool:
    if isinstance(node, Collection):
        types = [part.value for part in node.parts if _text(part.key) == "type"]
        return any(_is_children(one) for one in types)
    return isinstance(node, Scalar) and node.text.split("=")[0].strip() == "children"


def _under(node: Node, key: str) -> list[Part]:
    for part in node.parts if isinstance(node, Collection) else ():
        if _text(part.key) == key and isinstance(part.value, Collection):
            return part.value.parts
    return []


def _text(node: Node | None) -> str:
    return node.text if isinstance(node, Scalar) else ""


def _give(node: Node | None, role: Role) -> None:
    # What is repeated elsewhere may mean something else there.
    if isinstance(node, Scalar) and node.anchor is None:
        node.role = role


def _parts(node: Node) -> list[Part]:
    """The parts of a collection that stands once."""
    return node.parts if isinstance(node, Collection) and node.anchor is None else []


class Roles:
    def __init__(self, taking: frozenset[str]) -> None:
        self.taking = taking
        self.keys: dict[str, Visit] = {
            "doc": _visit(Role.DOC),
            "params": self._params,
            "constants": self._values,
            "attributes": self._controlled(self._value_entry),
            "vars": self._controlled(self._expression_entry),
            "parameters": self._controlled(self._owned),
            "buffers": self._controlled(self._owned),
            "modules": self._named_children,
            "extends": self._module,
            "inputs": self._inputs,
            "forward": _visit(Role.FORWARD),
            "methods": self._each(Role.FORWARD),
            "init": self._init,
            "tie": self._controlled(self._value_entry),
            "freeze": self._freeze,
            **dict.fromkeys(CONTAINERS, self._children),
        }

    def file(self, root: Collection) -> None:
        self.block(root)
        for part in root.parts:
            match _text(part.key):
                case "functions":
                    self._each(Role.FUNCTION)(part.value)
                case "variants":
                    self._values(part.value)
                case "parallel":
                    self._parallel(part.value)
                case "blocks":
                    for inner in _parts(part.value):
                        self.block(inner.value)

    def block(self, node: Node) -> None:
        for part in _parts(node):
            visit = self.keys.get(_text(part.key))
            if visit is not None:
                visit(part.value)

    # --- control keys ---------------------------------------------------------------

    def _controlled(self, entry: Callable[[Part], None]) -> Visit:
        """A visit of a mapping in which control keys may stand."""

        def visit(node: Node) -> None:
            for part in _parts(node):
                if control_word(_text(part.key)) is not None:
                    _give(part.key, Role.CONTROL)
                    visit(part.value)
                else:
                    entry(part)

        return visit

    def _list(self, node: Node, item: Visit) -> None:
        """A list in which control keys may stand."""
        for part in _parts(node):
            self._list_item(part.value, item)

    def _list_item(self, node: Node, item: Visit) -> None:
        if isinstance(node, Scalar) and control_word(node.text) == "let":
            _give(node, Role.CONTROL)
        elif _is_control(node):
            for part in _parts(node):
                _give(part.key, Role.CONTROL)
                value = part.value
                if isinstance(value, Collection) and not value.mapping:
                    self._list(value, item)
                else:
                    self._list_item(value, item)
        else:
            item(node)

    # --- modules --------------------------------------------------------------------

    def _module(self, node: Node) -> None:
        if isinstance(node, Scalar):
            _give(node, Role.EXPRESSION)
        parts = _parts(node)
        if len(parts) == 1 and parts[0].key is not None:
            self._typed(parts[0])

    def _typed(self, part: Part) -> None:
        """`Type: arguments`, `Container: children` or `Call(...): children`."""
        _give(part.key, Role.EXPRESSION)
        name = _text(part.key).strip()
        bare = name.removeprefix("torch.").removeprefix("nn.")
        if bare in CONTAINERS:
            self._children(part.value)
        elif "(" in name or name in self.taking:
            if isinstance(part.value, Collection):
                self._children(part.value)
        else:
            self._values(part.value)

    def _children(self, node: Node) -> None:
        if isinstance(node, Scalar):
            _give(node, Role.EXPRESSION)
        elif isinstance(node, Collection) and not node.mapping:
            self._list(node, self._child)
        elif (ordered := _ordered(node)) is not None:
            self._children(ordered)
        else:
            self._named_children(node)

    def _named_children(self, node: Node) -> None:
        for part in _parts(node):
            if control_word(_text(part.key)) is None:
                self._named(part)
                continue
            _give(part.key, Role.CONTROL)
            if isinstance(part.value, Collection) and part.value.mapping:
                self._named_children(part.value)
            else:
                self._children(part.value)

    def _child(self, node: Node) -> None:
        """An item: a module, or a pair of a name and a module."""
        if isinstance(node, Collection) and not node.mapping:
            if len(parts := _parts(node)) == 2:
                _give(parts[0].value, Role.VALUE)
                self._module(parts[1].value)
        else:
            self._module(node)

    def _named(self, part: Part) -> None:
        _give(part.key, Role.VALUE)
        self._module(part.value)

    # --- values ---------------------------------------------------------------------

    def _values(self, node: Node) -> None:
        _give(node, Role.VALUE)
        for part in _parts(node):
            _give(part.key, Role.VALUE)
            if _text(part.key) in CONTAINERS and len(_parts(node)) == 1:
                self._children(part.value)
            else:
                self._values(part.value)

    def _value_entry(self, part: Part) -> None:
        _give(part.key, Role.VALUE)
        self._values(part.value)

    def _expression_entry(self, part: Part) -> None:
        _give(part.value, Role.EXPRESSION)

    def _owned(self, part: Part) -> None:
        _give(part.key, Role.VALUE)
        _give(part.value, Role.EXPRESSION)
        for inner in _parts(part.value):
            _give(inner.value, Role.EXPRESSION)

    def _params(self, node: Node) -> None:
        for part in _parts(node):
            inner = {_text(one.key): one.value for one in _parts(part.value)}
            if not {"type", "default"} & inner.keys():
                self._values(part.value)
                _give(part.value, Role.PARAM)
                continue
            _give(inner.get("type"), Role.EXPRESSION)
            _give(inner.get("doc"), Role.DOC)
            if "default" in inner:
                self._values(inner["default"])
                if _names_layers(_text(inner.get("type"))):
                    _give(inner["default"], Role.EXPRESSION)

    def _inputs(self, node: Node) -> None:
        if isinstance(node, Collection) and not node.mapping:
            return
        for part in _parts(node):
            shape = part.value
            for inner in _parts(part.value):
                match _text(inner.key):
                    case "shape":
                        shape = inner.value
                    case "min" | "max":
                        _give(inner.value, Role.EXPRESSION)
                    case "doc":
                        _give(inner.value, Role.DOC)
            if isinstance(shape, Collection) and not shape.mapping:
                for size in _parts(shape):
                    _give(size.value, Role.EXPRESSION)

    # --- methods and rules ----------------------------------------------------------

    def _each(self, role: Role) -> Visit:
        def visit(node: Node) -> None:
            for part in _parts(node):
                _give(part.value, role)

        return visit

    def _init(self, node: Node) -> None:
        _give(node, Role.INIT)
        self._controlled(self._rule)(node)

    def _rule(self, part: Part) -> None:
        _give(part.key, Role.EXPRESSION if "|" in _text(part.key) else Role.VALUE)
        _give(part.value, Role.EXPRESSION)
        for leaf in _parts(part.value):
            _give(leaf.value, Role.EXPRESSION)

    def _parallel(self, node: Node) -> None:
        for part in _under(node, "plan"):
            _give(part.key, Role.VALUE)
            _give(part.value, Role.EXPRESSION)
        for part in _parts(node):
            if _text(part.key) != "plan":
                self._values(part.value)

    def _freeze(self, node: Node) -> None:
        _give(node, Role.VALUE)
        if isinstance(node, Collection) and not node.mapping:
            self._list(node, _visit(Role.VALUE))


def _names_layers(type_: str) -> bool:
    """Whether a default of a type is an expression."""
    words = set(re.findall(r"\w+", type_))
    return bool(words & {"layer", "module", "dtype"}) and not words & {"str", "list"}


def _visit(role: Role) -> Visit:
    def visit(node: Node) -> None:
        _give(node, role)

    return visit


def _is_control(node: Node) -> bool:
    """Whether a mapping begins with a control key."""
    if not isinstance(node, Collection) or not node.mapping or not node.parts:
        return False
    return control_word(_text(node.parts[0].key)) is not None


def _ordered(node: Node) -> Node | None:
    """What stands under `OrderedDict:`."""
    parts = _parts(node)
    if len(parts) == 1 and _text(parts[0].key) == "OrderedDict":
        return parts[0].value
    return None
