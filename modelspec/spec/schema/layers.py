"""A definition for each layer of torch.nn, and calls of common ones to begin with.

In: the catalogue. Out: what may stand under a layer's name in the mapping form: named
arguments, a list of positional ones, or the first of them alone.

Standard blocks are explained and completed, but nothing under their names is refused: a
block of the spec may have the name of one, which a schema cannot see.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from modelspec.catalog import Layer, Parameter, ParameterKind, load_catalog
from modelspec.catalog.determined import determined
from modelspec.catalog.docs import argument_doc, argument_type, layer_doc, layer_link
from modelspec.spec.schema.parts import ANYTHING, Schema, ref, told
from modelspec.spec.schema.values import argument_schema
from modelspec.spec.standard import StandardArgument, StandardBlock, standard_blocks
from modelspec.syntax.keys import CONTAINERS

# Under these stand children, and a bare module has no arguments.
_OTHERS = CONTAINERS | {"Module"}
_COMMON = """
    Linear Conv1d Conv2d Conv3d ConvTranspose2d MaxPool2d AvgPool2d AdaptiveAvgPool2d
    BatchNorm1d BatchNorm2d LayerNorm GroupNorm RMSNorm InstanceNorm2d ReLU GELU SiLU
    LeakyReLU Tanh Sigmoid Softmax Dropout Flatten Unflatten Identity Embedding LSTM GRU
    MultiheadAttention TransformerEncoderLayer TransformerEncoder Upsample PixelShuffle
""".split()


def layer_names() -> tuple[str, ...]:
    """The layers that take arguments; containers take children."""
    return tuple(n for n in load_catalog().layer_names if n not in _OTHERS)


def layer_definitions() -> dict[str, Schema]:
    """A definition for each, under its own name."""
    return {name: _definition(name, _layer(name)) for name in layer_names()}


def layer_text(name: str) -> Schema:
    """What an editor shows of a layer."""
    signature = _layer(name).signature.text(name)
    doc, link = layer_doc(name), layer_link(name)
    page = f"\n\n[Documentation of torch]({link})" if link else ""
    return {
        "description": doc,
        "markdownDescription": f"```python\n{signature}\n```\n\n{doc}{page}",
    }


def standard_definitions() -> dict[str, Schema]:
    """What editors show and complete under the names of the standard blocks."""
    return {block.name: _standard(block) for block in standard_blocks()}


def _standard(block: StandardBlock) -> Schema:
    shown: Schema = {
        "description": block.doc,
        "markdownDescription": f"```python\n{block.signature}\n```\n\n{block.doc}",
    }
    if block.takes_children:
        return {**shown, "anyOf": [ref("children"), ANYTHING]}
    return {**shown, "properties": {a.name: _hint(a) for a in block.arguments}}


def _hint(one: StandardArgument) -> Schema:
    facts = [one.type] + ([f"default {one.default}"] if one.default is not None else [])
    schema = told(f"{one.doc}\n\n{', '.join(facts)}")
    return {**schema, "examples": [*one.choices]} if one.choices else schema


# What a signature calls optional, and the layer cannot do without.
_BY_NAME = {"Upsample": "scale_factor"}


def call_snippets() -> list[Schema]:
    """Calls of common layers, with what they need to be given."""
    return [
        {
            "label": re.sub(r"\$\{\d+:(\w+)\}", r"\1", _call(name)),
            "description": f"{_layer(name).signature.text(name)}\n\n{layer_doc(name)}",
            "body": _call(name),
        }
        for name in _COMMON
    ]


def _call(name: str) -> str:
    needed = [one.name for one in _layer(name).signature.parameters if one.is_required]
    holes = [f"${{{at}:{one}}}" for at, one in enumerate(needed, 1)]
    if name in _BY_NAME:
        holes.append(f"{_BY_NAME[name]}=${{{len(holes) + 1}:{_BY_NAME[name]}}}")
    return f"{name}({', '.join(holes)})" if holes else name


def _layer(name: str) -> Layer:
    layer = load_catalog().layer(name)
    assert layer is not None
    return layer


def _definition(name: str, layer: Layer) -> Schema:
    signature = layer.signature
    arguments = {
        one.name: _argument(one, layer)
        for one in signature.parameters
        if not one.is_variadic
    }
    required = [one.name for one in signature.parameters if one.is_required]
    order = [one.name for one in signature.positional]
    schema: Schema = {
        **layer_text(name),
        "type": ["object", "array", *_alone(order, required, arguments)],
        "properties": arguments,
        "additionalProperties": signature.has(ParameterKind.VAR_KEYWORD),
    }
    if order:
        schema["items"] = [ref(f"{name}/properties/{one}") for one in order]
    if not signature.has(ParameterKind.VAR_POSITIONAL):
        schema |= {"additionalItems": False} if order else {"maxItems": 0}
    if order and "pattern" in arguments[order[0]]:
        of_texts = ("pattern", "patternErrorMessage")
        schema |= {key: arguments[order[0]][key] for key in of_texts}
    if required:
        schema |= {"required": required, "minItems": len(required)}
    return schema


def _alone(
    order: list[str], required: list[str], arguments: dict[str, Schema]
) -> Iterator[str]:
    """The types that one value under the name may have: those of the first argument,
    if no other is needed; nothing, if none is."""
    if not required:
        yield "null"
    if order and set(required) <= {order[0]}:
        types = arguments[order[0]].get("type", ["string", "number", "boolean"])
        assert isinstance(types, list)
        yield from (one for one in types if one not in ("object", "array", "null"))


def _argument(one: Parameter, layer: Layer) -> Schema:
    doc = argument_doc(layer.name, one.name)
    facts = [argument_type(one)] if one.annotation else []
    facts += [f"default {one.default}"] if one.default is not None else []
    schema = told(f"{doc}\n\n{', '.join(facts)}" if facts else doc)
    if doc.startswith("Former "):
        schema["deprecationMessage"] = doc
    choices = tuple(layer.choices.get(one.name, ()))
    known = determined(layer.name, one.name)
    if known is not None and not known.is_shape:
        choices = (*choices, "auto")
    return schema | argument_schema(one, choices)
