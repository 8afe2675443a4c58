"""What stands where a module or children are expected and is none: what is said.

In: nodes that mean nothing there. Out: one diagnostic for each mistake, with what was
most likely meant. Nothing is lowered here.
"""

from __future__ import annotations

import ast
import re

from modelspec.catalog import load_catalog
from modelspec.diagnostics.span import Span
from modelspec.diagnostics.suggest import suggest
from modelspec.program.lowering.context import Context
from modelspec.program.lowering.typenames import container_name, is_type_name
from modelspec.program.names import is_identifier
from modelspec.syntax.keys import CONTAINERS, control_word
from modelspec.syntax.nodes import (
    Entry,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    describe_node,
)

DASHED = re.compile(r"-[A-Za-z_]")
LAMBDA = re.compile(r"\s*lambda\b")
_TYPE_KEYS = frozenset(
    "type _target_ target class_name class_path class cls module layer op".split()
)
_BLOCK_KEYS = frozenset(
    "params constants vars inputs buffers attributes methods init tie variants"
    " functions blocks imports".split()
)
_HELP = (
    "write a layer (`Linear(4, 2)`), `Linear: [4, 2]`, or a container (`Sequential:`)"
)
_CONTROL_HELP = "write the condition around the name, or `ReLU() if wide else Tanh()`"


def report_missing_colon(node: ScalarNode, context: Context) -> None:
    """`- for i in range(3)` with lines under it, which YAML reads as one text."""
    line = node.span.text.split("\n", 1)[0].rstrip()
    start = node.span.start
    context.report.error(
        "missing-colon",
        f"expected a colon at the end of '{line}'",
        Span(node.span.source, start, start + len(line)),
        help=f"write `{line}:`",
    )


def is_function(node: ast.expr) -> bool:
    """Whether an expression is a function of torch, or what one returns."""
    inner = node.func if isinstance(node, ast.Call) else node
    root = inner
    while isinstance(root, ast.Attribute):
        root = root.value
    names = ("F", "torch", "math")
    return inner is not root and isinstance(root, ast.Name) and root.id in names


def report_function(node: ast.expr, at: ScalarNode, context: Context) -> None:
    inner = node.func if isinstance(node, ast.Call) else node
    name = inner.attr if isinstance(inner, ast.Attribute) else ""
    wanted = name.replace("_", "").lower()
    layers = load_catalog().layer_names
    layer = next((one for one in layers if one.lower() == wanted), None)
    context.report.error(
        "not-a-module",
        f"a module is expected here, and '{ast.unparse(inner)}' is a function",
        at.span,
        meant=layer,
        help=() if layer else "call it in `forward`",
    )


def report_lambda(entry: Entry, context: Context) -> None:
    context.report.error(
        "unsupported-syntax",
        "`lambda` is not in the language",
        entry.key.span,
        help="write a block with a `forward`, and name it here",
    )


def report_no_module(node: Node, context: Context) -> None:
    several = isinstance(node, MappingNode) and len(node.entries) > 1
    span, help = node.span, _HELP
    if isinstance(node, MappingNode) and node.entries:
        span, help = _of_keys(node, context)
    context.report.error(
        "not-a-module",
        f"a module is expected here, got {describe_node(node)}"
        + (" of several keys" if several else ""),
        span,
        help=_CONTROL_HELP if control_word(span.text) else help,
    )


def _of_keys(node: MappingNode, context: Context) -> tuple[Span, str]:
    """What is wrong with several keys where a module is expected, and what to do."""
    first, *others = node.entries
    heads = [one.key.text.partition("(")[0] for one in node.entries]
    if others and all(is_type_name(head, context) for head in heads):
        name = others[0].key.text
        help = f"make each an item of a list, with its own dash: `- {name}`"
        return others[0].key.span, help
    bare = isinstance(first.value, ScalarNode) and first.value.is_null
    if others and bare and is_type_name(first.key.text, context):
        help = f"indent the arguments under `{first.key.text}:`"
        return others[0].key.span, help
    if others and container_name(first.key.text, context):
        name = others[0].key.text
        help = f"indent '{name}' under `{first.key.text}:`, with its other children"
        return others[0].key.span, help
    if first.key.text in _TYPE_KEYS and isinstance(first.value, ScalarNode):
        layer = first.value.text.rpartition(".")[2]
        help = f"the type is the key: `{layer}:`, with its arguments under it"
        return first.key.span, help
    return first.key.span, "put named children under `Sequential:`"


def report_dash(node: ScalarNode, context: Context) -> None:
    """`-Linear(4, 4)` and more such lines, which YAML reads as one text."""
    line = node.span.text.split("\n", 1)[0].rstrip()
    start = node.span.start
    context.report.error(
        "missing-space",
        f"expected a blank after the dash of '{line}'",
        Span(node.span.source, start, start + 1),
        help=f"write `- {line[1:]}`",
    )


def without_names(node: SequenceNode, context: Context) -> list[Node]:
    """The items of a list of children; names that some have are reported, once."""
    items: list[Node] = []
    told = False
    for item in node.items:
        named = _named_item(item, context)
        items.append(item if named is None else named.value)
        if named is not None and not told:
            told = True
            context.report.error(
                "wrong-kind",
                f"the children of a list have no names, got '{named.key.text}'",
                named.key.span,
                help=f"for names, leave out the dashes: `{named.key.text}: ...`",
            )
    return items


def _named_item(item: Node, context: Context) -> Entry | None:
    """An item `fc1: Linear(4, 4)`: the name of a child and a module."""
    if not isinstance(item, MappingNode) or len(item.entries) != 1:
        return None
    entry, scope = item.entries[0], context.scope
    key = entry.key.text
    if not is_identifier(key) or control_word(key) or key in scope.file.reported:
        return None
    if key in scope.locals or key in scope.file.functions or key in CONTAINERS:
        return None
    if scope.is_block(key) or scope.is_torch_layer(key):
        return None
    return entry if _names_module(entry.value, context) else None


def _names_module(node: Node, context: Context) -> bool:
    """Whether a node, by its first word, is a module of a type that is known."""
    if isinstance(node, MappingNode) and len(node.entries) == 1:
        return is_type_name(node.entries[0].key.text.partition("(")[0], context)
    if not isinstance(node, ScalarNode) or not isinstance(node.value, str):
        return False
    return is_type_name(node.text.partition("(")[0].strip(), context)


def is_block_key(entry: Entry, context: Context) -> bool:
    """Whether a key of the block stands among its modules: no module is under it."""
    value = entry.value
    if entry.key.text not in _BLOCK_KEYS or not isinstance(value, MappingNode):
        return False
    key = value.entries[0].key.text.partition("(")[0] if value.entries else ""
    return not (len(value.entries) == 1 and is_type_name(key, context))


def report_block_key(entry: Entry, context: Context) -> None:
    name = entry.key.text
    context.report.error(
        "not-a-module",
        f"a module is expected under '{name}', got what a block's '{name}' holds",
        entry.key.span,
        help=f"move `{name}:` out of `modules:`, two spaces to the left",
    )


def report_container_as_name(entry: Entry, context: Context) -> None:
    """A container where names of children stand: `{Sequential: [...]}`."""
    name = entry.key.text
    context.report.error(
        "not-a-module",
        f"'{name}' would be the name of a child here, and what is under it is a list",
        entry.key.span,
        help=f"give it a name (`body: {{{name}: [...]}}`), or write it as an item of a"
        f" list (`- {name}:`)",
    )


def misspelt_pairs(node: Node, context: Context) -> bool:
    """Reports pairs under what was meant to be `OrderedDict`."""
    if not isinstance(node, MappingNode) or len(node.entries) != 1:
        return False
    key, value = node.entries[0].key, node.entries[0].value
    listed = isinstance(value, SequenceNode) and any(map(is_pair, value.items))
    near = suggest(key.text.rpartition(".")[2], ["OrderedDict"])
    if not listed or (near is None and key.text != "collections.OrderedDict"):
        return False
    context.report.error(
        "unknown-name",
        f"nothing is named '{key.text}' here",
        key.span,
        meant="OrderedDict",
    )
    return True


def is_pair(node: Node) -> bool:
    return isinstance(node, SequenceNode) and len(node.items) == 2


def report_names_needed(kind: str, node: Node, context: Context) -> None:
    context.report.error(
        "wrong-kind",
        f"{kind} takes a mapping of names, got {describe_node(node)}",
        node.span,
        help="write `name: module` lines under it",
    )
