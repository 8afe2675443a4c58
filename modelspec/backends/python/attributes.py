"""What the attributes of each class are, as a type checker will see them.

Comes in: a Program. Goes out: for each block the types its attributes may have, and
the annotations that the class must carry: buffers, attributes that are sometimes None,
children whose type depends on a condition.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from modelspec.analysis.patterns import pattern_of
from modelspec.backends.python.annotations import (
    any_type,
    generic,
    param_annotation,
)
from modelspec.backends.python.kinds import Kind
from modelspec.backends.python.names import is_identifier
from modelspec.backends.python.nodes import (
    constant,
    is_none,
    may_be_none,
    name,
    path_of,
    string,
    union,
)
from modelspec.backends.python.uses import Uses
from modelspec.catalog import load_catalog
from modelspec.program import ir
from modelspec.trees import expression_tree

CONTAINERS = ("nn.Sequential", "nn.ModuleList", "nn.ModuleDict")
_OPAQUE = (*CONTAINERS, "nn.ParameterList", "nn.ParameterDict")
_SCALARS = {bool: "bool", int: "int", float: "float", str: "str"}


class Attributes:
    """Types of attributes, block by block."""

    def __init__(self, uses: Uses) -> None:
        self.uses = uses
        self._tables: dict[str, dict[str, list[str]]] = {}

    def of(self, block: ir.Block) -> dict[str, list[str]]:
        """Every type an attribute may have, as text; `None` among them."""
        if block.name not in self._tables:
            self._tables[block.name] = {}
            self._tables[block.name] = self._table(block)
        return self._tables[block.name]

    def _table(self, block: ir.Block) -> dict[str, list[str]]:
        table: dict[str, list[str]] = {}
        if block.base.call is not None:
            parent = self.block_of(_callee(block.base.call))
            table.update(self.of(parent) if parent is not None else {})
        for item in block.constants:
            table[item.name] = [value_type(item.value)]
        for key, types in (*self._registered(block), *self._computed(block, table)):
            found = table.setdefault(key, [])
            found += [one for one in types if one not in found]
        return table

    def _computed(
        self, block: ir.Block, table: dict[str, list[str]]
    ) -> Iterable[tuple[str, list[str]]]:
        """What has a computed name and is read by methods as an attribute."""
        if block.base.call is not None:
            return
        named = [
            one
            for one in _of_class(block)
            if isinstance(
                one, ir.Child | ir.OwnParameter | ir.OwnBuffer | ir.OwnAttribute
            )
            and isinstance(one.name, ast.JoinedStr)
        ]
        if not named:
            return
        written = {key for key, _ in self._registered(block)}
        methods = {one.name for one in block.methods} | load_catalog().module_names()
        own = {*table, *written, *methods}
        for key in _read_off_self(block):
            fitting = [one for one in named if _may_be(one.name, key)]
            if key not in own and fitting:
                yield key, self._one_type(block, fitting)

    def _one_type(
        self,
        block: ir.Block,
        named: Sequence[ir.Child | ir.OwnParameter | ir.OwnBuffer | ir.OwnAttribute],
    ) -> list[str]:
        types = [kind for one in named for kind in self._types(block, one)]
        known = list(dict.fromkeys(types))
        modules = all(isinstance(one, ir.Child) for one in named)
        return ["nn.Module"] if modules and len(known) > 1 else known

    def _registered(self, block: ir.Block) -> Iterable[tuple[str, list[str]]]:
        for one in _of_class(block):
            if isinstance(one, ir.Keep):
                yield one.name, [self._param_type(block, one.name)]
                continue
            if not isinstance(
                one, ir.Child | ir.OwnParameter | ir.OwnBuffer | ir.OwnAttribute
            ):
                continue
            key = None if one.name is None else string(one.name)
            if key is not None and is_identifier(key):
                yield key, self._types(block, one)

    def _types(
        self,
        block: ir.Block,
        one: ir.Child | ir.OwnParameter | ir.OwnBuffer | ir.OwnAttribute,
    ) -> list[str]:
        if isinstance(one, ir.Child):
            return self.module_types(block, one.value)
        if is_none(one.value):
            return ["None"]
        if isinstance(one, ir.OwnParameter):
            return ["nn.Parameter", *(["None"] if may_be_none(one.value) else [])]
        if isinstance(one, ir.OwnBuffer):
            return ["torch.Tensor"]
        return [value_type(one.value)]

    def _param_type(self, block: ir.Block, key: str) -> str:
        for param in block.params:
            if param.name == key:
                return ast.unparse(param_annotation(self.uses, block, param))
        return "Any"

    def module_types(self, block: ir.Block, value: ir.ModuleValue) -> list[str]:
        """What class a child may be of."""
        if isinstance(value, ir.Container):
            made = value.callee
            return [_callee(made) if isinstance(made, ast.Call) else _path(made)]
        return self._expression_types(block, value.expression)

    def _expression_types(self, block: ir.Block, node: ast.expr) -> list[str]:
        if is_none(node):
            return ["None"]
        if isinstance(node, ast.IfExp):
            sides = [
                *self._expression_types(block, node.body),
                *self._expression_types(block, node.orelse),
            ]
            known = list(dict.fromkeys(sides))
            modules = [one for one in known if one != "None"]
            if len(modules) > 1:
                modules = ["nn.Module"]
            return [*modules, *(["None"] if "None" in known else [])]
        if isinstance(node, ast.Call):
            callee = _callee(node)
            known_layer = callee.startswith("nn.") and callee.count(".") == 1
            if known_layer or self.block_of(callee) is not None:
                return [callee]
        path = path_of(node)
        if path is not None and len(path) == 2 and path[0] == "self":
            return self._tables.get(block.name, {}).get(path[1], ["nn.Module"])
        return ["nn.Module"]

    def block_of(self, kind: str) -> ir.Block | None:
        return self.uses.program.block(kind)

    def is_class(self, kind: str) -> bool:
        """Whether a kind is a class of modules, of torch or of the program."""
        return Kind(kind).is_module or self.block_of(kind) is not None

    # What a checker knows ----------------------------------------------------------

    def is_typed(self, block: ir.Block, path: str) -> bool:
        """Whether `self.<path>` has one type that a checker knows to the end."""
        current: ir.Block | None = block
        parts = path.split(".")
        for index, part in enumerate(parts):
            if current is None:
                return False
            types = self.of(current).get(part, [])
            rest = parts[index + 1 :]
            if len(types) != 1 or types[0] == "nn.Module":
                return types == ["nn.Module"] and not rest
            current = self.block_of(types[0])
            if current is None:
                return _ends_in_layer(types[0], rest)
        return True

    def layer_at(self, block: ir.Block, path: str) -> str | None:
        """The class of `self.<path>`, where it is one, and each step to it is."""
        current: ir.Block | None = block
        kind: str | None = None
        for part in path.split("."):
            types = self.of(current).get(part, []) if current is not None else []
            if len(types) != 1:
                return None
            kind = types[0]
            current = self.block_of(kind)
        return kind

    def redefines(self, block: ir.Block) -> bool:
        """Whether an inherited attribute becomes what its class does not declare."""
        if block.base.call is None:
            return False
        parent = self.block_of(_callee(block.base.call))
        known = self.of(parent) if parent is not None else {}
        return any(
            key in known and not set(types) <= set(known[key])
            for key, types in self._own(block).items()
        )

    # What the class must say -------------------------------------------------------

    def declared(self, block: ir.Block) -> list[tuple[str, ast.expr]]:
        """Attributes that need an annotation in the class, in order."""
        buffers = {
            string(one.name)
            for one in _of_class(block)
            if isinstance(one, ir.OwnBuffer)
        }
        found: list[tuple[str, ast.expr]] = []
        parameters = {
            string(one.name)
            for one in _of_class(block)
            if isinstance(one, ir.OwnParameter)
        }
        constants = {one.name for one in block.constants}
        computed = {key for key, _ in self._computed(block, {})}
        for key, types in self._own(block).items():
            known = [one for one in types if one != "None"]
            sometimes_none = len(known) < len(types)
            if key in constants:
                continue
            is_computed = key in computed
            if (
                key in buffers
                or is_computed
                or len(known) > 1
                or (known and sometimes_none)
            ):
                found.append((key, _declaration(known or ["torch.Tensor"], types)))
            elif not known and key in parameters:
                found.append((key, _declaration(["nn.Parameter"], types)))
            elif known and known[0] in ("list", "dict", "set"):
                found.append((key, _open(known[0])))
            elif not known and key in _assigned(block):
                found.append((key, any_type()))
        return found

    def _own(self, block: ir.Block) -> dict[str, list[str]]:
        """The attributes that the block itself registers."""
        table: dict[str, list[str]] = {}
        computed = self._computed(block, table)
        for key, types in (*self._registered(block), *computed):
            found = table.setdefault(key, [])
            found += [one for one in types if one not in found]
        return table


def _of_class(block: ir.Block) -> Iterable[ir.Statement]:
    """Statements that register in the class itself, under whatever conditions."""
    pending = list(block.construct)
    while pending:
        one = pending.pop(0)
        yield one
        if isinstance(one, ir.For):
            pending = [*one.body, *pending]
        elif isinstance(one, ir.If):
            pending = [*one.body, *one.orelse, *pending]


def _read_off_self(block: ir.Block) -> list[str]:
    """Attributes of `self` that methods read, in order."""
    found: dict[str, None] = {}
    for method in block.methods:
        for one in method.statements:
            for node in ast.walk(one):
                path = path_of(node) if isinstance(node, ast.Attribute) else None
                if path is not None and len(path) == 2 and path[0] == "self":
                    found[path[1]] = None
    return sorted(found)


def _may_be(pattern: ast.expr | None, key: str) -> bool:
    """Whether a computed name can come out as `key`."""
    return isinstance(pattern, ast.JoinedStr) and pattern_of(pattern).matches(key)


def _declaration(known: list[str], types: list[str]) -> ast.expr:
    if len(known) > 1:
        modules = all(one.startswith("nn.") or one[:1].isupper() for one in known)
        if modules and "nn.Parameter" not in known and "Any" not in known:
            known = ["nn.Module"]
    parts = [expression_tree(one).body for one in known]
    if "None" in types:
        parts.append(constant(None))
    return union(parts)


def _open(kind: str) -> ast.expr:
    arguments = [name("str"), any_type()] if kind == "dict" else [any_type()]
    return generic(kind, *arguments)


def _assigned(block: ir.Block) -> set[str]:
    """Attributes that methods assign."""
    return {
        node.attr
        for method in block.methods
        for one in method.statements
        for node in ast.walk(one)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    }


def value_type(node: ast.expr) -> str:
    """The type of a plain value, `Any` where it is not plain."""
    if isinstance(node, ast.UnaryOp):
        return value_type(node.operand)
    if isinstance(node, ast.Constant):
        return "None" if node.value is None else _SCALARS.get(type(node.value), "Any")
    if isinstance(node, ast.List | ast.ListComp):
        return "list"
    return "dict" if isinstance(node, ast.Dict | ast.DictComp) else "Any"


def _ends_in_layer(kind: str, rest: list[str]) -> bool:
    if kind in ("nn.Parameter", "torch.Tensor"):
        return not rest
    if not kind.startswith("nn."):
        return False
    if "Conv" in kind and rest == ["bias"]:
        return False  # torch declares that of a convolution as a tensor or None
    return not rest or (kind not in _OPAQUE and rest in (["weight"], ["bias"]))


def _callee(node: ast.expr) -> str:
    return _path(node.func) if isinstance(node, ast.Call) else ""


def _path(node: ast.expr) -> str:
    return ".".join(path_of(node) or ())
