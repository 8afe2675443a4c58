"""Nodes to frames: what a spec may not hold, told as located diagnostics.

In: a mapping node. Out: the frame, or None with diagnostics in the report. One
mistake gives one message; the key is underlined for an unknown key, the value for a
value of the wrong kind.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING, Generic, TypeVar

from modelspec.diagnostics.diagnostic import InternalError, Report
from modelspec.diagnostics.suggest import suggest
from modelspec.records import dataclass
from modelspec.spec.frame import (
    BODIES,
    FileSpec,
    fit_frame,
    fit_what_fits,
    fits,
    keys_of,
)
from modelspec.syntax.nodes import Entry, MappingNode, Node, ScalarNode, describe_node

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

F = TypeVar("F")

_MEANT = {
    "args": "params",
    "arguments": "params",
    "base": "extends",
    "call": "forward",
    "children": "modules",
    "classes": "blocks",
    "comment": "doc",
    "config": "params",
    "definitions": "blocks",
    "description": "doc",
    "docstring": "doc",
    "hyperparameters": "params",
    "include": "imports",
    "includes": "imports",
    "inherits": "extends",
    "initialization": "init",
    "layers": "Sequential",
    "network": "modules",
    "presets": "variants",
    "submodules": "modules",
    "title": "name",
    "variables": "vars",
    "version": "modelspec",
    "weights": "parameters",
}
"""What other configs call the keys of a spec."""

_FORMS = {
    "blocks": "`Name:` with the keys of the block under it",
    "choices": "a list, `[a, b]`",
    "constants": "`name: value` lines under it",
    "forward": "`forward: |` with the statements under it, or one expression",
    "functions": "`name: |` with its `def` under it",
    "imports": "`./file.yaml: [Block]` lines under it",
    "methods": "`name: |` with its `def` under it",
    "modules": "`name: module` lines under it; a list stands under `Sequential:`",
    "params": "`name: default` lines under it",
    "variants": "`name: {param: value}` lines under it",
    "vars": "`name: expression` lines under it",
}
"""What stands under a key, for one that holds something else."""


def validate_mapping(
    frame: type[F], node: MappingNode, what: str, report: Report
) -> F | None:
    """The frame of a mapping. `what` names the place in messages: `a block`."""
    fitting = fit_frame(frame, node)
    if fitting is None:
        _tell(frame, node, what, report)
    return fitting


@dataclass(frozen=True, slots=True, eq=False)
class Reading(Generic[F]):
    """A frame as far as it could be read. `node` is the mapping as it was meant, by
    which the frame was made; `unread` are the entries that were reported."""

    spec: F
    node: MappingNode
    unread: tuple[Entry, ...] = ()


def read_mapping(
    frame: type[F], node: MappingNode, what: str, report: Report
) -> Reading[F] | None:
    """A mapping whose wrong entries, which are reported, do not hide the others.

    A key that is misspelt is read as the one that is near it. None only where a key
    is missing that there must be.
    """
    fitting = fit_frame(frame, node)
    if fitting is not None:
        return Reading(fitting, node)
    _tell(frame, node, what, report)
    node = _as_meant(frame, node)
    part = fit_what_fits(frame, node)
    if part is None:
        return None
    known = keys_of(frame)
    unread = tuple(one for one in node.entries if not fits(one, known))
    return Reading(part, node, unread)


def _as_meant(frame: type, node: MappingNode) -> MappingNode:
    """The mapping with its misspelt keys mended, where the key meant is not there."""
    known = keys_of(frame)
    free = [name for name in known if node.get(name) is None]
    entries: list[Entry] = []
    for entry in node.entries:
        meant = suggest(entry.key.text, free) if entry.key.text not in known else None
        if meant is not None and known[meant].kind.takes(entry.value):
            free.remove(meant)
            entry = replace(entry, key=replace(entry.key, text=meant, value=meant))
        entries.append(entry)
    return replace(node, entries=tuple(entries))


def _tell(frame: type, node: MappingNode, what: str, report: Report) -> None:
    """What pydantic says of a mapping that does not fit."""
    found = _errors(frame, node)
    unknown = any(details["type"] == "extra_forbidden" for details in found)
    dedented = _dedented(found, node)
    told = {*dedented, *(one.key.text for one in dedented.values())}
    for details in found:
        # A key that is missing is most likely the one that is misspelt.
        if unknown and details["type"] == "missing":
            continue
        if details["loc"] and details["loc"][0] in told:
            continue
        _report(details, frame, node, what, report)
    for above, entry in dedented.items():
        report.error(
            "bad-indentation",
            f"'{entry.key.text}' is no key of {what}, and nothing stands under"
            f" '{above}'",
            entry.key.span,
            help=f"indent it, to stand under '{above}'",
        )


def _dedented(found: list[ErrorDetails], node: MappingNode) -> dict[object, Entry]:
    """Keys under which nothing stands -> the unknown key right below, which should."""
    wrong = {details["loc"][0] for details in found if details["loc"]}
    pairs = zip(node.entries, node.entries[1:], strict=False)
    return {
        above.key.text: below
        for above, below in pairs
        if _is_bare(above)
        and {above.key.text, below.key.text} <= wrong
        and not node.flow
    }


def _errors(frame: type, node: MappingNode) -> list[ErrorDetails]:
    # Imported here: a spec that is right needs no pydantic (`spec.frame`).
    from pydantic import ValidationError

    from modelspec.spec.models import entries_of, model_of

    try:
        model_of(frame).model_validate(entries_of(node))
    except ValidationError as error:
        return error.errors(include_url=False)
    raise InternalError(f"{frame.__name__} and its model do not agree")


def read_file(node: Node | None, report: Report) -> Reading[FileSpec] | None:
    """The model of a whole file; also checks `modelspec: 1`."""
    if node is None:
        return None
    if not isinstance(node, MappingNode):
        report.error(
            "not-a-spec",
            f"a spec is a mapping of keys, got {describe_node(node)}",
            node.span,
            help="start the file with `modelspec: 1` and `name: MyModel`",
        )
        return None
    reading = read_mapping(FileSpec, node, "a spec", report)
    if reading is not None:
        _check_version(reading, report)
    return reading


def _check_version(reading: Reading[FileSpec], report: Report) -> None:
    version = reading.spec.modelspec
    if version is None:
        return  # reported: the reader takes nothing without that key for a spec
    if version.value != 1 or isinstance(version.value, bool):
        report.error(
            "unknown-version",
            f"expected 1, the version of the language, got {describe_node(version)}"
            if version.text
            else "'modelspec' has no value, expected the version of the language, 1",
            version.span,
            help="write `modelspec: 1`",
        )


def check_bodies(node: MappingNode, report: Report) -> None:
    """At most one body form; `modules` may stand beside `extends`."""
    found = [e for e in node.entries if e.key.text in BODIES]
    names = [entry.key.text for entry in found]
    if len(found) < 2 or sorted(names) == ["extends", "modules"]:
        return
    first, second = found[0], found[1]
    report.error(
        "several-bodies",
        f"a block has one body, got both '{first.key.text}' and '{second.key.text}'",
        second.key.span,
        help="keep one; put the other inside it, or under `blocks`",
    )


def _report(
    details: ErrorDetails,
    frame: type,
    node: MappingNode,
    what: str,
    report: Report,
) -> None:
    name = str(details["loc"][0]) if details["loc"] else ""
    entry = next((e for e in node.entries if e.key.text == name), None)
    if details["type"] == "extra_forbidden" and entry is not None:
        _unknown_key(entry, node, frame, what, report)
    elif details["type"] == "missing":
        report.error("missing-key", f"{what} needs the key '{name}'", node.span)
    elif entry is not None:
        help = f"write {_FORMS[name]}" if name in _FORMS else ()
        span = entry.value.span
        report.error("wrong-kind", f"'{name}': {details['msg']}", span, help=help)
    else:
        report.error("wrong-kind", f"{what}: {details['msg']}", node.span)


def _unknown_key(
    entry: Entry, node: MappingNode, frame: type, what: str, report: Report
) -> None:
    keys = list(keys_of(frame))
    text, pieces = _text_in_pieces(entry, node)
    if pieces and entry is not pieces[0]:
        return
    help: tuple[str, ...] = (f"keys of {what}: {', '.join(keys)}",)
    if text is not None:
        whole = text.value.span.to(pieces[-1].key.span).text
        written = f"'{whole}'" if '"' in whole else f'"{whole}"'
        quoted = f"{text.key.text}: {written}"
        help = (f"quote a text with a comma inside {{ }}: `{quoted}`", *help)
    nearest = suggest(entry.key.text, keys) or _meant(entry, node, keys)
    report.error(
        "unknown-key",
        f"{what} has no key '{entry.key.text}'",
        entry.key.span,
        meant=nearest,
        help=help,
    )


def _meant(entry: Entry, node: MappingNode, keys: list[str]) -> str | None:
    """A key of another config, unless the one that is meant stands here already."""
    meant = _MEANT.get(entry.key.text.lower())
    if meant == "Sequential" and isinstance(entry.value, MappingNode):
        meant = "modules"
    if meant not in keys or any(one.key.text == meant for one in node.entries):
        return None
    return meant


def _text_in_pieces(
    entry: Entry, node: MappingNode
) -> tuple[Entry | None, list[Entry]]:
    """The text that YAML has cut at its commas, of which `entry` is a piece, and those
    pieces of it that it took for keys without a value."""
    at = node.entries.index(entry)
    first = at
    while first and _is_bare(node.entries[first]):
        first -= 1
    text, pieces = node.entries[first], list(node.entries[first + 1 :])
    pieces = list(takewhile(_is_bare, pieces))
    whole = isinstance(text.value, ScalarNode) and text.value.style == "plain"
    if not node.flow or not whole or not text.value.span.text or first == at:
        return None, []
    return text, pieces


def _is_bare(entry: Entry) -> bool:
    """Whether no colon stands behind the key."""
    value = entry.value
    return isinstance(value, ScalarNode) and value.is_null and not value.span.text
