"""What is called through a dot: a method of `self`, a child, a method of a tensor.

In: a call in a text. Out: callees, each a reading of the call; none where it is not
certain what is called. A child is called by the arguments of its `forward`.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator

from modelspec.analysis.attributes import is_dotted, is_known_elsewhere
from modelspec.analysis.facts import Facts, Text
from modelspec.analysis.members import Members
from modelspec.analysis.signatures import Callee, signature_of_method
from modelspec.analysis.strangers import is_strange
from modelspec.catalog import Signature, load_catalog
from modelspec.program.ir import Block, Container, ModuleValue
from modelspec.program.walk import walk_statements

_DEEPEST = 8


def receiver_callees(node: ast.Call, text: Text, facts: Facts) -> list[Callee]:
    """The readings of a call of an attribute."""
    function = node.func
    if not isinstance(function, ast.Attribute):
        return []
    if isinstance(function.value, ast.Name) and function.value.id == "self":
        return _own(function.attr, text, facts)
    callee = tensor_callee(function, text, facts)
    return [] if callee is None else [callee]


def _own(name: str, text: Text, facts: Facts) -> list[Callee]:
    """`self.name(...)`, where the block itself says what that is."""
    if text.block is None:
        return []
    method = text.block.method(name)
    if method is not None and not _is_child(text.block, name):
        signature = signature_of_method(method.arguments)
        return [Callee(f"self.{name}", "function", (signature,))]
    return _children(name, text, facts) if text.method is not None else []


def _is_child(block: Block, name: str) -> bool:
    names = (getattr(one, "name", None) for one in walk_statements(block.construct))
    return any(getattr(one, "value", None) == name for one in names)


# --- children ---------------------------------------------------------------------


def _children(name: str, text: Text, facts: Facts) -> list[Callee]:
    assert text.block is not None
    members = facts.members(text.block)
    if may_be_other(name, members):
        return []
    hidden = facts.hidden_in(text.block)
    found = [_forward_of(one, hidden, facts) for one in _modules(name, members)]
    known = [one for one in found if one is not None]
    if len(known) < len(found):
        return []
    return [Callee(f"self.{name}", "function", (one,)) for one in dict.fromkeys(known)]


def may_be_other(name: str, members: Members) -> bool:
    """Whether a name may mean something else than the children seen under it."""
    return members.kinds.get(name) != "child" or members.may_be_computed(name)


def _modules(name: str, members: Members) -> Iterator[ModuleValue]:
    """What stands under a name; `null`, which the text asks for, left out."""
    for one in members.children.get(name, []):
        is_null = not isinstance(one, Container) and isinstance(
            one.expression, ast.Constant
        )
        if not is_null:
            yield one


def _forward_of(value: ModuleValue, hidden: set[str], facts: Facts) -> Signature | None:
    """What a module's `forward` takes; `hidden` are names that mean no block."""
    if isinstance(value, Container):
        function: ast.expr = value.callee
        if isinstance(function, ast.Call):
            function = function.func
    elif isinstance(value.expression, ast.Call):
        function = value.expression.func
    else:
        return None
    if isinstance(function, ast.Name) and function.id in hidden:
        return None
    return forward_of_callee(facts.callees.find(function), facts, _DEEPEST)


def forward_of_callee(
    callee: Callee | None, facts: Facts, depth: int = _DEEPEST
) -> Signature | None:
    """What modules of a type take where they are called."""
    if callee is None or depth == 0:
        return None
    if callee.block is None:
        layer = load_catalog().layer(callee.name) if callee.sort == "layer" else None
        return None if layer is None else layer.forward
    method = callee.block.method("forward")
    if method is not None:
        return signature_of_method(method.arguments)
    base = callee.block.base
    if base.call is not None:
        return forward_of_callee(facts.callees.find(base.call.func), facts, depth - 1)
    layer = load_catalog().layer(base.kind)
    return None if layer is None else layer.forward


# --- tensors ----------------------------------------------------------------------


def tensor_callee(function: ast.Attribute, text: Text, facts: Facts) -> Callee | None:
    """A method that only tensors have, whatever it is called on."""
    name = function.attr
    if is_dotted(function, text) or is_known_elsewhere(name, facts):
        return None
    if is_strange(function.value, text, facts):
        return None
    return _tensor_method(name)


@functools.cache
def _tensor_method(name: str) -> Callee | None:
    overloads = load_catalog().tensor_method(name)
    return Callee(f"Tensor.{name}", "tensor", overloads) if overloads else None
