"""Specs as plain data, read as modelspec reads them: YAML 1.2, keys as written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from modelspec.diagnostics import Report, Source
from modelspec.policy import Limits
from modelspec.syntax.nodes import MappingNode, Node, SequenceNode
from modelspec.syntax.reader import read_nodes


def plain_spec(path: Path) -> Any:
    report = Report()
    source = Source(path.name, path.read_text(encoding="utf-8"))
    node = read_nodes(source, Limits(), report)
    assert node is not None, report.found
    return _plain(node)


def _plain(node: Node) -> Any:
    if isinstance(node, MappingNode):
        return {entry.key.text: _plain(entry.value) for entry in node.entries}
    if isinstance(node, SequenceNode):
        return [_plain(item) for item in node.items]
    return node.value
