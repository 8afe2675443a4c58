"""The whole schema, put together and written down."""

from __future__ import annotations

import json

from modelspec.spec.schema.frames import file_schema, frame_definitions
from modelspec.spec.schema.layers import layer_definitions, standard_definitions
from modelspec.spec.schema.modules import module_definitions
from modelspec.spec.schema.parts import Schema
from modelspec.spec.schema.sections import section_definitions

_SPEC_SNIPPET: Schema = {
    "label": "spec",
    "description": "A network to begin with.",
    "body": {
        "modelspec": 1,
        "name": "${1:Net}",
        "inputs": {"x": "[N, ${2:784}]"},
        "Sequential": ["Linear(${2:784}, ${3:10})"],
    },
}


def spec_schema() -> Schema:
    """The schema of a spec file, as plain data."""
    parts = (
        frame_definitions(),
        section_definitions(),
        module_definitions(),
        layer_definitions(),
        standard_definitions(),
    )
    definitions: dict[str, Schema] = {}
    for part in parts:
        assert not definitions.keys() & part.keys(), "a name is defined once"
        definitions |= part
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "modelspec",
        **file_schema(),
        "defaultSnippets": [_SPEC_SNIPPET],
        "definitions": definitions,
    }


def schema_text() -> str:
    """The schema as it is written to its file: a line for each definition."""
    schema = spec_schema()
    definitions = schema.pop("definitions")
    assert isinstance(definitions, dict)
    lines = [f" {_dump(key)}: {_dump(value)}" for key, value in schema.items()]
    inside = ",\n".join(f"  {_dump(k)}: {_dump(v)}" for k, v in definitions.items())
    lines.append(f' "definitions": {{\n{inside}\n }}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _dump(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
