"""Full names of rows, as the `state_dict` has them: `layer1.1-2.conv1` in repeats."""

from __future__ import annotations

from collections.abc import Iterator

from modelspec.report.summary.collapse import shown_names
from modelspec.report.summary.rows import Row
from modelspec.report.summary.summary import Summary


def full_names(summary: Summary, depth: int | None) -> list[tuple[str, Row]]:
    """The rows below the whole, each with its name; operations have none."""
    return list(_named(summary.root, "", depth))


def _named(row: Row, prefix: str, depth: int | None) -> Iterator[tuple[str, Row]]:
    if depth == 0:
        return
    below = None if depth is None else depth - 1
    for child in row.children:
        shown = shown_names(child)
        name = f"{prefix}{shown}" if shown else ""
        yield name, child
        yield from _named(child, f"{name}.", below)
