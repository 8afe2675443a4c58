"""A module made without the values of its parameters, for those of a file to come.

Comes in: a call that makes a module. Goes out: the same module with its parameters on
the device meta, and where each would be; all else, computed buffers among it, is as it
would be. None where that cannot be: something was computed from a parameter or lies in
its memory, or was drawn after one would have been.

On meta, what fills and draws does nothing. Torch asks a hook about each parameter that
any module gets. Ours is set when first needed and stays, since hooks cannot change
while another thread goes through them; it acts only where and while it is wanted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import torch
from torch import nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.nn.modules.module import register_module_parameter_registration_hook
from torch.overrides import TorchFunctionMode
from torch.utils.weak import WeakIdKeyDictionary

from modelspec.backends.torch.random_state import random_state_of, set_random_state
from modelspec.backends.torch.stand_ins import tensors_of
from modelspec.backends.torch.without_dynamo import without_dynamo
from modelspec.records import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Bare:
    """A module whose parameters wait for values.

    `devices` tells where each will be, by the `id` of the parameter. `undraw` sets
    torch's random numbers back to what they were before.
    """

    module: nn.Module
    devices: dict[int, torch.device]
    undraw: Callable[[], None]

    @property
    def is_complete(self) -> bool:
        """Whether all has its value: what holds a parameter besides has not."""
        return not any(one.is_meta for one in tensors_of(self.module))


def make_bare(
    make: Callable[[], nn.Module], device: str | torch.device | None
) -> Bare | None:
    """What `make` makes on `device`, without values of parameters.

    Torch's random numbers are as before, unless buffers are drawn too. None also where
    `make` fails, or makes on meta anyway.
    """
    place = _known(device)
    if place is None or place.type == "meta":
        return None
    before = random_state_of(place)
    bare = _make(make, place, before)
    if bare is None:
        set_random_state(before, place)
    return bare


def _known(device: str | torch.device | None) -> torch.device | None:
    """The device that is meant; None where it is not there, which `make` will tell."""
    try:
        found = torch.get_default_device() if device is None else torch.device(device)
        torch.empty(0, device=found)
    except Exception:
        return None
    return found


def _make(
    make: Callable[[], nn.Module], device: torch.device, before: torch.Tensor
) -> Bare | None:
    moved, mixing = _Moved(), _Mixing()
    try:
        with _active(moved), mixing, without_dynamo():
            module = make()
    except Exception:
        # Be it the spec's own fault or that of parameters without values: to make it
        # with them tells.
        return None
    devices = {
        id(one): moved.devices[id(one)]
        for one in module.parameters()
        if id(one) in moved.devices
    }
    state = module.state_dict(keep_vars=True)
    owed = devices.keys() | {id(one) for one in state.values()}
    every = {id(one): one for one in (*tensors_of(module), *state.values())}
    is_drawn = not torch.equal(before, random_state_of(device))
    if any(one.is_meta for at, one in every.items() if at not in devices):
        return None
    if (is_drawn and every.keys() - owed) or mixing.found or moved.is_held():
        return None
    return Bare(module, devices, lambda: set_random_state(before, device))


class _Moved:
    """Parameters moved to meta: one stays one, under however many names."""

    def __init__(self) -> None:
        self.devices: dict[int, torch.device] = {}
        self._made = WeakIdKeyDictionary()
        self._kept: list[nn.Parameter] = []  # so that no other gets their `id`
        self._memory: list[Any] = []

    def move(self, given: nn.Parameter) -> nn.Parameter | None:
        if given.is_meta or type(given) is not nn.Parameter:
            return None
        made: nn.Parameter | None = self._made.get(given)  # type: ignore[no-untyped-call]  # torch's
        if made is None:
            made = nn.Parameter(given.detach().to("meta"), given.requires_grad)
            self._made[given] = made
            self._kept.append(made)
            self.devices[id(made)] = given.device
            memory: Any = StorageWeakRef  # torch's, without types
            self._memory.append(memory(given.untyped_storage()))
        return made

    def is_held(self) -> bool:
        """Whether anything else lies in what was a parameter's memory."""
        is_shared = len({one.cdata for one in self._memory}) < len(self._memory)
        return is_shared or not all(one.expired() for one in self._memory)


class _Mixing(TorchFunctionMode):
    """Finds a tensor with values that was made or changed by one without.

    Torch refuses most of that; some of what works in place does nothing, unsaid.
    """

    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def __torch_function__(
        self,
        func: Callable[..., object],
        types: object,
        args: tuple[object, ...] = (),
        kwargs: Mapping[str, object] | None = None,
    ) -> object:
        made = func(*args, **(kwargs or {}))
        if isinstance(made, torch.Tensor) and not made.is_meta:
            given = (*args, *kwargs.values()) if kwargs else args
            self.found = self.found or any(map(_has_meta, given))
        return made


def _has_meta(given: object) -> bool:
    if isinstance(given, torch.Tensor):
        return given.is_meta
    return isinstance(given, (list, tuple)) and any(map(_has_meta, given))


class _Active(threading.local):
    moved: _Moved | None = None


_here = _Active()


@contextmanager
def _active(moved: _Moved) -> Iterator[None]:
    """While this lasts, parameters of modules of this thread are moved."""
    _set_hook()
    before, _here.moved = _here.moved, moved
    try:
        yield
    finally:
        _here.moved = before


def is_bare() -> bool:
    """Whether parameters of modules of this thread are moved: none keeps its memory."""
    return _here.moved is not None


@cache
def _set_hook() -> None:
    hook: Any = _hook  # torch's annotation forgets what it returns
    register_module_parameter_registration_hook(hook)


def _hook(module: nn.Module, name: str, parameter: nn.Parameter) -> nn.Parameter | None:
    moved = _here.moved
    return None if moved is None else moved.move(parameter)
