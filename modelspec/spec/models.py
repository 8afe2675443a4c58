"""The frames as pydantic models: what is wrong with a mapping that does not fit.

One model for each frame, made of its fields; unknown keys are errors. This module is
imported for a wrong spec, and by what describes the language to editors.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    create_model,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from modelspec.spec.frame import Key, Kind, keys_of
from modelspec.syntax.nodes import MappingNode, Node, describe_node


class FrameModel(BaseModel):
    """What all models share."""

    model_config = ConfigDict(extra="forbid", frozen=True)


_JSON_TYPES: dict[str, dict[str, Any]] = {
    "a mapping": {"type": "object"},
    "a list": {"type": "array"},
    "a list or a mapping": {"type": ["array", "object"]},
    "a text": {"type": "string"},
    "true or false": {"type": "boolean"},
    "one value": {"type": ["string", "number", "boolean", "null"]},
    "a value": {},
}


class _Check:
    """A kind of node as pydantic takes it: a function that passes on or refuses."""

    def __init__(self, kind: Kind) -> None:
        self._check = _checking(kind)
        self._expected = kind.expected

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._check)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return dict(_JSON_TYPES[self._expected])


def _checking(kind: Kind) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if kind.takes(value):
            return value
        raise PydanticCustomError(
            "kind",
            "expected {expected}, got {got}",
            {"expected": kind.expected, "got": describe_node(value)},
        )

    return check


@cache
def model_of(frame: type) -> type[FrameModel]:
    """The model of a frame."""
    keys: dict[str, Any] = {name: _field(key) for name, key in keys_of(frame).items()}
    return create_model(
        frame.__name__, __base__=FrameModel, __doc__=frame.__doc__, **keys
    )


def _field(key: Key) -> tuple[Any, Any]:
    checked = Annotated[Any, _Check(key.kind)]
    return (checked, ...) if key.required else (checked, None)


def entries_of(node: MappingNode) -> dict[str, Node]:
    """A mapping node as pydantic takes it: text of the key -> node."""
    return {entry.key.text: entry.value for entry in node.entries}
