"""Specs to source: one text, or the files of a package; planned whole, then written.

In: specs and a style. Out: texts, or `SpecError` where the caller's files or templates
stand in the way. Imports torch only for specs that leave sizes to `auto`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from modelspec.api.sizes import Known, fill_for_source
from modelspec.diagnostics.diagnostic import Diagnostic, InternalError, SpecError
from modelspec.output.difference import render_difference
from modelspec.output.files import (
    PlannedFile,
    find_folder_obstacle,
    find_obstacle,
    find_other,
)
from modelspec.output.staging import write_files
from modelspec.program.ir import Program

if TYPE_CHECKING:
    from modelspec.api.spec import Spec
    from modelspec.backends.python import Member, Style

_WORDS = re.compile(r"[A-Za-z0-9]+")


class Generation:
    """The source of some specs, in one style."""

    def __init__(
        self,
        specs: Sequence[Spec],
        style: str = "parametric",
        templates: Path | None = None,
        known: Known | None = None,
    ) -> None:
        """`known` is what a build of the only spec has told of its sizes."""
        self._known = known
        self._specs = specs
        self._style = _known_style(style)
        self._templates = templates
        _require(find_template_obstacle(templates))

    def text(self) -> str:
        """The source of the only spec."""
        from modelspec.backends.python import emit_module

        (spec,) = self._specs
        program = self._filled(spec)
        with _TemplateFaults(self._templates):
            return emit_module(
                program,
                style=self._style,
                values=self._values(spec, program),
                templates=self._templates,
            )

    def plan(self, target: Path) -> list[PlannedFile]:
        """The files to be: a module if the target ends in `.py`, else a package."""
        if target.suffix == ".py":
            return [PlannedFile(target, self.text())]
        from modelspec.backends.python import emit_package

        members = self._members()
        with _TemplateFaults(self._templates):
            files = emit_package(members, style=self._style, templates=self._templates)
        return [PlannedFile(target / name, text) for name, text in files.items()]

    def _members(self) -> list[Member]:
        from modelspec.backends.python import Member

        specs = dict(zip(module_names(self._specs), self._specs, strict=True))
        filled = {name: self._filled(spec) for name, spec in specs.items()}
        return [
            Member(name, filled[name], self._values(spec, filled[name]))
            for name, spec in specs.items()
        ]

    def _filled(self, spec: Spec) -> Program:
        if self._known is None:
            _require(find_unrunnable(spec.program))
        limits = spec.policy.limits
        return fill_for_source(spec.program, limits, self._known).program

    def _values(self, spec: Spec, program: Program) -> Mapping[str, object]:
        """What the variant that the spec was named with gives, for the flat style."""
        variants = (one for one in program.variants if one.name == spec.variant)
        return {name: value for one in variants for name, value in one.values}


def find_unrunnable(program: Program) -> Diagnostic | None:
    """Why sizes that are left to `auto` are not known in source: only a run of the
    model tells them, which would run code of a Python module."""
    from modelspec.inference.rewriting import has_auto

    if not program.externals or not has_auto(program):
        return None
    first = program.externals[0]
    return Diagnostic(
        "auto-not-inferred",
        f"`auto` is only known once '{first.attribute}' runs, and generating source"
        " runs no code of a Python module",
        first.span,
        help=(
            "write the sizes, or let `modelspec build` write the source: `-o net.py`",
        ),
    )


def require_writable(target: Path) -> None:
    """`SpecError` where it is known already that nothing can be written there."""
    is_module = target.suffix == ".py"
    _require(find_obstacle(target) if is_module else find_folder_obstacle(target))


def write_planned(files: Sequence[PlannedFile], *, force: bool) -> None:
    """Write all of them, or none; files that are not ours are left, unless forced."""
    from modelspec.backends.python import MARKER

    for file in files:
        _require(find_obstacle(file.path) if file.path.exists() else None)
        _require(None if force else find_other(file.path, MARKER))
    write_files(files)


def difference(files: Sequence[PlannedFile]) -> str:
    """What writing them would change, as a unified diff."""
    return render_difference(files)


def module_names(specs: Sequence[Spec]) -> list[str]:
    """A name of a module for each spec, after its file; no two are the same."""
    taken: dict[str, str] = {}
    for spec in specs:
        source = spec.program.sources[0].name
        name = _module_name(source)
        if name in taken:
            message = f"{taken[name]} and {source} would both become {name}.py"
            help = "Rename one, or write them into two folders."
            raise SpecError([Diagnostic("cannot-write", message, None, help=(help,))])
        taken[name] = source
    return list(taken)


def find_template_obstacle(templates: Path | None) -> Diagnostic | None:
    """Why there are no templates in a folder."""
    if templates is None or templates.is_dir():
        return None
    message = f"there is no folder {templates} with templates"
    return Diagnostic("wrong-template", message, None, path=str(templates))


def _module_name(source: str) -> str:
    from modelspec.backends.python.names import is_identifier

    words = _WORDS.findall(Path(source).stem)
    name = "_".join(words)
    return name if is_identifier(name) else f"spec_{name}".rstrip("_")


def _known_style(style: str) -> Style:
    from modelspec.backends.python import Style as Styles

    for known in get_args(Styles):
        if style == known:
            found: Style = known
            return found
    raise ValueError(f"style is one of {', '.join(get_args(Styles))}, got {style!r}")


def _require(obstacle: Diagnostic | None) -> None:
    if obstacle is not None:
        raise SpecError([obstacle])


class _TemplateFaults:
    """What goes wrong in a user's own templates is no bug of ours."""

    def __init__(self, templates: Path | None) -> None:
        self._templates = templates

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> None:
        if self._templates is None or error is None:
            return
        if type(error).__module__.startswith("jinja2.") or isinstance(
            error, InternalError
        ):
            message = f"{type(error).__name__}: {str(error) or 'no more is known'}"
            place = str(self._templates)
            raise SpecError(
                [Diagnostic("wrong-template", message, None, path=place)]
            ) from error
