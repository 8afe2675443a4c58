"""Reads sizes while a model runs: each pending layer looks at what it is called with.

Comes in: the copy of a model that is about to run. Goes out: a number for each key that
was read, or the diagnostic that says why one is none.
"""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence

from modelspec.backends.torch.pickling import BlockType
from modelspec.backends.torch.shapes.sizing.layers import (
    Place,
    become,
    made_with,
    pending_of,
)
from modelspec.backends.torch.shapes.sizing.tracing import Key
from modelspec.diagnostics.diagnostic import Diagnostic, Label
from modelspec.diagnostics.span import Span
from modelspec.inference.sites import Site
from modelspec.pysubset.values import Provisional
from modelspec.sizes.multiples import assume_multiples, find_multiples
from modelspec.sizes.size import Size, symbols_of
from modelspec.sizes.text import render_size


class Refused(Exception):  # noqa: N818 # the problem is told as a diagnostic
    """A size is none: the run need not go on."""


@dataclass(frozen=True, slots=True)
class _Read:
    """Where a size was read."""

    value: int
    shape: str
    span: Span | None


Measure: TypeAlias = "Callable[[int | torch.SymInt], Size]"


@dataclass
class Reading:
    """`known` are sizes of earlier runs; `is_indirect` if a number that is wrong may
    have led the run astray, so that two numbers for one size are no contradiction.
    `running` tells what line of the spec is running, `symbols` what the symbols of
    the inputs are by default."""

    known: Mapping[Key, int]
    sites: Mapping[int, Site]
    is_indirect: bool
    running: Callable[[], Span | None]
    symbols: Mapping[str, int] = field(default_factory=dict)
    measure: Measure = int
    found: dict[Key, int] = field(default_factory=dict)
    problem: Diagnostic | None = None
    _reads: dict[Key, _Read] = field(default_factory=dict)

    def watch(self, module: nn.Module, stack: ExitStack) -> None:
        """Let the pending layers of a model read, for as long as the stack is open."""
        bases: set[type[nn.Module]] = set()
        for one in module.modules():
            pending = pending_of(one)
            if pending is None:
                continue
            if isinstance(type(one), BlockType) and _calls_on(type(one)):
                bases.add(pending.layer)
            else:
                one.register_forward_pre_hook(self._called, with_kwargs=True)
        for base in bases:
            stack.enter_context(self._watching(base))

    @contextmanager
    def _watching(self, base: type[nn.Module]) -> Iterator[None]:
        """What a block that extends a layer is called with is not what the layer is,
        where the block's own `forward` calls the layer's."""
        own, called = base.__dict__.get("forward"), self._called
        forward: Any = base.forward

        @functools.wraps(forward)
        def watched(module: nn.Module, *args: Any, **kwargs: Any) -> object:
            if isinstance(type(module), BlockType) and pending_of(module) is not None:
                called(module, args, kwargs)
            return forward(module, *args, **kwargs)

        base.forward = watched
        try:
            yield
        finally:
            if own is None:
                del base.forward
            else:
                base.forward = own

    def _called(
        self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        pending = pending_of(module)
        assert pending is not None
        inputs = _inputs(pending.layer, args, kwargs)
        for place in pending.places:
            self._read(place, inputs)
        arguments = pending.arguments(self._resolve)
        if arguments == made_with(module):
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            become(module, pending.remake(arguments), arguments)

    def _resolve(self, size: Provisional) -> int:
        key: Any = size.key
        return self.found.get(key, self.known.get(key, int(size)))

    # --- one size -------------------------------------------------------------------

    def _read(self, place: Place, inputs: Mapping[str, object]) -> None:
        source = place.source
        tensor = inputs.get(source.input) if source is not None else None
        if isinstance(tensor, PackedSequence):
            tensor = tensor.data
        if not isinstance(tensor, torch.Tensor):
            return
        rank = tensor.dim()
        if not -rank <= place.dimension < rank:
            return  # the layer itself says what is wrong with its input
        sizes = [self.measure(one) for one in tensor.shape]
        taken = find_multiples(sizes, self.symbols)
        sizes = [assume_multiples(one, taken) for one in sizes]
        shape = f"[{', '.join(map(render_size, sizes))}]"
        self._learn(place, sizes[place.dimension], shape)

    def _learn(self, place: Place, size: Size, shape: str) -> None:
        key: Any = place.size.key
        site = self.sites[key[0]]
        if not isinstance(size, int):
            self._refuse(_symbolic(site, size, shape))
            return
        new = _Read(size, shape, self.running())
        old = self._reads.setdefault(key, new)
        if old.value != size and not self._is_astray(key):
            self._refuse(_contradiction(site, old, new))
        self.found[key] = size

    def _is_astray(self, key: Key) -> bool:
        """Whether the numbers that the model was made with may be to blame."""
        return self.is_indirect and key not in self.known

    def _refuse(self, problem: Diagnostic) -> None:
        self.problem = self.problem or problem
        raise Refused


def _calls_on(block: type[nn.Module]) -> bool:
    """Whether a block that extends a layer leaves the input to the layer's `forward`.

    Else it is about the layer's parameters, `F.conv2d(x, self.weight * self.mask)`, and
    takes the input in place of the layer.
    """
    for one in block.__mro__:
        if not isinstance(one, BlockType):
            break
        forward: Any = one.__dict__.get("forward")
        if forward is not None and "super" not in forward.__code__.co_names:
            return False
    return True


def _inputs(
    layer: type[nn.Module], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Mapping[str, object]:
    """What a layer is given, by its own names; a block that stands for it may take
    more."""
    signature = _signature(layer.forward)
    try:
        return signature.bind(None, *args, **kwargs).arguments
    except TypeError:
        names = list(signature.parameters)[1:]
        named = {name: one for name, one in kwargs.items() if name in names}
        return {**dict(zip(names, args, strict=False)), **named}


@functools.lru_cache(maxsize=256)
def _signature(forward: Callable[..., object]) -> inspect.Signature:
    return inspect.signature(forward)


# --- what is wrong ------------------------------------------------------------------


def _symbolic(site: Site, size: Size, shape: str) -> Diagnostic:
    text = render_size(size)
    symbols = " and ".join(sorted(set(symbols_of(size)))) or "the sizes in it"
    plural = "numbers" if " and " in symbols else "a number"
    return Diagnostic(
        "auto-symbolic",
        f"{site.words} would be {text}, which is no number",
        site.span,
        note=f"the input is {shape}",
        help=(f"give {symbols} as {plural} in `inputs`",),
    )


def _contradiction(site: Site, one: _Read, other: _Read) -> Diagnostic:
    labels = tuple(
        Label(read.span, f"called with {read.shape} here")
        for read in (one, other)
        if read.span is not None
    )
    return Diagnostic(
        "auto-contradiction",
        f"{site.words} would be {one.value} and {other.value}",
        site.span,
        note=f"called with {one.shape} and with {other.shape}",
        help=("make a layer for each",),
        labels=labels,
    )
