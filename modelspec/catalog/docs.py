"""What the layers and their arguments are for, in a line each, and where to read more.

In: `schemas/layer-docs.json`, which is written by hand. Out: texts; empty for what is
not there. An argument that means different things has a text for each pattern of
layers' names, the last of which is `*`.
"""

import functools
import json
from fnmatch import fnmatchcase

from modelspec.catalog.signature import Parameter
from modelspec.resources import read_schema

_PAGE = "https://docs.pytorch.org/docs/stable/generated/torch.nn.{}.html"
# Classes of torch.nn that its documentation has no page of.
_WITHOUT_PAGE = frozenset("Container CrossMapLRN2d NLLLoss2d RNNCellBase".split())

_SPELLED_OUT = {"_shape_t": "int | list[int]", "T": "Any"}


def layer_doc(name: str) -> str:
    """What a layer of torch.nn does, in one line."""
    return _layers().get(name, "")


def argument_doc(layer: str, argument: str) -> str:
    """What an argument of a layer is, in one line."""
    text = _arguments().get(argument, "")
    if isinstance(text, str):
        return text
    fitting = (one for pattern, one in text.items() if fnmatchcase(layer, pattern))
    return next(fitting, "")


def argument_type(parameter: Parameter) -> str:
    """An annotation as people are shown it; torch's private names are spelled out."""
    annotation = parameter.annotation or ""
    return _SPELLED_OUT.get(annotation, annotation)


def layer_link(name: str) -> str:
    """The page of torch's documentation about a layer; empty where there is none."""
    if name in _WITHOUT_PAGE or name not in _layers():
        return ""
    return _PAGE.format(name)


def _layers() -> dict[str, str]:
    layers: dict[str, str] = _tables()["layers"]  # type: ignore[assignment]  # one line
    return layers


def _arguments() -> dict[str, str | dict[str, str]]:
    return _tables()["arguments"]


@functools.cache
def _tables() -> dict[str, dict[str, str | dict[str, str]]]:
    text = read_schema("layer-docs.json")
    tables: dict[str, dict[str, str | dict[str, str]]] = json.loads(text)
    return tables
