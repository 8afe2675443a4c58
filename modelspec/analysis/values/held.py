"""What an expression in a method holds, as far as it shows without running it.

`Held` is a value, `Made` the module that it is. Whatever is not certain is `UNKNOWN`,
of which nothing is ever said.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

from modelspec.program.ir import Block, ModuleValue
from modelspec.records import dataclass

What: TypeAlias = Literal[
    "unknown",
    "self",
    "tensor",
    "tuple",
    "list",
    "iterable",
    "int",
    "float",
    "bool",
    "str",
    "none",
    "module",
    "method",
]


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A module: a layer of torch by its name, or a block.

    `children` are those of a container, by name or position, where all can be seen;
    `owner` is the block in whose construction they are made.
    """

    name: str
    owner: Block
    call: ast.Call | None = None
    block: Block | None = None
    children: Mapping[str, ModuleValue] | None = None
    items: tuple[ModuleValue, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """`items` are those of a tuple or list, where all are known one by one; `element`
    is any of the rest. `said` is what gives the value, in the user's words; `rank` the
    number of sizes of a tensor."""

    what: What
    items: tuple[Held, ...] | None = None
    element: Held | None = None
    made: Made | None = None
    said: str = ""
    rank: int | None = None


UNKNOWN = Held("unknown")
TENSOR = Held("tensor")
INT = Held("int")
FLOAT = Held("float")
BOOL = Held("bool")
TEXT = Held("str")
NONE = Held("none")

NUMBERS = frozenset({"int", "float", "bool"})
_WORDS = {
    "tensor": "a tensor",
    "tuple": "a tuple",
    "list": "a list",
    "int": "an int",
    "float": "a float",
    "bool": "a bool",
    "str": "a text",
    "none": "None",
    "method": "a method",
}


def join(values: Iterable[Held]) -> Held:
    """A value that is one of several."""
    return _joined(tuple(values), {})


def _joined(found: tuple[Held, ...], known: dict[tuple[int, ...], Held]) -> Held:
    """`known` are joins made already: tuples may hold one value over and over, which
    would be gone through as often as it can be reached."""
    if not found or any(one.what != found[0].what for one in found):
        return UNKNOWN
    first = found[0]
    if all(one is first for one in found):
        return first
    if first.what == "module":
        same = all(_is_same(one.made, first.made) for one in found)
        return first if same else UNKNOWN
    if first.items is None or any(
        one.items is None or len(one.items) != len(first.items) for one in found
    ):
        return Held(first.what)
    key = tuple(map(id, found))
    if key not in known:
        columns = zip(*(one.items or () for one in found), strict=True)
        items = tuple(_joined(column, known) for column in columns)
        known[key] = Held(first.what, items, said=first.said)
    return known[key]


def _is_same(one: Made | None, other: Made | None) -> bool:
    """Whether two modules are alike in all that is asked of them."""
    if one is None or other is None:
        return False
    if one is other:
        return True
    alike = one.name == other.name and one.block is other.block
    return alike and one.children is None and other.children is None


def words(value: Held) -> str:
    """A value in a few words, for messages."""
    if value.what == "module" and value.made is not None:
        kind = value.made.name
        return f"the {kind} {value.said}" if value.said else f"a module ({kind})"
    if value.what == "tuple" and value.items is not None:
        count = f"a tuple of {len(value.items)}"
        return f"{count} (from {value.said})" if value.said else count
    return _WORDS.get(value.what, "this")
