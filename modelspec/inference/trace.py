"""What was known after one construction and its run: plain data, made of tuples.

A trace tells of one set of values for the root's params. It can be compared, hashed and
pickled: it is part of what tells built classes apart.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

Numbers: TypeAlias = "tuple[tuple[str, int], ...]"
"""Names and the whole numbers that they were."""

ROOT = 0
UNSEEN = -1
"""In place of a call: by what a block was made is not to be seen."""


class Activation(NamedTuple):
    """One module of a block while it was made.

    `parent` is the index of the activation in which the call of this number made it, in
    these turns of the loops around the call, while names there were these numbers.
    """

    block: str
    parent: int
    call: int
    turns: tuple[int, ...] = ()
    names: Numbers = ()


class Execution(NamedTuple):
    """One `auto` that was come by, and what its size is."""

    place: int
    activation: int
    turns: tuple[int, ...]
    names: Numbers
    value: int


class Trace(NamedTuple):
    """One construction. `variant` is the one whose values were given, None for the
    defaults or a caller's own."""

    variant: str | None
    activations: tuple[Activation, ...]
    executions: tuple[Execution, ...]
