"""What the templates print: frozen values of finished text.

Every text is formatted and indented already; a template decides nothing but order and
blank lines. Empty text means there is none.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FunctionView:
    """A function or a method: its `def` line, docstring and body."""

    name: str
    signature: str
    docstring: str
    body: str


@dataclass(frozen=True, slots=True)
class ClassView:
    """A class: `header` is its `class` line, `fields` its constants and annotations."""

    name: str
    header: str
    docstring: str
    fields: tuple[str, ...]
    methods: tuple[FunctionView, ...]


@dataclass(frozen=True, slots=True)
class ModuleView:
    """A file. `directives` are for the type checker, `import_groups` have a blank line
    between them."""

    header: tuple[str, ...]
    directives: tuple[str, ...]
    import_groups: tuple[tuple[str, ...], ...]
    functions: tuple[FunctionView, ...]
    classes: tuple[ClassView, ...]
    factories: tuple[FunctionView, ...]


@dataclass(frozen=True, slots=True)
class PackageView:
    """An `__init__.py`."""

    header: tuple[str, ...]
    imports: tuple[str, ...]
    exports: str
