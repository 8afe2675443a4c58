"""What a module holds: its tensors, the modules in it, and what is there twice.

Read off a built module; plain values that know nothing of torch. A tensor or a module
that is registered in several places is described at each; `first` is the place that
the walk over the module (itself, then its children in order) met first, and counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from modelspec.records import dataclass

Holder: TypeAlias = Literal["block", "container", "layer"]
"""Written in a spec, one of torch's containers, or any other module."""


@dataclass(frozen=True, slots=True)
class HeldTensor:
    """A parameter or buffer; `path` and `first` are dotted names.

    `shape` is None for one that gets it on the first run. `is_saved`: it is in the
    `state_dict`.
    """

    path: str
    kind: Literal["parameter", "buffer"]
    shape: tuple[int, ...] | None
    dtype: str
    elements: int
    bytes: int
    is_trained: bool
    is_saved: bool
    first: str

    @property
    def is_shared(self) -> bool:
        return self.first != self.path


@dataclass(frozen=True, slots=True)
class HeldModule:
    """A module: what it registers itself, and its children.

    Where `first` is another place, `tensors` and `children` are empty: they are
    described there.
    """

    path: str
    type: str
    holder: Holder
    first: str
    tensors: tuple[HeldTensor, ...] = ()
    children: tuple[HeldModule, ...] = ()

    @property
    def is_shared(self) -> bool:
        return self.first != self.path

    def walk(self) -> Iterator[HeldModule]:
        """This module and all below it, in order of registration."""
        yield self
        for child in self.children:
            yield from child.walk()

    def all_tensors(self) -> Iterator[HeldTensor]:
        """The tensors of all of them."""
        for one in self.walk():
            yield from one.tensors
