"""What lies outside plain values: layer types, modules, tensors, dtypes.

The evaluator knows numbers, strings, lists and the like; whatever else a spec names
is opaque to it and goes through a `World`. One is made of torch, another of
stand-ins. A world refuses by raising `WorldError(code, message, help)`, and wraps
what its own calls raise; an `EvaluationError` out of a spec function that it was
given must pass through it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol


class World(Protocol):
    def resolve(self, dotted: str) -> object | None:
        """`nn.Linear`, `torch.zeros`, `F.relu`, `torch.float32`; None if unknown."""

    def attribute(self, value: object, name: str) -> object: ...

    def call(
        self, function: object, args: list[object], kwargs: dict[str, object]
    ) -> object: ...

    def binary(self, operator: str, left: object, right: object) -> object:
        """`+`, `@`, ...; `+=` and so on where a function assigns in place."""

    def unary(self, operator: str, value: object) -> object:
        """`-`, `+`, `~` or `abs`."""

    def compare(self, operator: str, left: object, right: object) -> object:
        """`==`, `<`, ..., and `in`, with the container on the right."""

    def subscript(self, value: object, index: object) -> object: ...

    def set_item(self, value: object, index: object, item: object) -> None: ...

    def iterate(self, value: object) -> Iterator[object]: ...

    def length(self, value: object) -> int: ...

    def truth(self, value: object) -> bool: ...

    def is_instance(self, value: object, kind: object) -> bool:
        """`isinstance` where the kind is no plain type."""

    def text(self, value: object) -> str:
        """What an f-string shows of a value: a few words, no addresses."""
