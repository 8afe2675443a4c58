"""Which names a spec may give (sections 2 and 10 of the language).

Every name is ASCII, no keyword and no dunder; a child's name may also hold `-` or be
digits. None may hide what generated code imports, and nothing registered on a module
may hide an attribute of `torch.nn.Module`.
"""

from __future__ import annotations

import keyword
import re

from modelspec.catalog import load_catalog
from modelspec.diagnostics.diagnostic import Report
from modelspec.diagnostics.span import Span

_CHILD = re.compile(r"[A-Za-z0-9_-]+")
_VARIANT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

# What generated modules import or define under these very names.
RESERVED = frozenset(
    "torch nn F math self super partial linspace OrderedDict Any Callable fnmatchcase"
    " annotations isinstance ValueError auto".split()
)


def is_identifier(name: str) -> bool:
    """An ASCII Python name that is no keyword."""
    return bool(_IDENTIFIER.fullmatch(name)) and not keyword.iskeyword(name)


def name_problem(name: str, base: str | None = None) -> str | None:
    """Why a child or attribute may not have this name; None if it may.

    With `base` (`Module`, `Sequential`, ...) it must not hide what that class has.
    """
    if not _CHILD.fullmatch(name):
        return "names hold only ASCII letters, digits, '_' and '-'"
    if keyword.iskeyword(name):
        return "it is a keyword of Python"
    if name.startswith("__"):
        return "names that start with two underscores belong to Python"
    if base is not None and name in load_catalog().module_names(base):
        return f"it would hide 'nn.Module.{name}'"
    return None


def identifier_problem(name: str) -> str | None:
    """Why a param, block, input, function, ... may not have this name."""
    if not _IDENTIFIER.fullmatch(name):
        return "names are ASCII letters, digits and '_', and start with no digit"
    if keyword.iskeyword(name):
        return "it is a keyword of Python"
    if name.startswith("__"):
        return "names that start with two underscores belong to Python"
    if name in RESERVED:
        return f"'{name}' has a meaning of its own in modules"
    return None


def check_identifier(name: str, what: str, span: Span, report: Report) -> bool:
    """Reports a name that may not be given; `what` is "param", "block", ..."""
    problem = identifier_problem(name)
    if problem is not None:
        report.error("bad-name", f"{what} cannot be named '{name}': {problem}", span)
    return problem is None


def check_child(name: str, what: str, base: str, span: Span, report: Report) -> bool:
    """Reports a name that a child, parameter, buffer or attribute may not have."""
    problem = name_problem(name, base)
    if problem is not None:
        report.error("bad-name", f"{what} cannot be named '{name}': {problem}", span)
    return problem is None


def check_variant(name: str, span: Span, report: Report) -> bool:
    """Reports a name that a variant may not have; it may hold `-` and `.` inside."""
    problem = None
    if not _VARIANT.fullmatch(name):
        problem = "names hold only ASCII letters, digits, '_', '-' and '.'"
    elif keyword.iskeyword(name) or name.startswith("__"):
        problem = identifier_problem(name)
    if problem is not None:
        report.error("bad-name", f"a variant cannot be named '{name}': {problem}", span)
    return problem is None
