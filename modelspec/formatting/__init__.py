"""Specs in one style, their meaning and their comments as they were.

In: the source of a spec. Out: its text in the one style, or None with diagnostics where
it does not read as the YAML of a spec. A spec that is wrong otherwise is laid out all
the same: Python that does not parse stays as written. Nothing is reordered. `tree` and
`comments` read what is there, `roles` and `fragments` find the Python in it, `emit`
writes, and `verify` reads what was written: if it means anything else, or would be
written differently the next time, that is an `InternalError`.
"""

from __future__ import annotations

from modelspec.diagnostics.diagnostic import InternalError, Report
from modelspec.diagnostics.span import Source
from modelspec.formatting.comments import attach_comments
from modelspec.formatting.emit import emit_tree
from modelspec.formatting.roles import assign_roles
from modelspec.formatting.texts import Texts
from modelspec.formatting.tree import Collection, read_tree
from modelspec.formatting.verify import verify_same, verify_stable
from modelspec.policy import Limits
from modelspec.syntax.document import read_spec

__all__ = ["format_source"]


def format_source(source: Source, limits: Limits, report: Report) -> str | None:
    """The text of a spec in the one style."""
    clean = _with_line_feeds(source)
    found = Report()
    root = read_spec(source, limits, found)
    report.extend(found.found)
    if root is None or found.failed:
        return None
    before, texts = _read(clean), Texts(clean, limits)
    text = emit_tree(before, texts)
    if text != source.text:
        after_source = Source(source.name, text, source.path)
        after = _read_again(after_source, limits)
        again = texts.of(after_source)
        verify_same(before, after, texts, again)
        verify_stable(text, emit_tree(after, again))
    return text


def _read(source: Source) -> Collection:
    tree = read_tree(source)
    attach_comments(tree, source.text)
    assign_roles(tree)
    return tree


def _read_again(source: Source, limits: Limits) -> Collection:
    found = Report()
    if read_spec(source, limits, found) is None or found.failed:
        raise InternalError(f"formatting would break the spec: {found.found[0]}")
    return _read(source)


def _with_line_feeds(source: Source) -> Source:
    text = source.text.removeprefix("\ufeff").replace("\r\n", "\n")
    return Source(source.name, text, source.path)
