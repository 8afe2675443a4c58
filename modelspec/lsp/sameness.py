"""Whether edited texts mean the same as before, but for one name.

In: a spec as it was, and the texts of files after a rename. Out: what the edits would
break, in words; None where nothing.
"""

from __future__ import annotations

import re

from modelspec.diagnostics.diagnostic import Diagnostic
from modelspec.lsp.analysis import Analysis
from modelspec.lsp.session import View
from modelspec.program.dump import dump_program
from modelspec.program.ir import Program

_WORD = re.compile(r"\w+|[^\w\s]")


def broken_by(
    view: View, root: Analysis, texts: dict[str, str], old: str, new: str
) -> str | None:
    before, after = root.compilation, view.compile(root.document, texts).compilation
    if after.program is None or before.program is None:
        return "the spec could not be read any more"
    known = {_told(one) for one in before.diagnostics if one.is_error}
    for one in after.diagnostics:
        if one.is_error and _told(one) not in known:
            return one.message
    if not before.failed and not same_but_for(before.program, after.program, old, new):
        return "the spec would mean something else"
    return None


def same_but_for(before: Program, after: Program, old: str, new: str) -> bool:
    """Whether two Programs differ only where the new name stands for the old one."""
    words, others = (_WORD.findall(dump_program(one)) for one in (before, after))
    if len(words) != len(others):
        return False
    renamed = {
        (word, other)
        for word, other in zip(words, others, strict=True)
        if word != other
    }
    # A class that shares its name with another one has that of its file before it.
    return all(
        word.endswith(old) and other == word[: len(word) - len(old)] + new
        for word, other in renamed
    )


def _told(one: Diagnostic) -> tuple[str, int]:
    line = one.span.first.line if one.span is not None else 0
    return one.code, line
