"""What a user may write: the keys of a spec, and the kind of node under each.

A *frame* is the mapping of a file, a block, a param, ... with what stands under its
keys left as nodes, which the lowering reads. Here are the frames as values, and
`fit_frame`, which makes one of a mapping that fits; the wrong mapping is none of its
business. pydantic tells what is wrong (`spec.validate`) by models that are made of
the same fields (`spec.models`), so there is one list of keys. It is not imported for
specs that are right: it would be half of the time that checking one takes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields, replace
from typing import (
    Annotated,
    Any,
    TypeAlias,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from modelspec.records import dataclass
from modelspec.syntax.keys import MODULE_CONTAINERS
from modelspec.syntax.nodes import Entry, MappingNode, Node, ScalarNode, SequenceNode

BODIES = (*MODULE_CONTAINERS, "modules", "extends")


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """A kind of node: what messages call it, and whether a node is of it."""

    expected: str
    takes: Callable[[object], bool]


def _of(*types: type) -> Callable[[object], bool]:
    return lambda node: isinstance(node, types)


def _holding(type_: type) -> Callable[[object], bool]:
    return lambda node: isinstance(node, ScalarNode) and isinstance(node.value, type_)


Mapping: TypeAlias = Annotated[MappingNode, Kind("a mapping", _of(MappingNode))]
Sequence: TypeAlias = Annotated[SequenceNode, Kind("a list", _of(SequenceNode))]
Several: TypeAlias = Annotated[
    MappingNode | SequenceNode,
    Kind("a list or a mapping", _of(MappingNode, SequenceNode)),
]
Text: TypeAlias = Annotated[ScalarNode, Kind("a text", _holding(str))]
Flag: TypeAlias = Annotated[ScalarNode, Kind("true or false", _holding(bool))]
Scalar: TypeAlias = Annotated[ScalarNode, Kind("one value", _of(ScalarNode))]
AnyNode: TypeAlias = Annotated[
    ScalarNode | MappingNode | SequenceNode,
    Kind("a value", _of(ScalarNode, MappingNode, SequenceNode)),
]


@dataclass(frozen=True, slots=True, eq=False)
class BlockSpec:
    """A block: one class."""

    doc: Text | None = None
    """What it is, in one line or a text: the docstring of the class."""
    params: Mapping | None = None
    """Arguments of the constructor: `name: default`, `name: type`, `name: type =
    default`, or the long form with `type`, `default`, `min`, `max`, `choices`,
    `doc`."""
    constants: Mapping | None = None
    """Class attributes, the same for every instance: `self.expansion` in the block,
    `block.expansion` where it is used."""
    vars: Mapping | None = None
    """Values computed from params, in order; a later one sees those before it."""
    parameters: Mapping | None = None
    """Tensors that are trained: `name: torch.zeros(1, dim)`, or `value` and
    `requires_grad`."""
    buffers: Mapping | None = None
    """Tensors that are not trained: `name: torch.arange(n)`, or `value` and
    `persistent`."""
    attributes: Mapping | None = None
    """Plain attributes of the instance, which are not in the `state_dict`."""
    Sequential: AnyNode | None = None
    """Children applied one after the other; the class is a `Sequential`. A list gives
    the keys 0, 1, ..., a mapping gives its own."""
    ModuleList: AnyNode | None = None
    """A list of children; the class is a `ModuleList`, and what it computes is its
    `forward`."""
    ModuleDict: AnyNode | None = None
    """Children by key; the class is a `ModuleDict`, and what it computes is its
    `forward`."""
    modules: Mapping | None = None
    """Named children, in the order of registration. Without a `forward` they are
    applied in this order."""
    extends: AnyNode | None = None
    """A call of a layer or block that this one extends: `LayerNorm(dim, eps=1e-6)`."""
    inputs: Several | None = None
    """What `forward` takes: names with shapes, `x: [N, 3, 224, 224]`, or a list of
    names. One input `x` where this is left out."""
    forward: Text | None = None
    """What it computes, in Python: statements, or one expression whose value is
    returned."""
    methods: Mapping | None = None
    """Further methods by name, written as `forward` is."""
    init: AnyNode | None = None
    """Initialisation: rules by layer type or by a glob over names, or statements."""
    tie: Mapping | None = None
    """Shared parameters, `name: other`: both become the right-hand one."""
    freeze: AnyNode | None = None
    """Globs of parameters that are not trained."""


@dataclass(frozen=True, slots=True, eq=False)
class FileSpec(BlockSpec):
    """A file: the root block, and what only a file holds."""

    modelspec: Scalar | None = None
    """The version of the language, 1."""
    name: Text | None = None
    """The name of the class; a file of blocks only has none."""
    imports: Mapping | None = None
    """Blocks of other files, `./blocks.yaml: [BasicBlock]`, or `{theirs: ours}`; layers
    of Python modules that the caller allows, `python:my_pkg.layers: [Attention]`."""
    functions: Mapping | None = None
    """Helper functions by name, each a `def` in the language's subset of Python."""
    blocks: Mapping | None = None
    """Further blocks by name; each becomes a class."""
    variants: Mapping | None = None
    """Named sets of values of the params: `resnet18: {layers: [2, 2, 2, 2]}`."""
    budget: Mapping | None = None
    """What the network may take: `{params: 30M, macs: 5G, weights: 120MB}`; more is an
    error when it is built."""
    parallel: Mapping | None = None
    """How the network is divided among processes, `distribute` does so: `plan`, `fsdp`,
    `mixed_precision`, `activation_checkpointing`."""


@dataclass(frozen=True, slots=True, eq=False)
class ParamSpec:
    """The long form of a param."""

    type: Text | None = None
    """`int`, `float`, `bool`, `str`, `list[T]`, `tuple[T, ...]`, `dict[str, T]`,
    `layer`, `module`, `children`, `dtype`, `any`, or a union `A | B`."""
    default: AnyNode | None = None
    """The value where none is given; a param without one is required."""
    min: Scalar | None = None
    """The smallest value there may be."""
    max: Scalar | None = None
    """The largest value there may be."""
    choices: Sequence | None = None
    """The values there may be."""
    doc: Text | None = None
    """What it is for: its line in the docstring."""


@dataclass(frozen=True, slots=True, eq=False)
class InputSpec:
    """The long form of an input."""

    shape: Sequence | None = None
    """Sizes: numbers, symbols that stand for the same size everywhere, expressions over
    params."""
    dtype: Text | None = None
    """The type of the elements; `float32` where this is left out."""
    optional: Flag | None = None
    """Whether it may be left out, which is `None`."""
    min: Scalar | None = None
    """The smallest element a sample may have."""
    max: Scalar | None = None
    """What every element of a sample is below."""
    doc: Text | None = None
    """What it is: its line in the docstring."""


@dataclass(frozen=True, slots=True, eq=False)
class ParameterSpec:
    """The long form under `parameters`."""

    value: Scalar
    """An expression over params: the tensor to begin with."""
    requires_grad: Scalar | None = None
    """Whether it is trained; true where this is left out."""


@dataclass(frozen=True, slots=True, eq=False)
class BufferSpec:
    """The long form under `buffers`."""

    value: Scalar
    """An expression over params: the tensor."""
    persistent: Scalar | None = None
    """Whether it is in the `state_dict`; true where this is left out."""


@dataclass(frozen=True, slots=True, eq=False)
class BudgetSpec:
    """What a network may take at most."""

    params: Scalar | None = None
    """Parameters, such as `30M`: elements of all parameters, shared ones once."""
    macs: Scalar | None = None
    """Multiply-adds of one forward for one sample of the usual size, such as `5G`."""
    weights: Scalar | None = None
    """Bytes of what the `state_dict` holds, such as `120MB`."""
    activations: Scalar | None = None
    """Bytes of the tensors that one forward makes for one sample, such as `1.5GB`."""


@dataclass(frozen=True, slots=True, eq=False)
class ParallelSpec:
    """How a network is divided among processes."""

    plan: Mapping | None = None
    """Tensor parallelism over the dimension `tp` of a mesh: globs over modules, and how
    each is divided, `"layers.*.wq": colwise`."""
    fsdp: AnyNode | None = None
    """Globs over modules that are sharded as one, by `fully_shard`, over the dimension
    `dp` of a mesh; the network around them is one more."""
    mixed_precision: AnyNode | None = None
    """The dtype in which sharded parameters are used, or `param_dtype`, `reduce_dtype`,
    `output_dtype` and `cast_forward_inputs`."""
    activation_checkpointing: AnyNode | None = None
    """Globs over modules that keep their inputs alone and compute the rest again in the
    backward pass."""


@dataclass(frozen=True, slots=True, eq=False)
class MixedPrecisionSpec:
    """The long form of `mixed_precision`: torch's `MixedPrecisionPolicy`."""

    param_dtype: Text | None = None
    """The dtype of parameters while they are used."""
    reduce_dtype: Text | None = None
    """The dtype in which gradients are summed; `param_dtype` where it is left out."""
    output_dtype: Text | None = None
    """The dtype that outputs are cast to."""
    cast_forward_inputs: Flag | None = None
    """Whether inputs are cast to `param_dtype`; they are where this is left out."""


FRAMES = (
    *(BlockSpec, FileSpec, ParamSpec, InputSpec, ParameterSpec, BufferSpec),
    *(BudgetSpec, ParallelSpec, MixedPrecisionSpec),
)
F = TypeVar("F")


@dataclass(frozen=True, slots=True, eq=False)
class Key:
    """What a frame says of one of its keys."""

    kind: Kind
    required: bool


def fit_frame(frame: type[F], node: MappingNode) -> F | None:
    """The frame of a mapping, or None where a key or what is under it does not fit."""
    known = keys_of(frame)
    values: dict[str, Node] = {}
    for entry in node.entries:
        key = known.get(entry.key.text)
        if key is None or not key.kind.takes(entry.value):
            return None
        values[entry.key.text] = entry.value
    if any(key.required and name not in values for name, key in known.items()):
        return None
    return frame(**values)


def fit_what_fits(frame: type[F], node: MappingNode) -> F | None:
    """The frame of those entries that fit it; None where a required key is missing."""
    known = keys_of(frame)
    fitting = tuple(one for one in node.entries if fits(one, known))
    return fit_frame(frame, replace(node, entries=fitting))


def fits(entry: Entry, known: dict[str, Key]) -> bool:
    key = known.get(entry.key.text)
    return key is not None and key.kind.takes(entry.value)


def keys_of(frame: type) -> dict[str, Key]:
    """The keys of a frame, in the order in which messages list them."""
    if frame not in _KEYS:
        hints = get_type_hints(frame, include_extras=True)
        _KEYS[frame] = {
            one.name: Key(_kind(hints[one.name]), one.default is MISSING)
            for one in fields(frame)
        }
    return _KEYS[frame]


_KEYS: dict[type, dict[str, Key]] = {}


def _kind(hint: Any) -> Kind:
    """Of `Annotated[..., kind]`, or of that `| None`."""
    if get_origin(hint) is Union:
        hint = get_args(hint)[0]
    kind = get_args(hint)[-1]
    assert isinstance(kind, Kind)
    return kind
