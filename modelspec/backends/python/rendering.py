"""Views to text, through the templates of `templates/`.

Comes in: a view, and perhaps a directory of the user's own templates, each of which
takes the place of ours with the same name. Goes out: text. Templates are strict about
names they do not know, and escape nothing.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from modelspec.backends.python.views import ModuleView, PackageView
from modelspec.resources import template_directory

if TYPE_CHECKING:
    import jinja2


@lru_cache(maxsize=8)
def _environment(own: Path | None) -> jinja2.Environment:
    import jinja2
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    places = [template_directory()] if own is None else [own, template_directory()]
    return ImmutableSandboxedEnvironment(
        loader=jinja2.ChoiceLoader([jinja2.FileSystemLoader(one) for one in places]),
        undefined=jinja2.StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def render_module(view: ModuleView, templates: Path | None = None) -> str:
    template = _environment(templates).get_template("module.py.j2")
    return template.render(module=view)


def render_package(view: PackageView, templates: Path | None = None) -> str:
    template = _environment(templates).get_template("package.py.j2")
    return template.render(package=view)
