"""What stands under the keys of a block besides modules: sections 3 to 7.

Where texts are expressions nothing is said of them but that they are there.
"""

from __future__ import annotations

from modelspec.catalog.parallel import SHORT_STYLES, STYLES
from modelspec.spec.schema.layers import layer_names
from modelspec.spec.schema.parts import (
    ANYTHING,
    CONTROL,
    IDENTIFIER,
    NAME,
    SCALAR,
    Schema,
    control_keys,
    mapping,
    ref,
    spliced,
)

_EXPRESSION: Schema = {"type": SCALAR}
_TEXT: Schema = {"type": "string"}
_VARIANT = r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$"
_GLOB = (
    r"^(?!\s*(?:for|foreach|if|elif|else|let)(?:\s|:?$))(?![^A-Za-z0-9_*?\[$])[\s\S]+$"
)
_DEF = r"^\s*(?:#[^\n]*\n\s*)*def\s"
_INIT_EXAMPLES = [
    "zeros_",
    "ones_",
    "normal_(std=0.02)",
    "xavier_uniform_",
    "kaiming_normal_(mode='fan_out', nonlinearity='relu')",
]
_LONG_PARAM: Schema = {
    "label": "long form",
    "description": "A param with its type, default and bounds.",
    "body": {"type": "${1:float}", "default": "${2:0.1}", "min": 0, "max": 1},
}


def section_definitions() -> dict[str, Schema]:
    """What may stand under each key, by the key or the like of it."""
    return {
        "params": mapping(IDENTIFIER, ref("param")),
        "param": _param(),
        "values": mapping(IDENTIFIER, ANYTHING),
        "vars": spliced("vars", IDENTIFIER, _EXPRESSION),
        "parameters": spliced("parameters", NAME, _owned("ParameterSpec")),
        "buffers": spliced("buffers", NAME, _owned("BufferSpec")),
        "attributes": spliced("attributes", NAME, ANYTHING),
        "texts": mapping(IDENTIFIER, _TEXT),
        **_input_definitions(),
        **_rule_definitions(),
        **_parallel_definitions(),
        **_file_definitions(),
    }


def _param() -> Schema:
    """A default, a type, both, or the long form."""
    return {
        "if": {
            "type": "object",
            "anyOf": [{"required": ["type"]}, {"required": ["default"]}],
        },
        "then": ref("ParamSpec"),
        "examples": ["int", "int = 1", "float = 0.1", "list[int] = []", "layer = ReLU"],
        "defaultSnippets": [_LONG_PARAM],
    }


def _owned(long_form: str) -> Schema:
    """A tensor: an expression, or the long form."""
    return {
        "type": [*SCALAR, "object"],
        "if": {"type": "object"},
        "then": ref(long_form),
    }


def _input_definitions() -> dict[str, Schema]:
    size: Schema = {"type": ["integer", "string"], "minimum": 0}
    return {
        "shape": {"type": "array", "items": size},
        "input": {
            "type": ["array", "object", "null"],
            "items": size,
            "if": {"type": "object"},
            "then": ref("InputSpec"),
            "defaultSnippets": [
                {"label": "image", "body": "[N, ${1:3}, ${2:224}, ${3:224}]"},
                {
                    "label": "tokens",
                    "body": {"shape": "[B, T]", "dtype": "int64", "max": "${1:vocab}"},
                },
            ],
        },
        "inputs": {
            "type": ["object", "array"],
            "items": {"type": "string", "pattern": IDENTIFIER},
            "propertyNames": {"pattern": IDENTIFIER},
            "additionalProperties": ref("input"),
        },
    }


def _rule_definitions() -> dict[str, Schema]:
    leaves = mapping(r"^[^\s]+$", ref("initializer"))
    rule: Schema = {
        "type": ["string", "number", "boolean", "object"],
        "if": {"type": "object"},
        "then": leaves,
    }
    types = {name: ref("initOfType") for name in layer_names()}
    control = control_keys(ref("initRules"))
    return {
        "initializer": {
            "type": ["string", "number", "boolean"],
            "description": "A function of torch.nn.init, or an expression over `w`.",
            "examples": _INIT_EXAMPLES,
        },
        "initOfType": {
            **leaves,
            "description": "What is done to the tensors of layers of this type.",
        },
        "initRules": {
            "type": ["object", "null"],
            "properties": types,
            "propertyNames": {"pattern": f"{_GLOB}|{CONTROL}"},
            "patternProperties": control,
            "additionalProperties": rule,
        },
        "init": {
            "type": ["string", "object"],
            "if": {"type": "object"},
            "then": ref("initRules"),
        },
        "tie": spliced("tie", _GLOB, _TEXT),
        "freezeItem": {
            "type": ["string", "number", "boolean", "object"],
            "patternProperties": control_keys(ref("freezeControlled")),
            "additionalProperties": False,
        },
        "freezeItems": {"type": "array", "items": ref("freezeItem")},
        "freezeControlled": {
            "if": {"type": "array"},
            "then": ref("freezeItems"),
            "else": {"if": {"type": "null"}, "else": ref("freezeItem")},
        },
        "freeze": {
            "type": ["string", "array", "object"],
            "items": ref("freezeItem"),
            "patternProperties": control_keys(ref("freezeControlled")),
            "additionalProperties": False,
        },
    }


def _parallel_definitions() -> dict[str, Schema]:
    calls = [f"{name}(...)" for name in STYLES]
    return {
        "plan": mapping(
            _GLOB,
            {
                "type": "string",
                "pattern": rf"^\s*(?:{'|'.join([*SHORT_STYLES, *STYLES])})\b",
                "patternErrorMessage": f"One of {', '.join(SHORT_STYLES)}, or a call.",
                "examples": [*SHORT_STYLES, *calls],
            },
        ),
        "globs": {"type": ["string", "array"], "items": _TEXT},
    }


def _file_definitions() -> dict[str, Schema]:
    name: Schema = {"type": "string", "pattern": IDENTIFIER}
    function: Schema = {
        "type": "string",
        "pattern": _DEF,
        "patternErrorMessage": "A function begins with its `def` line.",
    }
    return {
        "imports": {
            "type": "object",
            "additionalProperties": {
                "type": ["array", "object"],
                "items": name,
                "propertyNames": {"pattern": IDENTIFIER},
                "additionalProperties": name,
            },
            "defaultSnippets": [
                {"label": "import", "body": {"./${1:blocks}.yaml": "[${2:Block}]"}},
                {
                    "label": "import from Python",
                    "body": {"python:${1:my_pkg.layers}": "[${2:Layer}]"},
                },
            ],
        },
        "functions": mapping(IDENTIFIER, function),
        "blocks": mapping(IDENTIFIER, ref("BlockSpec")),
        "variants": mapping(
            _VARIANT,
            {
                "type": ["object", "null"],
                "propertyNames": {"pattern": IDENTIFIER},
            },
        ),
    }
