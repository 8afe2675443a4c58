"""Modules and their containers: section 2 of the language.

A module is a text, or a mapping of one type to its arguments; an item of a list is
that, or control keys; under control keys stands what the place takes.
"""

from __future__ import annotations

from modelspec.spec.schema.layers import (
    call_snippets,
    layer_names,
    layer_text,
    standard_definitions,
)
from modelspec.spec.schema.parts import (
    CONTROL,
    CONTROL_FORMS,
    CONTROL_SNIPPETS,
    MODULE,
    MODULE_OR_LET,
    NAME,
    SCALAR,
    TYPE,
    Schema,
    control_keys,
    ref,
    spliced,
)

CONTAINERS = {
    "Sequential": "children",
    "ModuleList": "list",
    "ModuleDict": "dict",
    "ParameterList": "tensorList",
    "ParameterDict": "tensorDict",
}
_NOT_A_MODULE = "A layer, a call of one, `self.name`, an expression or nothing."
_NOT_A_TYPE = "The key of a module is its type, or a call of one."
_NOT_AN_ITEM = f"The keys of an item are one type, or {CONTROL_FORMS}."
_LET_SNIPPET: Schema = {
    "label": "let ... = ...",
    "description": "Rebinds a name for what follows.",
    "body": "let ${1:width} = ${2:value}",
}


def module_definitions() -> dict[str, Schema]:
    """What may stand where modules may."""
    return {
        "typed": _typed(),
        "module": _module(),
        "item": _item(),
        "controlled": _controlled("item", "items"),
        "items": {"type": "array", "items": ref("item")},
        "named": spliced("named", NAME, ref("module")),
        "namedOrOrdered": _named_or_ordered("named", "module"),
        "children": _children(),
        "list": _list("item", "listKeys"),
        "listKeys": _list_keys("controlled", "named", "module"),
        "dict": _dict("namedOrOrdered", "module"),
        **_tensor_definitions(),
    }


def _typed() -> Schema:
    """A mapping of one type to its arguments, or children."""
    layers = {name: ref(name) for name in layer_names()}
    containers = {
        name: {**layer_text(name), "allOf": [ref(children)]}
        for name, children in CONTAINERS.items()
    }
    standard = {name: ref(name) for name in standard_definitions()}
    return {"type": "object", "properties": {**containers, **layers, **standard}}


def _module() -> Schema:
    return {
        "type": ["string", "object", "null"],
        "pattern": MODULE,
        "patternErrorMessage": _NOT_A_MODULE,
        "propertyNames": {"pattern": TYPE, "patternErrorMessage": _NOT_A_TYPE},
        "minProperties": 1,
        "maxProperties": 1,
        "if": {"type": "object"},
        "then": ref("typed"),
        "defaultSnippets": call_snippets(),
    }


def _item() -> Schema:
    """A module, a `let`, or control keys; the last do not mix with a module."""
    return {
        "type": ["string", "object", "null"],
        "pattern": MODULE_OR_LET,
        "patternErrorMessage": _NOT_A_MODULE,
        "minProperties": 1,
        "patternProperties": control_keys(ref("controlled")),
        "if": {"type": "object", "propertyNames": {"pattern": TYPE}},
        "then": {"maxProperties": 1, "allOf": [ref("typed")]},
        "else": {
            "propertyNames": {"pattern": CONTROL, "patternErrorMessage": _NOT_AN_ITEM}
        },
        "defaultSnippets": [*call_snippets(), _LET_SNIPPET, *CONTROL_SNIPPETS],
    }


def _if_object(schema: Schema) -> Schema:
    return {"if": {"type": "object"}, "then": schema}


def _controlled(item: str, items: str) -> Schema:
    """What stands under a control key of a list: items, one of them, or nothing."""
    return {"if": {"type": "array"}, "then": ref(items), "else": ref(item)}


def _children() -> Schema:
    """Under `Sequential`: a list, a mapping of names, or a list taken whole."""
    return {
        "type": ["array", "object", "string", "null"],
        "items": ref("item"),
        "pattern": MODULE,
        "allOf": [_if_object(_named_or_controlled())],
    }


def _named_or_controlled() -> Schema:
    """Where there is no name, what stands under control keys may be a list too."""
    listed = {"patternProperties": control_keys(ref("controlled"))}
    return {
        "if": {"minProperties": 1, "propertyNames": {"pattern": CONTROL}},
        "then": {"anyOf": [listed, ref("namedOrOrdered")]},
        "else": ref("namedOrOrdered"),
    }


def _list(item: str, keys: str) -> Schema:
    """Under `ModuleList`: a list, control keys over what it takes, or a list taken
    whole."""
    return {
        "type": ["array", "object", "string", "null"],
        "items": ref(item),
        "pattern": MODULE,
        "allOf": [_if_object(ref(keys))],
    }


def _list_keys(controlled: str, named: str, value: str) -> Schema:
    """The keys that a mapping in place of a list may have."""
    return {
        "properties": {"OrderedDict": _ordered(named, value)},
        "patternProperties": control_keys(ref(controlled)),
        "additionalProperties": False,
    }


def _dict(named: str, value: str) -> Schema:
    """Under `ModuleDict`: a mapping of names, pairs, or a dict taken whole."""
    return {
        "type": ["object", "array", "string", "null"],
        "pattern": r"^\s*\$\{[\s\S]*\}\s*$",
        "items": _pair(value),
        "allOf": [_if_object(ref(named))],
    }


def _named_or_ordered(named: str, value: str) -> Schema:
    """A mapping of names, or one spelled out under `OrderedDict`."""
    return {
        "if": {"required": ["OrderedDict"]},
        "then": {
            "properties": {"OrderedDict": _ordered(named, value)},
            "additionalProperties": False,
        },
        "else": ref(named),
    }


def _ordered(named: str, value: str) -> Schema:
    return {
        "type": ["array", "object"],
        "items": _pair(value),
        "allOf": [_if_object(ref(named))],
    }


def _pair(value: str) -> Schema:
    """A name and a module: `[conv1, "Conv2d(1, 20, 5)"]`."""
    return {
        "type": "array",
        "items": [{"type": ["string", "number", "boolean"]}, ref(value)],
        "minItems": 2,
        "maxItems": 2,
    }


def _tensor_definitions() -> dict[str, Schema]:
    """Under `ParameterList` and `ParameterDict` stand expressions."""
    return {
        "tensor": {
            "type": SCALAR,
            "description": "An expression: the tensor it begins with.",
        },
        "tensorItem": {
            "type": [*SCALAR, "object"],
            "patternProperties": control_keys(ref("tensorControlled")),
            "additionalProperties": False,
        },
        "tensorItems": {"type": "array", "items": ref("tensorItem")},
        "tensorControlled": _controlled("tensorItem", "tensorItems"),
        "tensorList": _list("tensorItem", "tensorListKeys"),
        "tensorListKeys": _list_keys("tensorControlled", "tensorNamed", "tensor"),
        "tensorNamed": spliced("tensorNamed", NAME, ref("tensor")),
        "tensorDict": _dict("tensorNamed", "tensor"),
    }
