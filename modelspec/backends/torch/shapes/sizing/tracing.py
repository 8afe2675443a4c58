"""Classes of an instrumented Program, and what is known of their constructions.

Comes in: the numbers known so far. Goes out: while a model is made, which block is made
by which call, and which `auto` is come by where (see `inference.instrument`).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from torch import nn

from modelspec.backends.torch.account import Account
from modelspec.backends.torch.classes import ModuleClasses
from modelspec.backends.torch.pickling import BlockType
from modelspec.backends.torch.shapes.sizing.layers import (
    has_provisional,
    make_provisionally,
    note_pending,
    pending_of,
)
from modelspec.backends.torch.world import TorchWorld
from modelspec.inference import instrument as names
from modelspec.inference.trace import UNSEEN, Activation, Numbers
from modelspec.policy import Limits
from modelspec.program import ir
from modelspec.pysubset.runtime import Runtime, SpecCallable
from modelspec.pysubset.values import Provisional

if TYPE_CHECKING:
    from collections.abc import Iterator

Turns: TypeAlias = "tuple[int, ...]"
Path: TypeAlias = "tuple[tuple[int, Turns], ...]"
"""The calls, from the root on, that made a module."""
Key: TypeAlias = "tuple[int, Path, Turns]"
"""An `auto`: its place, the module it is in, the turns of the loops around it."""


@dataclass(frozen=True, slots=True)
class Met:
    """An `auto` that was come by."""

    key: Key
    activation: int
    names: Numbers


@dataclass(slots=True)
class _Made:
    """An activation under construction."""

    index: int
    path: Path


@dataclass(slots=True)
class _Caller:
    """The call that is about to make a module."""

    made: _Made
    call: int
    turns: Turns = ()
    names: Numbers = ()


@dataclass
class Tracer:
    """What one construction tells; `known` are sizes that earlier ones were run for."""

    known: dict[Key, int] = field(default_factory=dict)
    activations: list[Activation] = field(default_factory=list)
    met: dict[Key, Met] = field(default_factory=dict)
    is_indirect: bool = False
    """Whether something was computed of a size, so that its number matters at once."""
    provisional: int = 1
    _caller: _Caller | None = None

    def restart(self) -> None:
        """A new construction begins, of the root."""
        self.activations = []
        self.met = {}
        self.is_indirect = False
        self._caller = None

    # --- what the instrumented construction calls -----------------------------------

    def enter(self, block: str) -> _Made:
        caller, self._caller = self._caller, None
        index = len(self.activations)
        if caller is None:
            path: Path = ((index and UNSEEN - index, ()),)
            self.activations.append(Activation(block, UNSEEN, UNSEEN))
        else:
            path = (*caller.made.path, (caller.call, caller.turns))
            self.activations.append(
                Activation(
                    block, caller.made.index, caller.call, caller.turns, caller.names
                )
            )
        return _Made(index, path)

    def numbers(self, values: Mapping[str, object]) -> Numbers:
        """The whole numbers that are known, among values of names."""
        return tuple(
            (name, int(value))
            for name, value in values.items()
            if type(value) is int
            or (isinstance(value, Provisional) and value.key in self.known)
        )

    def extend(self, made: _Made, call: int, known: Numbers) -> None:
        self._caller = _Caller(made, call, (), known)

    def size(self, place: int, made: _Made, turns: Turns, known: Numbers) -> int:
        key = (place, made.path, turns)
        self.met[key] = Met(key, made.index, known)
        value = Provisional(self.known.get(key, self.provisional))
        value.key = key
        return value

    @contextmanager
    def calling(
        self, call: int, made: _Made, turns: Turns, known: Numbers
    ) -> Iterator[None]:
        before = self._caller
        self._caller = _Caller(made, call, turns, known)
        try:
            yield
        finally:
            self._caller = before


class TracingClasses(ModuleClasses):
    """The classes of an instrumented program."""

    def __init__(self, program: ir.Program, limits: Limits, tracer: Tracer) -> None:
        self._tracer = tracer
        super().__init__(program, limits, None)
        run = self._evaluator.runtime
        hooks = {
            names.ENTER: _Enter(tracer),
            names.EXTEND: _Extend(tracer),
            names.EACH: _Each(run),
            names.SIZE: _Size(tracer),
            names.CALL: _Call(tracer, run),
        }
        self._functions = {**self._functions, **hooks}  # type: ignore[dict-item]

    def world(self, account: Account) -> TorchWorld:
        return _TracingWorld(account, self._plain.plain, self._tracer)


class _TracingWorld(TorchWorld):
    """Makes layers with provisional sizes."""

    def __init__(self, account: Account, plain_of: Any, tracer: Tracer) -> None:
        super().__init__(account, plain_of)
        self._tracer = tracer

    def call_layer(
        self,
        layer: type[nn.Module],
        args: tuple[object, ...],
        kwargs: Mapping[str, object],
    ) -> nn.Module:
        if isinstance(layer, BlockType) or not has_provisional(args, kwargs):
            return super().call_layer(layer, args, kwargs)
        module, made = make_provisionally(layer, args, kwargs, super().call_layer)
        note_pending(module, layer, args, kwargs, made)
        return module

    def start_base(
        self,
        base: type[nn.Module],
        initialize: Any,
        args: list[object],
        kwargs: dict[str, object],
    ) -> None:
        if isinstance(base, BlockType) or not has_provisional(tuple(args), kwargs):
            super().start_base(base, initialize, args, kwargs)
            return

        def make(
            layer: type[nn.Module], given: tuple[object, ...], named: Any
        ) -> nn.Module:
            started: list[nn.Module] = []

            def keep(*one: object, **other: object) -> nn.Module:
                started.append(initialize(*one, **other))
                return started[-1]

            super(_TracingWorld, self).start_base(layer, keep, list(given), dict(named))
            return started[-1]

        given = tuple(args)
        module, made = make_provisionally(base, given, kwargs, make)
        note_pending(module, base, given, kwargs, made)

    def call(
        self, function: object, args: list[object], kwargs: dict[str, object]
    ) -> object:
        made = super().call(function, args, kwargs)
        self._note_wrap(function, args, kwargs, made)
        return made

    def _note_wrap(
        self,
        function: Any,
        args: list[object],
        kwargs: dict[str, object],
        made: object,
    ) -> None:
        """Remember what parametrized a pending layer."""
        if not args or made is not args[0] or not isinstance(made, nn.Module):
            return
        pending = pending_of(made)
        if pending is not None:
            rest, named = tuple(args[1:]), dict(kwargs)
            pending.wraps.append(lambda module: function(module, *rest, **named))

    def attribute(self, value: object, name: str) -> object:
        if isinstance(value, nn.Module) and pending_of(value) is not None:
            self._tracer.is_indirect = True
        return super().attribute(value, name)


# --- what the instrumented construction calls -----------------------------------------


class _Hook(SpecCallable):
    __slots__ = ("_tracer",)

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer


class _Enter(_Hook):
    __slots__ = ()

    def run(self, args: list[Any], kwargs: dict[str, object]) -> object:
        return self._tracer.enter(args[0])


class _Extend(_Hook):
    __slots__ = ()

    def run(self, args: list[Any], kwargs: dict[str, object]) -> object:
        made, call = args
        self._tracer.extend(made, call, self._tracer.numbers(kwargs))
        return None


class _Size(_Hook):
    __slots__ = ()

    def run(self, args: list[Any], kwargs: dict[str, object]) -> object:
        place, made, turns = args
        return self._tracer.size(place, made, turns, self._tracer.numbers(kwargs))


class _Each(SpecCallable):
    __slots__ = ("_run",)

    def __init__(self, run: Runtime) -> None:
        self._run = run

    def run(self, args: list[Any], kwargs: dict[str, object]) -> object:
        return list(enumerate(self._run.listed(args[0])))


class _Call(_Hook):
    """Gives what to call in place of a callee, so that the call is seen."""

    __slots__ = ("_run",)

    def __init__(self, tracer: Tracer, run: Runtime) -> None:
        super().__init__(tracer)
        self._run = run

    def run(self, args: list[Any], kwargs: dict[str, object]) -> object:
        call, made, turns, callee = args
        known = self._tracer.numbers(kwargs)
        return _Seen(self._tracer, self._run, callee, (call, made, turns, known))


class _Seen(_Hook):
    __slots__ = ("_callee", "_place", "_run")

    def __init__(
        self,
        tracer: Tracer,
        run: Runtime,
        callee: object,
        place: tuple[int, _Made, Turns, Numbers],
    ) -> None:
        super().__init__(tracer)
        self._run, self._callee, self._place = run, callee, place

    def run(self, args: list[Any], kwargs: dict[str, object]) -> object:
        if _is_block(self._callee) and has_provisional(tuple(args), kwargs):
            self._tracer.is_indirect = True
        with self._tracer.calling(*self._place):
            return self._run.call(self._callee, args, kwargs)


def _is_block(callee: Any) -> bool:
    while hasattr(callee, "func"):
        callee = callee.func
    return isinstance(callee, BlockType)
