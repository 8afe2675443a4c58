"""What is counted of a part of a network, and added up over its parts."""

from __future__ import annotations

from collections.abc import Iterable

from modelspec.records import dataclass
from modelspec.sizes import Size
from modelspec.sizes.contents import HeldTensor


@dataclass(frozen=True, slots=True)
class Tally:
    """Numbers of elements, multiply-adds, and bytes.

    `shared` are elements of parameters that are registered here too, but counted
    elsewhere. `made` are the bytes of all tensors that one forward makes. `weights`
    has the bytes of what the `state_dict` holds, for each dtype, by name.
    """

    parameters: int = 0
    frozen: int = 0
    shared: int = 0
    buffers: int = 0
    macs: Size = 0
    made: Size = 0
    weights: tuple[tuple[str, int], ...] = ()

    @property
    def weight_bytes(self) -> int:
        return sum(size for _, size in self.weights)

    def plus(self, *others: Tally) -> Tally:
        """All of them together."""
        every = (self, *others)
        sizes: dict[str, int] = {}
        for one in every:
            for dtype, size in one.weights:
                sizes[dtype] = sizes.get(dtype, 0) + size
        return Tally(
            sum(one.parameters for one in every),
            sum(one.frozen for one in every),
            sum(one.shared for one in every),
            sum(one.buffers for one in every),
            sum((one.macs for one in every), start=0),
            sum((one.made for one in every), start=0),
            tuple(sorted(sizes.items())),
        )


def tally_of(tensors: Iterable[HeldTensor]) -> Tally:
    """Of parameters and buffers."""
    parts = (_tally(one) for one in tensors)
    return Tally().plus(*parts)


def _tally(one: HeldTensor) -> Tally:
    if one.is_shared:
        return Tally(shared=one.elements if one.kind == "parameter" else 0)
    weights = ((one.dtype, one.bytes),) if one.is_saved and one.bytes else ()
    if one.kind == "buffer":
        return Tally(buffers=one.elements, weights=weights)
    frozen = 0 if one.is_trained else one.elements
    return Tally(one.elements, frozen, weights=weights)
