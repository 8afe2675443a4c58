"""Memory that training takes: weights, gradients, what an optimizer keeps, activations.

Comes in: the tensors of a module, an optimizer's name, and the bytes that autograd
keeps. Goes out: a `TrainingMemory`: each figure with where it comes from. What an
optimizer of `torch.optim` keeps, with its default arguments, is counted as it makes it
in its first step: its tensors and, where it has one, a counter of four bytes for each
parameter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from math import prod
from types import MappingProxyType

from modelspec.records import dataclass
from modelspec.sizes.contents import HeldModule, HeldTensor

_COUNTER = 4


@dataclass(frozen=True, slots=True)
class Optimizer:
    """What it keeps: the bytes for one parameter, and what they are, in words."""

    keeps: Callable[[HeldTensor], int]
    words: str


@dataclass(frozen=True, slots=True)
class MemoryLine:
    """Bytes of one kind, and where the figure comes from."""

    what: str
    bytes: int
    source: str


@dataclass(frozen=True, slots=True)
class TrainingMemory:
    """What training a module with an optimizer takes, without kernels' workspaces.

    `activations` are for the sizes that the whole summary is for; None where the run
    for them was not possible, and `total` is without them then.
    """

    optimizer: str
    lines: tuple[MemoryLine, ...]

    @property
    def total(self) -> int:
        return sum(line.bytes for line in self.lines)


def estimate_training(
    held: HeldModule, optimizer: str, activations: int | None, sizes: str
) -> TrainingMemory:
    """The memory for one step; `sizes` says what the activations are for.

    Raises:
        KeyError: no such optimizer is known.
    """
    kept = OPTIMIZERS[optimizer]
    tensors = [one for one in held.all_tensors() if not one.is_shared]
    trained = [t for t in tensors if t.kind == "parameter" and t.is_trained]
    return TrainingMemory(
        optimizer, tuple(_lines(tensors, trained, kept, activations, sizes))
    )


def _lines(
    tensors: list[HeldTensor],
    trained: list[HeldTensor],
    kept: Optimizer,
    activations: int | None,
    sizes: str,
) -> Iterator[MemoryLine]:
    whole = sum(one.bytes for one in tensors)
    gradients = sum(one.bytes for one in trained)
    elements = sum(one.elements for one in trained)
    yield MemoryLine("weights", whole, "parameters and buffers")
    source = f"one for each of {elements:,} trained parameters"
    yield MemoryLine("gradients", gradients, source)
    yield MemoryLine("optimizer", sum(map(kept.keeps, trained)), kept.words)
    if activations is not None:
        source = f"what autograd keeps of one forward, {sizes}"
        yield MemoryLine("activations", activations, source)


def _copies(count: int, one: HeldTensor, *, counter: bool = True) -> int:
    return count * one.bytes + (_COUNTER if counter else 0)


def _factored(one: HeldTensor) -> int:
    """Adafactor: a row and a column of what has two dimensions, else all of it."""
    if one.shape is None:
        return 0
    size = one.bytes // one.elements if one.elements else 0
    if len(one.shape) < 2:
        return one.bytes + _COUNTER
    rows = prod(one.shape[:-1])
    columns = prod((*one.shape[:-2], one.shape[-1]))
    return (rows + columns) * size + _COUNTER


def _adam(words: str) -> Optimizer:
    return Optimizer(partial(_copies, 2), f"{words}: two averages and a counter each")


OPTIMIZERS: Mapping[str, Optimizer] = MappingProxyType(
    {
        "sgd": Optimizer(
            partial(_copies, 0, counter=False), "SGD without momentum: nothing"
        ),
        "sgd-momentum": Optimizer(
            partial(_copies, 1, counter=False), "SGD with momentum: a buffer each"
        ),
        "adam": _adam("Adam"),
        "adamw": _adam("AdamW"),
        "adamax": _adam("Adamax"),
        "radam": _adam("RAdam"),
        "adadelta": _adam("Adadelta"),
        "nadam": Optimizer(
            lambda one: _copies(2, one) + _COUNTER,
            "NAdam: two averages, a product and a counter each",
        ),
        "adagrad": Optimizer(partial(_copies, 1), "Adagrad: a sum and a counter each"),
        "rmsprop": Optimizer(
            partial(_copies, 1), "RMSprop: an average and a counter each"
        ),
        "adafactor": Optimizer(
            _factored, "Adafactor: a row and a column of each, and a counter"
        ),
    }
)
"""Those of `torch.optim`, by the name that `--optimizer` takes."""
