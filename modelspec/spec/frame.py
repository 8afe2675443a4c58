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
from dataclasses import MISSING, fields
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
from modelspec.syntax.nodes import MappingNode, Node, ScalarNode, SequenceNode

BODIES = ("Sequential", "ModuleList", "ModuleDict", "modules", "extends")


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
    params: Mapping | None = None
    constants: Mapping | None = None
    vars: Mapping | None = None
    parameters: Mapping | None = None
    buffers: Mapping | None = None
    attributes: Mapping | None = None
    Sequential: AnyNode | None = None
    ModuleList: AnyNode | None = None
    ModuleDict: AnyNode | None = None
    modules: Mapping | None = None
    extends: AnyNode | None = None
    inputs: Several | None = None
    forward: Text | None = None
    methods: Mapping | None = None
    init: AnyNode | None = None
    tie: Mapping | None = None
    freeze: AnyNode | None = None


@dataclass(frozen=True, slots=True, eq=False)
class FileSpec(BlockSpec):
    """A file: the root block, and what only a file holds."""

    modelspec: Scalar | None = None
    name: Text | None = None
    imports: Mapping | None = None
    functions: Mapping | None = None
    blocks: Mapping | None = None
    variants: Mapping | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ParamSpec:
    """The long form of a param."""

    type: Text | None = None
    default: AnyNode | None = None
    min: Scalar | None = None
    max: Scalar | None = None
    choices: Sequence | None = None
    doc: Text | None = None


@dataclass(frozen=True, slots=True, eq=False)
class InputSpec:
    """The long form of an input."""

    shape: Sequence | None = None
    dtype: Text | None = None
    optional: Flag | None = None
    min: Scalar | None = None
    max: Scalar | None = None
    doc: Text | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ParameterSpec:
    """The long form under `parameters`."""

    value: Scalar
    requires_grad: Scalar | None = None


@dataclass(frozen=True, slots=True, eq=False)
class BufferSpec:
    """The long form under `buffers`."""

    value: Scalar
    persistent: Scalar | None = None


FRAMES = (BlockSpec, FileSpec, ParamSpec, InputSpec, ParameterSpec, BufferSpec)
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
