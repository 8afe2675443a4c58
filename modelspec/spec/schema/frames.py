"""The frames as schemas: the keys of a file, a block, a param, an input, ...

Keys, which of them are required, and the kind of what stands under each come from the
pydantic models; what a key is for comes from the text below its field; what stands
inside comes from the tables here.
"""

from __future__ import annotations

import ast
import inspect

from modelspec.catalog import load_catalog
from modelspec.catalog.parallel import COMPUTING_DTYPES
from modelspec.spec.frame import (
    BODIES,
    FRAMES,
    BlockSpec,
    BudgetSpec,
    BufferSpec,
    FileSpec,
    InputSpec,
    MixedPrecisionSpec,
    ParallelSpec,
    ParameterSpec,
    ParamSpec,
)
from modelspec.spec.models import model_of
from modelspec.spec.schema.parts import SCALAR, Schema, ref, told
from modelspec.trees import module_tree

TYPE_NAMES = (
    *("int", "float", "bool", "str", "layer", "module", "children", "dtype", "any"),
    *("list", "tuple", "dict", "None"),
)
"""What types of params are made of."""
_NAMED = "|".join(TYPE_NAMES)
_TYPE = rf"^(?:\s|\||\[|\]|,|\.\.\.|(?:{_NAMED})(?![A-Za-z0-9_]))+$"


def frame_definitions() -> dict[str, Schema]:
    """A definition for each frame, under its own name; a file's is the whole schema."""
    return {frame.__name__: _frame(frame) for frame in FRAMES if frame is not FileSpec}


def file_schema() -> Schema:
    """A whole file: the root block and what only a file holds."""
    schema = _frame(FileSpec)
    # Who writes a body wants a class, which has a name; blocks are named by their keys.
    wants_name = [{"required": [key]} for key in (*BODIES, "forward")]
    return {
        **schema,
        "required": ["modelspec"],
        "if": {"anyOf": wants_name},
        "then": {"required": ["name"]},
    }


def docs_of(frame: type) -> dict[str, str]:
    """What each key of a frame is for: the text below its field."""
    found: dict[str, str] = {}
    for one in reversed(frame.__mro__[:-1]):
        (tree,) = module_tree(inspect.getsource(one)).body
        assert isinstance(tree, ast.ClassDef)
        for field, text in zip(tree.body, tree.body[1:], strict=False):
            match field, text:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str(doc))),
                ):
                    found[name] = " ".join(doc.split())
    return found


def _frame(frame: type) -> Schema:
    shape = model_of(frame).model_json_schema()
    docs = docs_of(frame)
    inside = {**_INSIDE.get(frame, {})}
    if issubclass(frame, BlockSpec):
        inside = {**_INSIDE[BlockSpec], **inside}
    properties = {
        name: {**told(docs[name]), **_kind(kind), **inside.get(name, {})}
        for name, kind in shape["properties"].items()
    }
    schema: Schema = {
        "type": "object",
        "description": frame.__doc__,
        "properties": properties,
        "additionalProperties": shape["additionalProperties"],
    }
    if "required" in shape:
        schema["required"] = shape["required"]
    if issubclass(frame, BlockSpec):
        schema["dependencies"] = _one_body()
    return schema


def _kind(shape: Schema) -> Schema:
    return {"type": shape["type"]} if "type" in shape else {}


def _one_body() -> Schema:
    """At most one body; `modules` may stand beside `extends`."""
    together = {"extends", "modules"}
    dependencies: Schema = {}
    for body in BODIES:
        others = [one for one in BODIES if one != body and not {one, body} <= together]
        dependencies[body] = {
            "properties": dict.fromkeys(others, False),
            "errorMessage": "A block has one body.",
        }
    return dependencies


def _within(name: str, **more: object) -> Schema:
    """What is defined under a name, beside the kind and the text of a key."""
    return {"allOf": [ref(name)], **more}


def _limit(units: str, example: str) -> Schema:
    """A number, or a text of a number and a unit."""
    return {
        "type": ["number", "string"],
        "minimum": 0,
        "pattern": rf"^[0-9]+(?:_[0-9]+)*(?:\.[0-9]+)?(?:[Ee][0-9]+)? *{units}$",
        "patternErrorMessage": f"A number with a unit, such as {example}.",
        "examples": [example],
    }


_BYTES = "(?:[Bb]|[KkMmGgTt][Ii]?[Bb])?"
_NUMBER: Schema = {"type": "number"}
_FLAG: Schema = {"type": ["boolean", "string"], "examples": [True, False]}
_DTYPES = [one.removeprefix("torch.") for one in sorted(load_catalog().dtype_names)]
_FLOATING: Schema = {
    "enum": [*COMPUTING_DTYPES, *(f"torch.{one}" for one in COMPUTING_DTYPES)]
}
_FORWARD_SNIPPET: Schema = {
    "label": "return ...",
    "description": "Statements, of which the last gives back the result.",
    "body": "|\n  y = self.${1:layer}(x)\n  return y",
}

_INSIDE: dict[type, dict[str, Schema]] = {
    BlockSpec: {
        "params": _within("params"),
        "constants": _within("values"),
        "vars": _within("vars"),
        "parameters": _within("parameters"),
        "buffers": _within("buffers"),
        "attributes": _within("attributes"),
        "Sequential": _within("children"),
        "ModuleList": _within("list"),
        "ModuleDict": _within("dict"),
        "modules": _within("named"),
        "extends": _within("module", type=["string", "object"]),
        "inputs": _within("inputs"),
        "forward": {"defaultSnippets": [_FORWARD_SNIPPET]},
        "methods": _within("texts"),
        "init": _within("init"),
        "tie": _within("tie"),
        "freeze": _within("freeze"),
    },
    FileSpec: {
        "modelspec": {"const": 1, "default": 1},
        "imports": _within("imports"),
        "functions": _within("functions"),
        "blocks": _within("blocks"),
        "variants": _within("variants"),
        "budget": _within("BudgetSpec"),
        "parallel": _within("ParallelSpec"),
    },
    ParamSpec: {
        "type": {
            "pattern": _TYPE,
            "patternErrorMessage": "A type, such as int, list[int] or float | None.",
            "examples": ["int", "float", "bool", "str", "layer", "list[int]"],
        },
        "min": _NUMBER,
        "max": _NUMBER,
        "choices": {"items": {"type": SCALAR}},
    },
    InputSpec: {
        "shape": _within("shape"),
        "dtype": {"enum": [*_DTYPES, *(f"torch.{one}" for one in _DTYPES)]},
    },
    ParameterSpec: {"requires_grad": _FLAG},
    BufferSpec: {"persistent": _FLAG},
    BudgetSpec: {
        **dict.fromkeys(("params", "macs"), _limit("[KkMmGgBbTt]?", "30M")),
        **dict.fromkeys(("weights", "activations"), _limit(_BYTES, "120MB")),
    },
    ParallelSpec: {
        "plan": _within("plan"),
        "fsdp": _within("globs"),
        "mixed_precision": {
            "type": ["string", "object"],
            "if": {"type": "object"},
            "then": ref("MixedPrecisionSpec"),
            "else": _FLOATING,
        },
        "activation_checkpointing": _within("globs"),
    },
    MixedPrecisionSpec: dict.fromkeys(
        ("param_dtype", "reduce_dtype", "output_dtype"), _FLOATING
    ),
}
