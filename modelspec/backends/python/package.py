"""Several Programs -> the files of one package.

Comes in: Programs, each with the name of its module. Goes out: the text of each file,
by file name: a module for each Program and an `__init__.py` that exports the root
classes and the factories.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import wrap

from modelspec.backends.python.docs import WIDTH
from modelspec.backends.python.emit import HEADER, Style, emit_module
from modelspec.backends.python.names import is_identifier
from modelspec.backends.python.nodes import constant, list_of, name
from modelspec.backends.python.rendering import render_package
from modelspec.backends.python.views import PackageView
from modelspec.diagnostics.diagnostic import InternalError
from modelspec.layout.printer import Printer
from modelspec.policy import Limits
from modelspec.program import ir
from modelspec.trees import module_tree


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """A Program and the name of the module it becomes."""

    module: str
    program: ir.Program
    values: Mapping[str, object] = field(default_factory=dict)


def emit_package(
    members: Sequence[Member],
    *,
    style: Style = "parametric",
    templates: Path | None = None,
    limits: Limits | None = None,
) -> dict[str, str]:
    """The files by name, `__init__.py` first."""
    files: dict[str, str] = {}
    exports: dict[str, list[str]] = {}
    for one in sorted(members, key=lambda member: member.module):
        if not is_identifier(one.module) or f"{one.module}.py" in files:
            raise InternalError(f"not a name for a module of its own: {one.module!r}")
        text = emit_module(
            one.program,
            style=style,
            values=one.values,
            templates=templates,
            limits=limits,
        )
        files[f"{one.module}.py"] = text
        exports[one.module] = _exported(text, one.program)
    return {"__init__.py": _emit_init(exports, templates), **files}


def _exported(text: str, program: ir.Program) -> list[str]:
    """The root class and the factories; all classes of a library but standard ones."""
    body = module_tree(text).body
    if program.root is None:
        standard = {one.name for one in program.blocks if one.source.is_standard}
        names = [one.name for one in body if isinstance(one, ast.ClassDef)]
        return [one for one in names if one not in standard]
    last_class = max(i for i, one in enumerate(body) if isinstance(one, ast.ClassDef))
    later = body[last_class:]
    return [program.root] + [
        one.name
        for one in later
        if isinstance(one, ast.FunctionDef) and not _is_helper(one.name, program)
    ]


def _is_helper(name: str, program: ir.Program) -> bool:
    """Whether it is for another function of the module, no variant's own."""
    variants = {one.name for one in program.variants}
    return name.startswith("_") and name not in variants


def _emit_init(exports: Mapping[str, Sequence[str]], templates: Path | None) -> str:
    """A name that two modules export is left to be taken from its module, and a
    comment says so."""
    counted = [one for names in exports.values() for one in names]
    clear = {one for one in counted if counted.count(one) == 1 and one not in exports}
    left = sorted(set(counted) - clear)
    printer = Printer(None)
    lines: list[str] = []
    for module, names in exports.items():
        wanted = sorted((one for one in names if one in clear), key=_isort)
        if wanted:
            aliases = [ast.alias(one) for one in wanted]
            lines.append(printer.statements([ast.ImportFrom(module, aliases, 1)], 0))
    listed = list_of([constant(one) for one in sorted(clear)])
    exported = ast.Assign([name("__all__")], listed)
    text = "\n".join([*_told(left), printer.statements([exported], 0)])
    view = PackageView(HEADER, tuple(lines), text)
    text = render_package(view, templates)
    module_tree(text)
    return text.rstrip("\n") + "\n"


def _told(left: Sequence[str]) -> list[str]:
    """A comment on names that are not exported."""
    if not left:
        return []
    text = f"Not exported, since several modules have one: {', '.join(left)}."
    return [f"# {line}" for line in wrap(text, WIDTH - 2)]


def _isort(one: str) -> tuple[int, str]:
    """Constants, classes, then functions, as ruff orders names."""
    if one.isupper() and len(one) > 1:
        return 0, one
    return (1 if one[:1].isupper() else 2), one
