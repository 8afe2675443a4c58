"""Nodes to models: pydantic's errors told as located diagnostics.

In: a mapping node. Out: the model, or None with diagnostics in the report. One
mistake gives one message; the key is underlined for an unknown key, the value for a
value of the wrong kind.
"""

from __future__ import annotations

import sys
import threading
from types import ModuleType
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from modelspec.diagnostics.diagnostic import Report
from modelspec.diagnostics.suggest import suggest
from modelspec.spec.models import BODIES, FileSpec, entries_of
from modelspec.syntax.nodes import Entry, MappingNode, Node, describe_node

M = TypeVar("M", bound=BaseModel)
_SEARCH = "pydantic.plugin._loader"


def validate_mapping(
    model: type[M], node: MappingNode, what: str, report: Report
) -> M | None:
    """The model of a mapping. `what` names the place in messages: `a block`."""
    _prepare(model)
    try:
        return model.model_validate(entries_of(node))
    except ValidationError as error:
        found = error.errors(include_url=False)
        unknown = any(details["type"] == "extra_forbidden" for details in found)
        for details in found:
            # A key that is missing is most likely the one that is misspelt.
            if not (unknown and details["type"] == "missing"):
                _report(details, model, node, what, report)
        return None


def _prepare(model: type[BaseModel]) -> None:
    """Builds a model's validator, without a search for plugins of pydantic.

    The search imports what reads the metadata of installed packages, and reads it: a
    fifth of the time that checking a spec takes, for models that nothing outside ever
    sees. pydantic's own switch comes after the import; so the module that searches is
    stood in for meanwhile. Where a release of pydantic has no such module, the search
    is made and nothing else differs.
    """
    if model.__pydantic_complete__:
        return
    with _BUILDING:
        before = sys.modules.get(_SEARCH)
        sys.modules[_SEARCH] = _NO_PLUGINS
        try:
            model.model_rebuild()
        finally:
            if before is None:
                del sys.modules[_SEARCH]
            else:
                sys.modules[_SEARCH] = before


def _without_plugins() -> ModuleType:
    module = ModuleType(_SEARCH)
    vars(module)["get_plugins"] = tuple
    return module


_NO_PLUGINS = _without_plugins()
_BUILDING = threading.Lock()


def validate_file(node: Node | None, report: Report) -> FileSpec | None:
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
    spec = validate_mapping(FileSpec, node, "a spec", report)
    if spec is not None:
        _check_version(spec, report)
    return spec


def _check_version(spec: FileSpec, report: Report) -> None:
    version = spec.modelspec
    assert version is not None, "the reader takes nothing else for a spec"
    if version.value != 1 or isinstance(version.value, bool):
        report.error(
            "unknown-version",
            f"version {version.text} of the language is not known, expected 1"
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
    model: type[BaseModel],
    node: MappingNode,
    what: str,
    report: Report,
) -> None:
    name = str(details["loc"][0]) if details["loc"] else ""
    entry = next((e for e in node.entries if e.key.text == name), None)
    if details["type"] == "extra_forbidden" and entry is not None:
        _unknown_key(entry, model, what, report)
    elif details["type"] == "missing":
        report.error("missing-key", f"{what} needs the key '{name}'", node.span)
    elif entry is not None:
        report.error("wrong-kind", f"'{name}': {details['msg']}", entry.value.span)
    else:
        report.error("wrong-kind", f"{what}: {details['msg']}", node.span)


def _unknown_key(
    entry: Entry, model: type[BaseModel], what: str, report: Report
) -> None:
    keys = [field.alias or name for name, field in model.model_fields.items()]
    nearest = suggest(entry.key.text, keys)
    report.error(
        "unknown-key",
        f"{what} has no key '{entry.key.text}'",
        entry.key.span,
        note=f"did you mean '{nearest}'?" if nearest else "",
        help=f"keys of {what}: {', '.join(keys)}",
    )
