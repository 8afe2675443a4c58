"""What one run of a module shows: its steps, their tensors, and who feeds whom.

Made by a run on fake tensors, whose sizes may be symbols; read by whoever reports. All
are plain values that know nothing of torch.

A **step** is a module's call, an operation (a function or a method of tensors), or
where a tensor comes from that no step makes: an input, or a parameter or buffer that a
method of the spec reads itself.
Steps are numbered in the order in which they begin, so that a module's call stands
before the steps inside it, which have it as their `parent`. A step takes tensors by
`edges`; the source of an edge is the innermost step that made the tensor: an operation
inside a layer, say. Whoever shows less climbs from there by `parent`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

from modelspec.diagnostics.span import Span
from modelspec.records import dataclass
from modelspec.sizes.multiples import assume_multiples
from modelspec.sizes.size import Size
from modelspec.sizes.text import render_shape

Kind: TypeAlias = Literal["module", "operation", "input", "parameter", "buffer"]
Value: TypeAlias = "Tensor | Many | str"
"""A tensor, several values, or the name of any other type (`None`, `int`)."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """Shape and dtype (`float32`) of one tensor."""

    shape: tuple[Size, ...]
    dtype: str


@dataclass(frozen=True, slots=True)
class Many:
    """A tuple, a list or a dict of values; `keys` only of a dict."""

    kind: Literal["tuple", "list", "dict"]
    items: tuple[Value, ...]
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """A tensor that a step takes, and the index of the step that made it."""

    source: int
    tensor: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One step of a run; see the module's text.

    `path` is the dotted name of the module, parameter or buffer, that of the module
    around it for an operation, and the name of an input. `label` is a module's type or
    an operation's name (`Conv2d`, `cat`). `edges` are the tensors that are given to it,
    `output` is what it returns. `span` is where it is called in the spec, `written`
    where the module is registered there. `macs` are the multiply-adds and `made` the
    bytes of new tensors of the step itself: those of an operation and of all kernels
    that it calls, not summed up in the modules around it.
    """

    index: int
    parent: int | None
    kind: Kind
    path: str
    label: str
    edges: tuple[Edge, ...]
    output: Value
    span: Span | None = None
    written: Span | None = None
    macs: Size = 0
    made: Size = 0


@dataclass(frozen=True, slots=True)
class Forced:
    """A size that had to be one number for the run to go as it went.

    `value` is the number, or the other size that it had to be equal to. `is_number`
    tells that it was used as a number, not compared with one; `failure` what went wrong
    for other sizes, at the same place.
    """

    symbol: str
    value: int | str
    span: Span | None
    is_number: bool = False
    failure: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """One run. `sizes` are the values that symbols stood for while it ran.

    `multiples` is what each symbol is taken to be a multiple of where sizes are shown.
    `returned` are the tensors of `output`, and the steps that made them.
    """

    steps: tuple[Step, ...]
    inputs: tuple[tuple[str, Tensor], ...]
    output: Value
    sizes: Mapping[str, int]
    multiples: Mapping[str, int]
    forced: tuple[Forced, ...] = ()
    returned: tuple[Edge, ...] = ()

    @property
    def root(self) -> Step:
        """The call of the whole module."""
        return next(step for step in self.steps if step.kind == "module")

    def inside(self, step: Step) -> Iterator[Step]:
        """The steps that a module's call makes itself."""
        return (one for one in self.steps if one.parent == step.index)

    def shape_text(self, tensor: Tensor) -> str:
        """A shape as it is shown: `[N, 64, H//4, W//4]`."""
        shown = (assume_multiples(size, self.multiples) for size in tensor.shape)
        return render_shape(shown, tuple(self.sizes))

    def value_text(self, value: Value) -> str:
        """The shapes of a value: `[N, 10]`, `([T, N, 8], [N, 8])`, `{out: [N, 21]}`."""
        if isinstance(value, Tensor):
            return self.shape_text(value)
        if isinstance(value, str):
            return value
        inside = [self.value_text(one) for one in value.items]
        if value.kind == "dict":
            pairs = zip(value.keys, inside, strict=True)
            return f"{{{', '.join(f'{key}: {text}' for key, text in pairs)}}}"
        if value.kind == "list":
            return f"[{', '.join(inside)}]"
        return f"({inside[0]},)" if len(inside) == 1 else f"({', '.join(inside)})"


def tensors_of(value: Value) -> Iterator[Tensor]:
    """The tensors of a value, in order."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Many):
        for one in value.items:
            yield from tensors_of(one)
