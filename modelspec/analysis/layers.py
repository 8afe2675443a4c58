"""What a param of type `layer` may be: its default, what variants give, and uses.

In: a param's name and its block. Out: callees. Where any of them cannot be seen the
answer is empty, as anything could be right then.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modelspec.analysis.facts import Facts, Text
from modelspec.analysis.signatures import Callee
from modelspec.program.ir import Block, For, Let, Param
from modelspec.program.walk import walk_statements
from modelspec.trees import all_nodes

_DEEPEST = 4


def possible_callees(name: str, block: Block, facts: Facts) -> tuple[Callee, ...]:
    """All that a layer param can hold, or nothing where that is not certain."""
    key = (block.name, name)
    if key not in facts.possible:
        found = list(_possible(name, block, facts, _DEEPEST))
        known = [one for one in found if one is not None]
        is_certain = len(known) == len(found)
        distinct = tuple({id(one): one for one in known}.values())
        facts.possible[key] = distinct if is_certain else ()
    return facts.possible[key]


def _possible(
    name: str, block: Block, facts: Facts, depth: int
) -> Iterator[Callee | None]:
    param = next((one for one in block.params if one.name == name), None)
    if param is None or param.type.name != "layer" or is_rebound(name, block):
        yield None
        return
    if param.default is not None:
        yield facts.callees.find(param.default)
    if block is facts.program.root_block:
        for variant in facts.program.variants:
            values = (value for key, value in variant.values if key == name)
            yield from (facts.callees.find(value) for value in values)
    yield from _given(param, block, facts, depth)


def _given(
    param: Param, block: Block, facts: Facts, depth: int
) -> Iterator[Callee | None]:
    """What calls of the block give for the param."""
    for text in facts.texts:
        for node in text.calls:
            callee = facts.callee(node.func, text)
            if callee is None or callee.block is not block:
                continue
            if _unpacks(node):
                yield None
                continue
            value = _argument(node, param, block)
            if value is not None:
                yield from _resolved(value, text, facts, depth)
    if any(block.name in text.names and _is_value(block, text) for text in facts.texts):
        yield None  # it is handed on as a value, and called who knows how


def _is_value(block: Block, text: Text) -> bool:
    """Whether a block's name stands elsewhere than in the place of a callee."""
    called = sum(
        isinstance(node.func, ast.Name) and node.func.id == block.name
        for node in text.calls
    )
    return text.where == "variant" or not called


def _unpacks(node: ast.Call) -> bool:
    stars = any(isinstance(one, ast.Starred) for one in node.args)
    return stars or any(one.arg is None for one in node.keywords)


def _argument(node: ast.Call, param: Param, block: Block) -> ast.expr | None:
    for keyword in node.keywords:
        if keyword.arg == param.name:
            return keyword.value
    places = [one.name for one in block.params if not one.keyword_only]
    at = places.index(param.name) if param.name in places else len(node.args)
    return node.args[at] if at < len(node.args) else None


def _resolved(
    value: ast.expr, text: Text, facts: Facts, depth: int
) -> Iterator[Callee | None]:
    if isinstance(value, ast.Name) and value.id in text.locals:
        if depth and text.where == "construct" and text.block is not None:
            yield from _possible(value.id, text.block, facts, depth - 1)
        else:
            yield None
    else:
        yield facts.callees.find(value)


def is_rebound(name: str, block: Block) -> bool:
    """Whether a `let`, var or loop gives a name another value."""
    for one in walk_statements(block.construct):
        if isinstance(one, Let | For):
            names = (n.id for n in all_nodes([one.target]) if isinstance(n, ast.Name))
            if name in names:
                return True
    return False
