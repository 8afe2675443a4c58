"""What a construction may cost: modules counted and bytes measured beforehand.

Comes in: a class or function of torch and the arguments it is about to get. Goes out:
nothing, or the refusal with the code `limit-exceeded`: a `WorldError` where one call is
too large, a `SpecError` without a place where all of them together are. Small calls,
nearly all of them, are told by estimates and cost nothing more. A large one is made on
the meta device first, where it takes no memory, and its size compared with what the
target device has free.

What many calls come to is not known before the last. So once those made so far may have
taken a noticeable share of the device, the whole model is made on meta, once, and goes
on if there is room for all of it. Models smaller than that, by far the most, never wait
for it, and for others it is a small part of what filling their memory takes.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from modelspec.backends.torch.bare import is_bare
from modelspec.backends.torch.layer_costs import (
    STACKS,
    argument,
    count_modules,
    estimate_layer,
    estimate_size,
    largest_value,
    tensors_among,
)
from modelspec.backends.torch.memory import (
    ADVICE,
    bytes_of,
    free_bytes,
    no_room,
    require_within,
)
from modelspec.backends.torch.random_state import keep_random_state
from modelspec.backends.torch.vocabulary import Growth
from modelspec.backends.torch.without_dynamo import without_dynamo
from modelspec.policy import Limits
from modelspec.pysubset.budget import Budget
from modelspec.pysubset.faults import WorldError
from modelspec.records import dataclass

Made = TypeVar("Made")

LARGE = 2**22
"""Elements from which on a call is measured before it is made."""

NOTABLE = 2**14
"""Elements from which on filling them takes time that is not the evaluator's."""

_WATCHED = 2**26
"""Elements, by their estimate, after which the free memory is looked at again."""

_RESERVE = 2**28
_AMPLE = 64
"""Bytes for an element of an estimate that are enough, whatever it leaves out."""

_SHARE = 16
"""The part of the free memory, one in so many, that may be taken before it is known
whether all of the model has room."""


@dataclass(frozen=True, slots=True)
class Whole:
    """All that is being made: its name, and how many bytes it has in the end.

    `count` finds them without memory; None where that cannot be.
    """

    name: str
    count: Callable[[], int | None]


class Account(Budget):
    """The account of one construction, from the outermost block on.

    The evaluator's budget, with modules and bytes beside steps and seconds.
    """

    __slots__ = ("_counted", "_free", "_room", "_unwatched", "modules", "whole")

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self.modules = 0
        self.whole: Whole | None = None
        """What the outermost block is; None where nobody is to ask for its size."""
        self._counted = 0.0
        self._unwatched = 0.0
        self._room: int | None = None
        self._free = 0

    def restart(self) -> None:
        """A new construction begins."""
        Account.__init__(self, self.limits)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """A construction in the midst of another, which is not charged for it."""
        names = (*Budget.__slots__, *Account.__slots__)
        kept = [(name, getattr(self, name)) for name in names]
        began = time.thread_time()
        self.restart()
        try:
            yield
        finally:
            for name, value in kept:
                setattr(self, name, value)
            if self._deadline is not None and not self._pauses:
                self._deadline += time.thread_time() - began

    def charge_modules(self, count: int) -> None:
        """Count modules that are about to be made."""
        self.modules += count
        if self.modules > self.limits.modules:
            raise WorldError(
                "limit-exceeded",
                f"the model has more than {self.limits.modules:,} modules",
                "a caller can raise the limit",
            )

    def count_layer(self, size: float) -> None:
        """Count a small layer that is about to be made."""
        self.charge_modules(1)
        self._unwatched += size
        if self._unwatched > _WATCHED:
            self._watch(torch.get_default_device())

    def make_layer(
        self,
        layer: type[nn.Module],
        args: tuple[object, ...],
        kwargs: Mapping[str, object],
        make: Callable[..., nn.Module] | None = None,
    ) -> nn.Module:
        """Make a layer of torch, after it and everything it makes is counted.

        `make` is called in its place where a subclass is being initialised.
        """
        make = make or layer
        self.charge_modules(count_modules(layer, args, kwargs))
        size = estimate_layer(layer, args, kwargs)
        if size > LARGE:
            self.charge_size(size, layer, args, kwargs)
        self._unwatched += size
        if self._unwatched > _WATCHED:
            self._watch(_target(args, kwargs))
        return self.untimed(make, args, kwargs)

    def make_foreign(
        self,
        layer: type[nn.Module],
        args: tuple[object, ...],
        kwargs: Mapping[str, object],
        make: Callable[..., nn.Module] | None = None,
    ) -> nn.Module:
        """Make a module of a class that is not torch's, and count what it made.

        What that will be nobody knows: a large guess is measured first.
        """
        make = make or layer
        self.charge_modules(1)
        guess = estimate_layer(layer, args, kwargs)
        if guess * guess > LARGE:
            self.charge_size(guess * guess, layer, args, kwargs)
        made = self.untimed(make, args, kwargs)
        if not isinstance(made, nn.Module):
            raise TypeError("it makes something else than a module")
        self.charge_modules(sum(1 for _ in made.modules()) - 1)
        self._unwatched += bytes_of(made) / 4
        if self._unwatched > _WATCHED:
            self._watch(_target(args, kwargs))
        return made

    def call(
        self,
        function: Callable[..., object],
        args: tuple[object, ...],
        kwargs: Mapping[str, object],
        growth: Growth = Growth.PLAIN,
    ) -> object:
        """Call a function of torch, after the tensors it makes are bounded."""
        size = estimate_size(args, kwargs)
        if growth is Growth.BY_DATA:
            size *= largest_value(args, kwargs)
        if growth is not Growth.NONE:
            if size > LARGE:
                self.charge_size(size, function, args, kwargs, growth is Growth.BY_DATA)
            self._unwatched += size
            if self._unwatched > _WATCHED:
                self._watch(_target(args, kwargs))
        if size < NOTABLE:
            return function(*args, **kwargs)
        return self.untimed(function, args, kwargs)

    def fill(
        self,
        function: Callable[..., object],
        tensor: torch.Tensor,
        args: Iterable[object],
        kwargs: Mapping[str, object],
    ) -> None:
        """Call a function that fills a tensor in place and makes none."""
        if is_lazy(tensor) or tensor.numel() < NOTABLE:
            function(tensor, *args, **kwargs)
        else:
            self.untimed(function, (tensor, *args), kwargs)

    def untimed(
        self,
        function: Callable[..., Made],
        args: tuple[object, ...],
        kwargs: Mapping[str, object],
    ) -> Made:
        """Call what is bounded by its size, or by how often it is made: the clock is
        the evaluator's."""
        began = time.thread_time()
        try:
            return function(*args, **kwargs)
        finally:
            if self._deadline is not None:
                self._deadline += time.thread_time() - began

    def charge_size(
        self,
        size: float,
        function: Callable[..., object],
        args: tuple[object, ...],
        kwargs: Mapping[str, object],
        known: bool = False,
    ) -> None:
        """Measure a large call: what it makes must fit into what is free."""
        device = _target(args, kwargs)
        if device.type == "meta":
            return
        is_default = device == torch.get_default_device()
        if is_default and _AMPLE * (size + self._unwatched) < self._free:
            return
        wanted = measure(function, args, kwargs)
        if wanted is None and known:
            wanted = int(min(size, 2.0**62)) * 4
        free = free_bytes(device)
        if is_default:
            self._free = free
        if wanted is not None and wanted > free:
            message = no_room("this", wanted, device, free)
            raise WorldError("limit-exceeded", message, ADVICE)

    def _watch(self, device: torch.device) -> None:
        """Whether there is memory left, now and then: many small calls fill it too."""
        self._counted += self._unwatched
        self._unwatched = 0.0
        if device.type == "meta":
            return
        free = free_bytes(device)
        if free < _RESERVE:
            message = f"the device {device} has no memory left for this model"
            raise WorldError("limit-exceeded", message, ADVICE)
        if device != torch.get_default_device():
            return
        self._free = free
        if self._room is None:
            self._room = free
        made = self._counted * (torch.finfo(torch.get_default_dtype()).bits // 8)
        if made * _SHARE > self._room:
            self._require_whole(device, self._room)

    def _require_whole(self, device: torch.device, room: int) -> None:
        """Refuse all that is being made where that will not have room; ask once."""
        whole, self.whole = self.whole, None
        wanted = None if whole is None or is_bare() else whole.count()
        if whole is not None and wanted is not None:
            require_within(whole.name, wanted, device, room)


def measure(
    function: Callable[..., object],
    args: tuple[object, ...],
    kwargs: Mapping[str, object],
) -> int | None:
    """The bytes that a call makes, found on the meta device; None if that fails."""
    if function in STACKS:  # they copy a layer that is there already
        inside = sum(map(bytes_of, (*args, *kwargs.values())))
        return inside * argument(1, "num_layers", 1, args, kwargs)
    moved = {k: _to_meta(v) for k, v in kwargs.items() if k != "device"}
    return measure_made(lambda: function(*map(_to_meta, args), **moved))


def measure_made(make: Callable[[], object]) -> int | None:
    """The bytes of what is made, found on the meta device; None if that fails.

    Random numbers are as before.
    """
    try:
        with torch.device("meta"), keep_random_state(), torch.no_grad(), _unwarned():
            return bytes_of(make())
    except Exception:
        return None


@contextmanager
def _unwarned() -> Iterator[None]:
    with warnings.catch_warnings(), without_dynamo():
        warnings.simplefilter("ignore")
        yield


def _to_meta(value: object) -> object:
    if isinstance(value, torch.Tensor):
        return value.detach().to("meta")
    if isinstance(value, (list, tuple)) and any(
        isinstance(one, torch.Tensor) for one in value
    ):
        return [_to_meta(one) for one in value]
    return value


def _target(args: Iterable[object], kwargs: Mapping[str, object]) -> torch.device:
    given = kwargs.get("device")
    if isinstance(given, (str, int, torch.device)):
        return torch.device(given)
    tensors = tensors_among(args, kwargs)
    return tensors[0].device if tensors else torch.get_default_device()
