"""Specs as plain data, read as modelspec reads them: YAML 1.2, keys as written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from modelspec.diagnostics import Report, Source
from modelspec.policy import Limits
from modelspec.syntax.nodes import MappingNode, Node, SequenceNode
from modelspec.syntax.reader import read_nodes


def plain_spec(path: Path) -> Any:
    """The data of a file that can be read."""
    spec = read_plain(path)
    assert spec is not None
    return spec


def read_plain(path: Path) -> Any:
    """The data of a file, None where it is no YAML that modelspec reads."""
    source = Source(path.name, path.read_text(encoding="utf-8"))
    node = read_nodes(source, Limits(), Report())
    return None if node is None else _plain(node)


def _plain(node: Node) -> Any:
    if isinstance(node, MappingNode):
        return {entry.key.text: _plain(entry.value) for entry in node.entries}
    if isinstance(node, SequenceNode):
        return [_plain(item) for item in node.items]
    return node.value
