"""Reads sizes while a model runs: each pending layer looks at what it is called with.

Comes in: the copy of a model that is about to run. Goes out: a number for each key that
was read, or the diagnostic that says why one is none.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence

from modelspec.backends.torch.pickling import BlockType
from modelspec.backends.torch.shapes.recorder import Recorder
from modelspec.backends.torch.shapes.sizing.layers import (
    Pending,
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
from modelspec.sizes.size import Size, symbols_of
from modelspec.sizes.text import render_size


class Remade(Exception):  # noqa: N818 # nothing is wrong
    """The model has to be made again before this layer can run."""


@dataclass(frozen=True, slots=True)
class _Read:
    """Where a size was read."""

    value: int
    shape: str
    span: Span | None


@dataclass
class Reading:
    """`known` are sizes of earlier runs; `is_indirect` if a number that is wrong may
    have led the run astray, so that two numbers for one size are no contradiction."""

    known: Mapping[Key, int]
    sites: Mapping[int, Site]
    is_indirect: bool
    found: dict[Key, int] = field(default_factory=dict)
    problem: Diagnostic | None = None
    _reads: dict[Key, _Read] = field(default_factory=dict)
    _recorder: Recorder | None = None

    def prepare(self, module: nn.Module, recorder: Recorder) -> None:
        """Let the pending layers of a model read."""
        self._recorder = recorder
        for one in module.modules():
            pending = pending_of(one)
            if pending is not None:
                one.register_forward_pre_hook(self._called, with_kwargs=True)

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
        if isinstance(type(module), BlockType):
            self.is_indirect = True
            raise Remade
        with torch._C.DisableTorchFunction():
            become(module, _remade(pending, arguments), arguments)

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
        assert self._recorder is not None
        size = self._recorder.size(tensor.shape[place.dimension])
        shape = [render_size(self._recorder.size(one)) for one in tensor.shape]
        self._learn(place, size, f"[{', '.join(shape)}]")

    def _learn(self, place: Place, size: Size, shape: str) -> None:
        key: Any = place.size.key
        site = self.sites[key[0]]
        if not isinstance(size, int):
            self._refuse(_symbolic(site, size, shape))
            return
        assert self._recorder is not None
        new = _Read(size, shape, self._recorder.running())
        old = self._reads.setdefault(key, new)
        if old.value != size and not self._is_astray(key):
            self._refuse(_contradiction(site, old, new))
        self.found[key] = size

    def _is_astray(self, key: Key) -> bool:
        """Whether the numbers that the model was made with may be to blame."""
        return self.is_indirect and key not in self.known

    def _refuse(self, problem: Diagnostic) -> None:
        self.problem = self.problem or problem
        raise Remade


def _remade(pending: Pending, arguments: Any) -> nn.Module:
    return pending.remake(arguments)


def _inputs(
    layer: type[nn.Module], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Mapping[str, object]:
    try:
        bound = inspect.signature(layer.forward).bind(None, *args, **kwargs)
    except TypeError:
        return {}
    return bound.arguments


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
