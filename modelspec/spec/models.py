"""What a user may write: the keys of a spec, and the kind of node under each.

These models check the frame of a file. What stands inside (modules, expressions,
`forward` texts) is kept as nodes, which the lowering reads. Unknown keys are errors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from modelspec.syntax.nodes import (
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    describe_node,
)

BODIES = ("Sequential", "ModuleList", "ModuleDict", "modules", "extends")


class _Check:
    """A function that passes a node on or refuses it: all that a field is checked by.

    pydantic's own `BeforeValidator` has the type of the field looked into too. Nodes
    are dataclasses, so that is all of their fields, down to `Source`: the
    models that a common spec needs were built in 7.7 ms, and are in 1.5.
    """

    def __init__(self, check: Callable[[Any], Any]) -> None:
        self._check = check

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._check)


def _kind(expected: str, *kinds: type) -> _Check:
    def check(value: Any) -> Any:
        if isinstance(value, kinds):
            return value
        raise PydanticCustomError(
            "kind",
            "expected {expected}, got {got}",
            {"expected": expected, "got": describe_node(value)},
        )

    return _Check(check)


def _text(value: Any) -> Any:
    if isinstance(value, ScalarNode) and isinstance(value.value, str):
        return value
    raise PydanticCustomError(
        "kind", "expected a text, got {got}", {"got": describe_node(value)}
    )


def _flag(value: Any) -> Any:
    if isinstance(value, ScalarNode) and isinstance(value.value, bool):
        return value
    raise PydanticCustomError(
        "kind", "expected true or false, got {got}", {"got": describe_node(value)}
    )


def _scalar(value: Any) -> Any:
    if isinstance(value, ScalarNode):
        return value
    raise PydanticCustomError(
        "kind", "expected one value, got {got}", {"got": describe_node(value)}
    )


Mapping: TypeAlias = Annotated[MappingNode, _kind("a mapping", MappingNode)]
Sequence: TypeAlias = Annotated[SequenceNode, _kind("a list", SequenceNode)]
Several: TypeAlias = Annotated[
    MappingNode | SequenceNode, _kind("a list or a mapping", MappingNode, SequenceNode)
]
Text: TypeAlias = Annotated[ScalarNode, _Check(_text)]
Flag: TypeAlias = Annotated[ScalarNode, _Check(_flag)]
Scalar: TypeAlias = Annotated[ScalarNode, _Check(_scalar)]
AnyNode: TypeAlias = Annotated[
    ScalarNode | MappingNode | SequenceNode,
    _kind("a value", ScalarNode, MappingNode, SequenceNode),
]


class _Model(BaseModel):
    # Built when first used (`validate`), since most specs need few of the models.
    model_config = ConfigDict(
        extra="forbid", frozen=True, arbitrary_types_allowed=True, defer_build=True
    )


class BlockSpec(_Model):
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


class FileSpec(BlockSpec):
    """A file: the root block, and what only a file holds."""

    modelspec: Scalar | None = None
    name: Text | None = None
    imports: Mapping | None = None
    functions: Mapping | None = None
    blocks: Mapping | None = None
    variants: Mapping | None = None


class ParamSpec(_Model):
    """The long form of a param."""

    type: Text | None = None
    default: AnyNode | None = None
    min: Scalar | None = None
    max: Scalar | None = None
    choices: Sequence | None = None
    doc: Text | None = None


class InputSpec(_Model):
    """The long form of an input."""

    shape: Sequence | None = None
    dtype: Text | None = None
    optional: Flag | None = None
    min: Scalar | None = None
    max: Scalar | None = None
    doc: Text | None = None


class ParameterSpec(_Model):
    """The long form under `parameters`."""

    value: Scalar
    requires_grad: Scalar | None = None


class BufferSpec(_Model):
    """The long form under `buffers`."""

    value: Scalar
    persistent: Scalar | None = None


def entries_of(node: MappingNode) -> dict[str, Node]:
    """A mapping node as pydantic takes it: text of the key -> node."""
    return {entry.key.text: entry.value for entry in node.entries}
