"""What the standard blocks are for and what they take, for people and for editors.

In: the files in `standard/`, which are ours. Out: values; types and defaults are source
text as it stands there. What an argument is for is told by its `doc`, else by the
catalogue, where layers of torch take one of that name. Compiles nothing.
"""

from __future__ import annotations

import functools

from modelspec.catalog.docs import argument_doc
from modelspec.diagnostics.diagnostic import Diagnostic, InternalError, Report
from modelspec.policy import Limits
from modelspec.records import dataclass
from modelspec.resources import standard_paths
from modelspec.spec.frame import FileSpec, ParamSpec
from modelspec.spec.validate import read_file, validate_mapping
from modelspec.syntax.document import read_spec
from modelspec.syntax.nodes import Entry, MappingNode, Node, ScalarNode
from modelspec.syntax.source import read_source

_ALIKE = "Conv2d"
"""The layer of torch whose arguments explain those of the same name."""


@dataclass(frozen=True, slots=True)
class StandardArgument:
    """An argument of a standard block; the default is None where it must be given.

    `choices` are the strings it takes, where there is a closed list.
    """

    name: str
    type: str
    default: str | None
    doc: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StandardBlock:
    """A standard block as it is told."""

    name: str
    doc: str
    arguments: tuple[StandardArgument, ...]

    @property
    def signature(self) -> str:
        """One line for people: `Concat(branches, dim=1)`."""
        shown = (
            one.name if one.default is None else f"{one.name}={one.default}"
            for one in self.arguments
        )
        return f"{self.name}({', '.join(shown)})"

    @property
    def takes_children(self) -> bool:
        """Whether modules may stand under its name."""
        return any(one.type == "children" for one in self.arguments)


@functools.cache
def standard_blocks() -> tuple[StandardBlock, ...]:
    """All of them, by name."""
    return tuple(_block(path.stem) for path in standard_paths())


def _block(name: str) -> StandardBlock:
    file = _read(name)
    entries = file.params.entries if file.params is not None else ()
    arguments = tuple(_argument(entry) for entry in entries)
    return StandardBlock(name, _text(file.doc).split("\n\n")[0], arguments)


def _read(name: str) -> FileSpec:
    path = next(one for one in standard_paths() if one.stem == name)
    source = read_source(str(path), Limits(), name=f"standard/{path.name}")
    report = Report()
    if isinstance(source, Diagnostic):
        raise InternalError(source.message)
    reading = read_file(read_spec(source, Limits(), report), report)
    file = None if reading is None else reading.spec
    if file is None or report.failed:
        raise InternalError(f"the standard block {name} cannot be read")
    return file


def _argument(entry: Entry) -> StandardArgument:
    """`name: type`, `name: type = default` or the long form."""
    name = entry.key.text
    if isinstance(entry.value, MappingNode):
        long = _long(name, entry.value)
        default = None if long.default is None else _shown(long.default, long)
        doc = _text(long.doc) or argument_doc(_ALIKE, name)
        return StandardArgument(name, _text(long.type), default, doc, _choices(long))
    type_, _, value = _text(entry.value).partition("=")
    return StandardArgument(
        name, type_.strip(), value.strip() or None, argument_doc(_ALIKE, name)
    )


def _long(name: str, node: MappingNode) -> ParamSpec:
    long = validate_mapping(ParamSpec, node, "a param", Report())
    if long is None:
        raise InternalError(f"the param {name} of a standard block is wrong")
    return long


def _choices(long: ParamSpec) -> tuple[str, ...]:
    items = long.choices.items if long.choices is not None else ()
    return tuple(_text(item) for item in items)


def _shown(default: Node, long: ParamSpec) -> str:
    """A default as source: layers by their names, other texts in quotes."""
    assert isinstance(default, ScalarNode)
    if "layer" in _text(long.type) and isinstance(default.value, str):
        return default.text
    return repr(default.value)


def _text(node: Node | None) -> str:
    return node.text.strip() if isinstance(node, ScalarNode) else ""
