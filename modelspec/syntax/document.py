"""A source to a spec's root mapping, and nothing about files that are no spec.

In: a `Source`. Out: the root mapping, which has the key `modelspec`. A file without
that key may be any file at all, named by mistake or by a stranger's import, so its
one diagnostic quotes nothing of it, whatever else is wrong there.
"""

from __future__ import annotations

import re

from modelspec.diagnostics.diagnostic import Diagnostic, Report
from modelspec.diagnostics.span import Source
from modelspec.diagnostics.suggest import suggest
from modelspec.policy import Limits
from modelspec.syntax.nodes import MappingNode
from modelspec.syntax.reader import read_nodes

_MOST_LINES = 200
_WORD = re.compile(r"[ \t]*([A-Za-z]{5,12})(?:[ \t]*:|[ \t]+1[ \t\r]*$)")
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


def _almost(text: str) -> int | None:
    """The first line of which the first word is almost `modelspec`."""
    for number, line in enumerate(text.split("\n", _MOST_LINES)[:_MOST_LINES], 1):
        word = _WORD.match(line)
        if word and (word[1] == "modelspec" or suggest(word[1], ["modelspec"])):
            return number
    return None


def _names_version(text: str) -> bool:
    """Whether a text that cannot be read says that it is a spec."""
    return _VERSION_KEY.search(text) is not None


def _not_a_spec(source: Source) -> Diagnostic:
    line = _almost(source.text)
    help = "Start the file with 'modelspec: 1'."
    if line is not None:
        help = f"Line {line} is almost it: write 'modelspec: 1', in the first column."
    return Diagnostic(
        "not-a-spec",
        f"{source.name} is not a spec: it has no key 'modelspec' at the top",
        None,
        help=(help,),
        path=source.name,
    )
