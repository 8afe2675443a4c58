"""Pickling of built classes: by reference to the spec they came from.

A built class is in no importable module, so pickle is told how to find it again: by a
call that the owner of the classes hands in. The metaclass exists for that and for
nothing else; `copyreg` knows it, so instances, classes kept as attributes and a whole
`torch.save(model)` go the same way. Subclasses that others make (a user's, FSDP's) are
left to pickle's own rule.
"""

from __future__ import annotations

import copyreg
from collections.abc import Callable
from typing import TypeAlias

Rebuild: TypeAlias = "tuple[Callable[..., object], tuple[object, ...]]"
Reduce: TypeAlias = "Callable[[str], Rebuild]"

_REDUCE = "__modelspec_reduce__"


class BlockType(type):
    """The metaclass of built classes."""


def remember_reduce(cls: type, reduce: Reduce | None) -> None:
    """Note on a built class how it is found again."""
    setattr(cls, _REDUCE, reduce)


def reduce_class(cls: type) -> str | Rebuild:
    """What `copyreg` wants: a call that gives the class, or a name to import."""
    reduce = cls.__dict__.get(_REDUCE)
    if reduce is None:
        return cls.__qualname__
    found: Rebuild = reduce(cls.__name__)
    return found


copyreg.pickle(BlockType, reduce_class)  # type: ignore[arg-type]  # takes classes
