"""Which module stands under a name, and what a call of it gives.

In: values of children. Out: `Made`, or None where it is not certain what is made, and
`Held` for what a call of one gives. A block gives what its `forward` returns.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from modelspec.analysis.facts import Facts
from modelspec.analysis.members import is_torch_layer
from modelspec.analysis.receivers import forward_of_callee, may_be_other
from modelspec.analysis.values.held import TENSOR, UNKNOWN, Held, Made, join
from modelspec.catalog import Signature, load_catalog
from modelspec.program.ir import Block, Child, Container, ModuleValue, Statement
from modelspec.program.walk import walk_statements
from modelspec.syntax.keys import CONTAINERS

Returned: TypeAlias = Callable[[Block, str], Held]

_PAIR = Held("tuple", (UNKNOWN, UNKNOWN))
_GIVEN: dict[str, Held] = {
    "LSTM": Held("tuple", (UNKNOWN, _PAIR)),
    "GRU": _PAIR,
    "RNN": _PAIR,
    "LSTMCell": Held("tuple", (TENSOR, TENSOR)),
    "MultiheadAttention": Held("tuple", (TENSOR, UNKNOWN)),
    "AdaptiveLogSoftmaxWithLoss": UNKNOWN,
    "Module": UNKNOWN,
    "Identity": UNKNOWN,
}
_DEEPEST = 6


def child_of(name: str, block: Block, facts: Facts) -> Held:
    """What `self.name` is in a block, where that is a child known for certain."""
    members = facts.members(block)
    values = members.children.get(name, [])
    if may_be_other(name, members) or is_extended(block, facts):
        return UNKNOWN
    if sum(_registers(one, name) for one in walk_statements(block.construct)) != len(
        values
    ):
        return UNKNOWN
    found = [made_of(value, block, facts) for value in values]
    held = [Held("module", made=one) if one else UNKNOWN for one in found]
    whole = join(held)
    return Held("module", made=whole.made, said=f"self.{name}") if whole.made else whole


def _registers(statement: Statement, name: str) -> bool:
    own = getattr(statement, "name", None)
    return isinstance(own, ast.Constant) and own.value == name


def is_extended(block: Block, facts: Facts) -> bool:
    """Whether another block may replace what this one has, or it inherits."""
    if block.base.kind == "extends":
        return True
    calls = (one.base.call for one in facts.program.blocks)
    functions = (one.func for one in calls if one is not None)
    return any(isinstance(f, ast.Name) and f.id == block.name for f in functions)


def made_of(value: ModuleValue, owner: Block, facts: Facts) -> Made | None:
    if isinstance(value, Container):
        if value.into is not None:
            return None
        name = value.callee.attr if isinstance(value.callee, ast.Attribute) else ""
        if name not in CONTAINERS:
            return None
        every = tuple(_all_values(value.children))
        return Made(name, owner, children=_children(value.children), items=every)
    return _made_by(value.expression, owner, facts)


def _made_by(node: ast.expr, owner: Block, facts: Facts) -> Made | None:
    if not isinstance(node, ast.Call):
        return None
    function = node.func
    if is_torch_layer(function):
        layer = load_catalog().layer(function.attr)
        if layer is None or function.attr in CONTAINERS:
            return None
        return Made(function.attr, owner, node)
    if not isinstance(function, ast.Name) or function.id in facts.hidden_in(owner):
        return None
    block = facts.program.block(function.id)
    if block is None or block.source.is_standard or is_extended(block, facts):
        return None
    if block.base.kind == "Module":
        return Made(block.name, owner, node, block)
    every = tuple(_all_values(block.construct))
    return Made(block.name, block, node, block, _children(block.construct), every)


def _children(statements: Sequence[Statement]) -> dict[str, ModuleValue] | None:
    """Children by name or position; None where loops or conditions make some."""
    found: dict[str, ModuleValue] = {}
    for one in statements:
        if not isinstance(one, Child):
            if _may_register(one):
                return None
            continue
        name = one.name
        if name is not None and not isinstance(name, ast.Constant):
            return None
        found[str(name.value) if name is not None else str(len(found))] = one.value
    return found


def _may_register(statement: Statement) -> bool:
    return type(statement).__name__ in ("For", "If", "Splice", "Replace")


def _all_values(statements: Sequence[Statement]) -> Iterator[ModuleValue]:
    """The values of children, those in loops and conditions too."""
    for one in statements:
        if isinstance(one, Child):
            yield one.value
        else:
            for inner in (getattr(one, "body", ()), getattr(one, "orelse", ())):
                yield from _all_values(inner)


def item_of(made: Made, facts: Facts) -> Held:
    """Any child of a container, if all are alike."""
    if made.children is None and not made.items:
        return UNKNOWN
    found = [made_of(one, made.owner, facts) for one in made.items]
    return join([Held("module", made=one) if one else UNKNOWN for one in found])


def container_kind(made: Made) -> str | None:
    """Sequential, ModuleList and so on; None for what is no container."""
    name = made.name if made.block is None else made.block.base.kind
    return name if name in CONTAINERS else None


# --- what a call gives ---------------------------------------------------------------


def given_by(made: Made, facts: Facts, returned: Returned, depth: int = 0) -> Held:
    if depth > _DEEPEST:
        return UNKNOWN
    if made.block is not None and made.block.method("forward") is not None:
        return returned(made.block, "forward")
    kind = container_kind(made)
    if kind == "Sequential" and made.children:
        last = made_of(list(made.children.values())[-1], made.owner, facts)
        if last is not None:
            return given_by(last, facts, returned, depth + 1)
    if kind is not None or made.block is not None:
        return UNKNOWN
    return _given_by_layer(made)


def _given_by_layer(made: Made) -> Held:
    layer = load_catalog().layer(made.name)
    if layer is None or layer.forward is None:
        return UNKNOWN
    names = [one.name for one in layer.signature.positional]
    if "return_indices" in names:
        given = made.call
        at = names.index("return_indices")
        if given is None or len(given.args) > at:
            return UNKNOWN
        if any(one.arg in ("return_indices", None) for one in given.keywords):
            return UNKNOWN
    return _GIVEN.get(made.name, TENSOR)


def signature_of(made: Made, facts: Facts) -> Signature | None:
    """What a call of a module takes."""
    if made.call is not None:
        return forward_of_callee(facts.callees.find(made.call.func), facts)
    layer = load_catalog().layer(made.name)
    return None if layer is None else layer.forward


def takes_tensor(made: Made, facts: Facts, depth: int = 0) -> bool:
    """Whether a module's first argument must be a tensor."""
    if depth > _DEEPEST or (made.block and made.block.method("forward")):
        return False
    if container_kind(made) == "Sequential" and made.children:
        first = made_of(next(iter(made.children.values())), made.owner, facts)
        return first is not None and takes_tensor(first, facts, depth + 1)
    layer = load_catalog().layer(made.name) if made.block is None else None
    forward = None if layer is None else layer.forward
    if forward is None or not forward.parameters or made.name == "Identity":
        return False
    return forward.parameters[0].annotation == "Tensor"
