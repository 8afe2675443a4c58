"""A source to a spec's root mapping, and nothing about files that are no spec.

In: a `Source`. Out: the root mapping, which has the key `modelspec`. A file without
that key may be any file at all, named by mistake or by a stranger's import, so its
one diagnostic quotes nothing of it, whatever else is wrong there.
"""

from __future__ import annotations

import re

from modelspec.diagnostics.diagnostic import Diagnostic, Report
from modelspec.diagnostics.span import Source
from modelspec.policy import Limits
from modelspec.syntax.nodes import MappingNode
from modelspec.syntax.reader import read_nodes

_VERSION_KEY = re.compile(r"^\ufeff?(['\"]?)modelspec\1[ \t]*:", re.MULTILINE)


def read_spec(source: Source, limits: Limits, report: Report) -> MappingNode | None:
    """The root of a spec, or None with what is wrong in the report."""
    found = Report()
    root = read_nodes(source, limits, found)
    if isinstance(root, MappingNode) and root.get("modelspec") is not None:
        report.extend(found.found)
        report.refused += found.refused
        return root
    if root is None and _names_version(source.text):
        report.extend(found.found)
        return None
    report.extend((_not_a_spec(source),))
    return None


def _names_version(text: str) -> bool:
    """Whether a text that cannot be read says that it is a spec."""
    return _VERSION_KEY.search(text) is not None


def _not_a_spec(source: Source) -> Diagnostic:
    return Diagnostic(
        "not-a-spec",
        f"{source.name} is not a spec: it has no key 'modelspec' at the top",
        None,
        help=("Start the file with 'modelspec: 1'.",),
        path=source.name,
    )
