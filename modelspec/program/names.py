"""Which names a spec may give (sections 2 and 10 of the language).

Every name is ASCII, no keyword and no dunder; a child's name may also hold `-` or be
digits. None may hide what generated code imports, and nothing registered on a module
may hide an attribute of `torch.nn.Module`.
"""

from __future__ import annotations

import functools
import keyword
import re

from modelspec.catalog import load_catalog
from modelspec.diagnostics.diagnostic import Report
from modelspec.diagnostics.span import Span

_CHILD = re.compile(r"[A-Za-z0-9_-]+")
_VARIANT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_BRACES = re.compile(r"\{([^{}]+)\}")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

# What generated modules import or define under these very names.
RESERVED = frozenset(
    "torch nn F math self super partial linspace OrderedDict Any Callable fnmatchcase"
    " annotations isinstance ValueError auto".split()
)


@functools.lru_cache(maxsize=1024)
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
        _bad_name(name, what, problem, span, report)
    return problem is None


def check_child(name: str, what: str, base: str, span: Span, report: Report) -> bool:
    """Reports a name that a child, parameter, buffer or attribute may not have."""
    problem = name_problem(name, base)
    if problem is not None:
        _bad_name(name, what, problem, span, report)
    return problem is None


def check_variant(name: str, span: Span, report: Report) -> bool:
    """Reports a name that a variant may not have; it may hold `-` and `.` inside."""
    problem = None
    if not _VARIANT.fullmatch(name):
        problem = "names hold only ASCII letters, digits, '_', '-' and '.'"
    elif keyword.iskeyword(name) or name.startswith("__"):
        problem = identifier_problem(name)
    if problem is not None:
        _bad_name(name, "a variant", problem, span, report)
    return problem is None


def _bad_name(name: str, what: str, problem: str, span: Span, report: Report) -> None:
    better = _better(name, is_child=what == "a child")
    report.error(
        "bad-name",
        f"{what} cannot be named '{name}': {problem}",
        span,
        help=f"write `{better}`" if better else (),
    )


def _better(name: str, *, is_child: bool) -> str | None:
    """A name close to one that may not be given; None where there is none."""
    if is_child and _BRACES.search(name) and "${" not in name:
        inner = re.sub(r"^[fF]?(['\"])(.*)\1$", r"\2", name)
        return _BRACES.sub(r"${\1}", inner)
    if keyword.iskeyword(name):
        return f"{name}_"
    words = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_")
    if words == name or name_problem(words) or identifier_problem(words):
        return None
    return words
