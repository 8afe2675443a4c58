"""The layers and standard blocks that a spec can name, as a list or one in full.

In: a name, a part of one, or nothing. Out: `LayerEntry` values and what is printed of
them. What can be named comes from `_SOURCES`, each a function that gives entries, so
that layers from elsewhere than torch.nn are listed by adding theirs.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence

from modelspec.catalog import Parameter, load_catalog
from modelspec.catalog.docs import argument_doc, argument_type, layer_doc, layer_link
from modelspec.diagnostics.suggest import suggest
from modelspec.program.standard import described_blocks
from modelspec.records import dataclass

_WIDTH = 88


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a layer; the default is source text, None where it must be given.

    `type` is empty where nothing is known; `choices` are the strings it takes, where
    there is a closed list.
    """

    name: str
    default: str | None
    type: str
    doc: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LayerEntry:
    """A layer as it is told: `origin` says whose it is, `torch.nn` or `modelspec`."""

    name: str
    origin: str
    signature: str
    doc: str
    link: str
    arguments: tuple[Argument, ...]


def find_layers(name: str | None = None) -> tuple[LayerEntry, ...]:
    """The layer of a name (`nn.Linear` too), else all with the name in theirs."""
    entries = all_layers()
    if name is None:
        return entries
    bare = name.strip().removeprefix("torch.").removeprefix("nn.")
    exact = [one for one in entries if one.name == bare]
    folded = bare.casefold()
    return tuple(exact or (one for one in entries if folded in one.name.casefold()))


def nearest_layer(name: str) -> str | None:
    """The layer that a name which finds none most likely means."""
    return suggest(name, [one.name for one in all_layers()])


def all_layers() -> tuple[LayerEntry, ...]:
    """Every layer there is, by name."""
    entries = (entry for source in _SOURCES for entry in source())
    return tuple(sorted(entries, key=lambda one: one.name))


def render_layers(
    found: Sequence[LayerEntry], name: str | None, *, as_json: bool = False
) -> str:
    """What is printed: one layer in full, or a line for each.

    `name` is what was asked for: a part of a name gives a list, even of one.
    """
    if as_json:
        return json.dumps([_plain(one) for one in found], indent=2) + "\n"
    if name is not None and len(found) == 1:
        return render_layer(found[0])
    widest = max(len(one.name) for one in found)
    return "".join(f"{one.name:<{widest}}  {one.doc}\n" for one in found)


def render_layer(layer: LayerEntry) -> str:
    """Signature, what it does, its arguments, where to read more."""
    lines = [*textwrap.wrap(layer.signature, _WIDTH, subsequent_indent="    "), ""]
    lines += textwrap.wrap(layer.doc, _WIDTH)
    if layer.arguments:
        widest = max(len(one.name) for one in layer.arguments)
        lines += ["", *_argument_lines(layer.arguments, widest)]
    if layer.link:
        lines += ["", layer.link]
    return "\n".join(lines) + "\n"


def _argument_lines(arguments: Iterable[Argument], widest: int) -> Iterator[str]:
    for one in arguments:
        facts = _facts(one)
        text = f"{one.doc} ({facts})" if facts else one.doc
        lead = f"  {one.name:<{widest}}  "
        yield from textwrap.wrap(
            text, _WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead)
        )


def _facts(one: Argument) -> str:
    """The type, with the strings there are to choose from in place of `str`."""
    strings = " | ".join(map(repr, one.choices))
    members = (one.type or "str").split(" | ")
    if not strings or "str" not in members:
        return strings or one.type
    return " | ".join(strings if member == "str" else member for member in members)


def _plain(layer: LayerEntry) -> dict[str, object]:
    arguments = [
        {
            "name": one.name,
            "default": one.default,
            "type": one.type or None,
            "choices": list(one.choices),
            "doc": one.doc,
        }
        for one in layer.arguments
    ]
    return {
        "name": layer.name,
        "origin": layer.origin,
        "signature": layer.signature,
        "doc": layer.doc,
        "link": layer.link or None,
        "arguments": arguments,
    }


def _torch_layers() -> Iterator[LayerEntry]:
    catalog = load_catalog()
    for name in catalog.layer_names:
        layer = catalog.layer(name)
        assert layer is not None
        signature = layer.signature
        yield LayerEntry(
            name,
            "torch.nn",
            signature.text(name),
            layer_doc(name),
            layer_link(name),
            tuple(
                _argument(one, name, layer.choices.get(one.name, ()))
                for one in signature.parameters
            ),
        )


def _argument(one: Parameter, layer: str, choices: tuple[str, ...]) -> Argument:
    doc = argument_doc(layer, one.name)
    return Argument(one.name, one.default, argument_type(one), doc, choices)


def _standard_blocks() -> Iterator[LayerEntry]:
    for block in described_blocks():
        arguments = tuple(
            Argument(one.name, one.default, one.type, one.doc, one.choices)
            for one in block.arguments
        )
        yield LayerEntry(
            block.name, "modelspec", block.signature, block.doc, "", arguments
        )


_SOURCES: tuple[Callable[[], Iterable[LayerEntry]], ...] = (
    _torch_layers,
    _standard_blocks,
)
