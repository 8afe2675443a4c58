"""What can be called: its signature, a line about it, and its arguments.

In: a name as it is written in a file. Out: a `Described`. The meaning of a name is that
of the language: blocks, functions, layers, standard blocks, functions of torch.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from types import MappingProxyType

from modelspec.catalog import Parameter, Signature, load_catalog
from modelspec.catalog.docs import argument_doc, argument_type, layer_doc, layer_link
from modelspec.catalog.parsing import parse_signature
from modelspec.lsp.index import Index
from modelspec.program.ir import Block, Function, Param
from modelspec.program.standard import STANDARD_BLOCKS, standard_source
from modelspec.program.types import NAMES as TYPE_NAMES
from modelspec.records import dataclass
from modelspec.syntax.nodes import MappingNode, Node, ScalarNode

_INIT = ("nn.init.", "torch.nn.init.")
_NO_CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType({})
_PARAMETRIZATIONS = ("nn.utils.parametrizations.", "torch.nn.utils.parametrizations.")


@dataclass(frozen=True, slots=True)
class Argument:
    """`default` is source text, None where it must be given."""

    name: str
    default: str | None
    type: str = ""
    doc: str = ""
    choices: tuple[str, ...] = ()
    by_name: bool = True


@dataclass(frozen=True, slots=True)
class Described:
    """`origin` says what it is: `torch.nn`, `block`, ...; `link` may be empty."""

    signature: str
    origin: str
    doc: str = ""
    arguments: tuple[Argument, ...] = ()
    link: str = ""


def describe(name: str, index: Index | None, key: str) -> Described | None:
    """What a name of a file that can be called is."""
    if index is not None:
        class_name = index.names.get(key, {}).get(name)
        block = index.block(class_name) if class_name else None
        if block is not None:
            return describe_block(block, name)
        if class_name in index.nodes:
            return describe_written(index.nodes[class_name], name)
        place = index.externals.get(key, {}).get(name)
        if place is not None:
            doc = f"The class `{place}` of Python, imported when a model is made."
            return Described(f"{name}(...)", "python", doc)
        for function in index.functions:
            if function.name == name:
                return describe_function(function)
    bare = name.removeprefix("torch.").removeprefix("nn.")
    return describe_layer(bare) or describe_standard(name) or _from_torch(name)


def describe_block(block: Block, name: str) -> Described:
    arguments = tuple(_param_argument(param) for param in block.params)
    doc = (block.doc or "").strip()
    return Described(signature_text(name, arguments), "block", doc, arguments)


def describe_written(node: MappingNode, name: str) -> Described:
    """A block that nothing uses yet, as it is written."""
    params = node.get("params")
    entries = params.entries if isinstance(params, MappingNode) else ()
    arguments = tuple(
        _written_argument(entry.key.text, entry.value) for entry in entries
    )
    doc = node.get("doc")
    text = doc.text.strip() if isinstance(doc, ScalarNode) else ""
    return Described(signature_text(name, arguments), "block", text, arguments)


def _written_argument(name: str, node: Node) -> Argument:
    if isinstance(node, ScalarNode):
        type_, _, default = (part.strip() for part in node.text.partition("="))
        if re.match(r"\w*", type_)[0] in TYPE_NAMES:  # type: ignore[index]  # matches
            return Argument(name, default or None, type_)
        return Argument(name, node.text)
    if not isinstance(node, MappingNode):
        return Argument(name, "[...]")
    parts = {
        entry.key.text: entry.value.text
        for entry in node.entries
        if isinstance(entry.value, ScalarNode)
    }
    type_, doc = parts.get("type", ""), parts.get("doc", "")
    return Argument(name, parts.get("default"), type_, doc)


def signature_text(name: str, arguments: tuple[Argument, ...]) -> str:
    shown = ", ".join(
        one.name + (f"={one.default}" if one.default is not None else "")
        for one in arguments
    )
    return f"{name}({shown})"


def _param_argument(param: Param) -> Argument:
    default = None if param.default is None else ast.unparse(param.default)
    choices = tuple(one for one in param.choices if isinstance(one, str))
    return Argument(
        param.name, default, str(param.type), (param.doc or "").strip(), choices
    )


def describe_function(function: Function) -> Described:
    definition = function.definition
    returns = f" -> {ast.unparse(definition.returns)}" if definition.returns else ""
    arguments = ast.unparse(definition.args)
    return Described(
        f"{function.name}({arguments}){returns}",
        "function",
        ast.get_docstring(definition) or "",
        arguments_of(arguments),
    )


def arguments_of(text: str) -> tuple[Argument, ...]:
    """The arguments of a signature, written as in a `def` line."""
    return tuple(_argument(one) for one in parse_signature(f"({text})").parameters)


def describe_layer(name: str) -> Described | None:
    """A layer of torch.nn by its bare name."""
    layer = load_catalog().layer(name)
    if layer is None:
        return None
    arguments = tuple(
        _argument(one, name, layer.choices.get(one.name, ()))
        for one in layer.signature.parameters
    )
    text = layer.signature.text(name)
    return Described(text, "torch.nn", layer_doc(name), arguments, layer_link(name))


def describe_standard(name: str) -> Described | None:
    """A standard block."""
    if name not in STANDARD_BLOCKS:
        return None
    text = STANDARD_BLOCKS[name]
    arguments = arguments_of(text)
    doc = _standard_doc(name)
    return Described(f"{name}({text})", "standard block", doc, arguments)


def _standard_doc(name: str) -> str:
    from modelspec.diagnostics.diagnostic import Report
    from modelspec.policy import Limits
    from modelspec.syntax.document import read_spec

    node = read_spec(standard_source(name), Limits(), Report())
    doc = node.get("doc") if node is not None else None
    return doc.text.strip() if isinstance(doc, ScalarNode) else ""


def describe_init(name: str) -> Described | None:
    """A function of torch.nn.init by its bare name; its tensor is given by the rule."""
    return _overloads(name, load_catalog().init_function(name), "torch.nn.init")


def describe_method(name: str) -> Described | None:
    """A method of tensors."""
    return _overloads(name, load_catalog().tensor_method(name), "torch.Tensor")


def _from_torch(name: str) -> Described | None:
    catalog = load_catalog()
    for prefix in _INIT:
        if name.startswith(prefix):
            return describe_init(name.removeprefix(prefix))
    for prefix in _PARAMETRIZATIONS:
        if name.startswith(prefix):
            bare = name.removeprefix(prefix)
            return _overloads(name, catalog.parametrization(bare), prefix.rstrip("."))
    if not name.startswith(("torch.", "F.", "nn.functional.")):
        return None
    choices = catalog.function_choices(name)
    return _overloads(name, catalog.function(name), "torch", choices)


def _overloads(
    name: str,
    overloads: tuple[Signature, ...] | None,
    origin: str,
    choices: Mapping[str, tuple[str, ...]] = _NO_CHOICES,
) -> Described | None:
    if not overloads:
        return None
    signature = "\n".join(dict.fromkeys(one.text(name) for one in overloads))
    found: dict[str, Argument] = {}
    for one in overloads:
        for parameter in one.parameters:
            texts = choices.get(parameter.name, ())
            found.setdefault(parameter.name, _argument(parameter, choices=texts))
    return Described(signature, origin, arguments=tuple(found.values()))


def _argument(
    one: Parameter, layer: str = "", choices: tuple[str, ...] = ()
) -> Argument:
    doc = argument_doc(layer, one.name) if layer else ""
    return Argument(
        one.name, one.default, argument_type(one), doc, choices, by_name=one.is_keyword
    )
