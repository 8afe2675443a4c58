"""What the whole Program tells about one param or layer: facts for true annotations.

Comes in: a Program. Goes out: answers about how params of type `layer` and `children`
are used, and whether a layer is ever made without its bias.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

from modelspec.backends.python.nodes import names_in, path_of, target_names
from modelspec.backends.python.traversal import (
    block_expressions,
    containers_in,
    program_expressions,
    statements_in,
)
from modelspec.program import ir

Place = tuple[str, str]

_BEFORE_AFFINE = {"nn.LayerNorm": 2, "nn.RMSNorm": 2}
"""How many arguments of a norm stand before the one that leaves out its weight; of the
others three."""

_NO_MODULES = frozenset({"shape", "weight", "bias", "data"})


class Uses:
    """Answers, each computed once."""

    def __init__(self, program: ir.Program) -> None:
        self.program = program

    @cached_property
    def _attributes(self) -> dict[Place, set[str]]:
        """What is read off a param, there or where it is handed on to."""
        found: dict[Place, set[str]] = {}
        passed: list[tuple[Place, Place]] = []
        for block in self.program.blocks:
            names = {param.name for param in block.params}
            for node in block_expressions(block):
                for one in ast.walk(node):
                    if isinstance(one, ast.Attribute) and isinstance(
                        one.value, ast.Name
                    ):
                        if one.value.id in names:
                            place = (block.name, one.value.id)
                            found.setdefault(place, set()).add(one.attr)
                    elif isinstance(one, ast.Call):
                        passed += self._passed(block, names, one)
        for _ in range(len(passed)):
            before = sum(map(len, found.values()))
            for source, target in passed:
                found.setdefault(source, set()).update(found.get(target, ()))
            if before == sum(map(len, found.values())):
                break
        return found

    def _passed(
        self, block: ir.Block, names: set[str], call: ast.Call
    ) -> Iterator[tuple[Place, Place]]:
        """The params of the block that a call hands on, and to which param."""
        callee = path_of(call.func)
        target = self.program.block(callee[-1]) if callee else None
        if target is None:
            return
        for param, value in arguments_of(target, call):
            if isinstance(value, ast.Name) and value.id in names:
                yield (block.name, value.id), (target.name, param.name)

    def constants_read(self, block: ir.Block, param: str) -> set[str]:
        return self._attributes.get((block.name, param), set())

    def blocks_with(self, constants: set[str]) -> list[ir.Block]:
        """The blocks that have all these constants."""
        return [
            block
            for block in self.program.blocks
            if constants <= {one.name for one in block.constants}
        ]

    def children_forms(
        self, block: ir.Block, param: str, seen: frozenset[str] = frozenset()
    ) -> set[bool]:
        """How children are given to a block: as a dict (True), as a list (False).

        `seen` are the blocks that hand on to this one, in a circle maybe."""
        found: set[bool] = set()
        for user in self.program.blocks:
            for container in containers_in(user.construct):
                callee = container.callee
                path = path_of(callee.func) if isinstance(callee, ast.Call) else None
                if path == (block.name,) and container.into == param:
                    found.add(container.named)
            for value in _given(block, param, user):
                found |= self._forms_of(value, user, seen | {block.name})
        for default in (one.default for one in block.params if one.name == param):
            if isinstance(default, ast.Dict | ast.List):
                found.add(isinstance(default, ast.Dict))
        # A slice of a Sequential is made by its class, of an OrderedDict.
        if found and block.base.kind == "Sequential" and self._slices_modules:
            found.add(True)
        return found

    @cached_property
    def _slices_modules(self) -> bool:
        """Whether a slice may be one of a container, and not of a tensor or a list."""
        return any(_may_slice_modules(block) for block in self.program.blocks)

    def given_as_children(self, block: ir.Block) -> set[str]:
        """The names, bound once, that hold what some call takes as its children."""
        found: set[str] = set()
        for node in block_expressions(block):
            for one in ast.walk(node):
                callee = path_of(one.func) if isinstance(one, ast.Call) else None
                target = self.program.block(callee[-1]) if callee else None
                if target is None or not isinstance(one, ast.Call):
                    continue
                for param, value in arguments_of(target, one):
                    if param.type.name == "children" and isinstance(value, ast.Name):
                        found.add(value.id)
        lets = [
            one for one in statements_in(block.construct) if isinstance(one, ir.Let)
        ]
        bound = [name for one in lets for name in target_names(one.target)]
        return {name for name in found if bound.count(name) == 1}

    def _forms_of(
        self, value: ast.expr, user: ir.Block, seen: frozenset[str]
    ) -> set[bool]:
        """What a value given in a call is, where its form shows; else both."""
        if isinstance(value, ast.List | ast.ListComp | ast.Tuple):
            return {False}
        if isinstance(value, ast.Dict | ast.DictComp):
            return {True}
        if isinstance(value, ast.Name):
            handed = (one for one in user.params if one.name == value.id)
            if any(one.type.name == "children" for one in handed):
                known = user.name in seen
                return set() if known else self.children_forms(user, value.id, seen)
        return {False, True}

    @cached_property
    def has_sharing(self) -> bool:
        """Whether a module or a parameter may have several names; of what is inside an
        imported layer nobody knows."""
        return bool(self.program.externals) or any(
            any(param.type.name in ("module", "any") for param in block.params)
            or any(
                self._may_share(block, one) for one in statements_in(block.construct)
            )
            for block in self.program.blocks
        )

    def _may_share(self, block: ir.Block, one: ir.Statement) -> bool:
        """Ties, and values that are at hand rather than made: `self.fc`, a local."""
        match one:
            case ir.Tie() | ir.Let(value=ir.Container()):
                return True
            case ir.Let(value=ir.Value() as made):
                return any(map(self._makes_module, ast.walk(made.expression)))
            case ir.Child(value=ir.Value() as made):
                return not _is_made(block, made.expression)
            case ir.Replace(value=ir.Value() as made):
                return not _is_made(block, made.expression)
            case ir.OwnParameter():
                return not isinstance(one.value, ast.Call | ast.BinOp | ast.Constant)
        return False

    def _makes_module(self, node: ast.AST) -> bool:
        path = path_of(node.func) if isinstance(node, ast.Call) else None
        return path is not None and (path[0] == "nn" or self.program.is_class(path[0]))

    @cached_property
    def _switched(self) -> set[tuple[str, str]]:
        """Layers with the names of keyword arguments that are ever given to them; `**`
        stands for what may be any."""
        found: set[tuple[str, str]] = set()
        for node in program_expressions(self.program):
            for one in ast.walk(node):
                if isinstance(one, ast.Call):
                    path = path_of(one.func)
                    if path == ("partial",) and one.args:
                        path = path_of(one.args[0])
                    known = path is not None and path[0] == "nn"
                    layer = ".".join(path or ()) if known else ""
                    found.update((layer, key.arg or "**") for key in one.keywords)
                    if known and len(one.args) > _BEFORE_AFFINE.get(layer, 3):
                        found.add((layer, "**"))
        return found

    def may_lack(self, layer: str, leaf: str) -> bool:
        """Whether a layer may have None for a parameter or a buffer."""
        if self.program.external(layer) is not None:
            return True
        if "Norm" not in layer:
            return not leaf.startswith("weight")
        if "InstanceNorm" in layer:
            return True
        affine = {"affine", "elementwise_affine", "**"}
        own = affine if leaf == "weight" else affine | {"bias"}
        return any(
            (one in own) if of == layer else (not of and one in affine)
            for of, one in self._switched
        )


def _may_slice_modules(block: ir.Block) -> bool:
    """Whether a block slices a child, or a name that may hold a module."""
    params = {param.name for param in block.params if param.type.name != "module"}
    own = (ir.OwnBuffer, ir.OwnParameter, ir.OwnAttribute)
    tensors = {
        str(one.name.value)
        for one in statements_in(block.construct)
        if isinstance(one, own) and isinstance(one.name, ast.Constant)
    }
    inputs = {
        one.arg
        for method in block.methods
        for one in ast.walk(method.arguments)
        if isinstance(one, ast.arg) and one.arg != "self"
    }
    names = params | inputs | {one for let in _plain_lets(block) for one in let}
    return any(
        isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Slice)
        and _may_be_module(node.value, names, params | tensors)
        for root in block_expressions(block)
        for node in ast.walk(root)
    )


def _plain_lets(block: ir.Block) -> Iterator[list[str]]:
    """Names that hold no module by themselves: numbers, and lists of what may be."""
    for one in statements_in(block.construct):
        match one:
            case ir.Let(target=target, value=ir.Value(expression=value)):
                if not isinstance(value, ast.Call):
                    yield target_names(target)


def _may_be_module(node: ast.expr, names: set[str], members: set[str]) -> bool:
    """Whether a path begins with none of these names, or members of `self`."""
    if isinstance(node, ast.Attribute) and node.attr in _NO_MODULES:
        return False
    member = ""
    while isinstance(node, ast.Attribute | ast.Subscript):
        member = node.attr if isinstance(node, ast.Attribute) else ""
        node = node.value
    if not isinstance(node, ast.Name):
        return False
    return member not in members if node.id == "self" else node.id not in names


def _given(block: ir.Block, param: str, user: ir.Block) -> Iterator[ast.expr]:
    """What calls of a block give for a param, as expressions."""
    for node in block_expressions(user):
        for one in ast.walk(node):
            if isinstance(one, ast.Call) and path_of(one.func) == (block.name,):
                pairs = arguments_of(block, one)
                yield from (value for taken, value in pairs if taken.name == param)


def _is_made(block: ir.Block, node: ast.expr) -> bool:
    """Whether the expression makes a module of its own, of nothing that is there."""
    if isinstance(node, ast.IfExp):
        return _is_made(block, node.body) and _is_made(block, node.orelse)
    constants = {("self", one.name) for one in block.constants}
    read = {path_of(one) for one in ast.walk(node) if isinstance(one, ast.Attribute)}
    shared = "self" in names_in(node) and not read & constants
    return isinstance(node, ast.Constant) or (isinstance(node, ast.Call) and not shared)


def arguments_of(
    block: ir.Block, call: ast.Call
) -> Iterator[tuple[ir.Param, ast.expr]]:
    """The params of a block and what a call gives for them."""
    positional = [param for param in block.params if not param.keyword_only]
    for param, value in zip(positional, call.args, strict=False):
        if isinstance(value, ast.Starred):
            break
        yield param, value
    by_name = {param.name: param for param in block.params}
    for keyword in call.keywords:
        if keyword.arg in by_name:
            yield by_name[keyword.arg], keyword.value
