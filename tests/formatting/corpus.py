"""Every spec of the project, and what is asked of each once it is laid out."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from modelspec.api.formatting import format_spec
from modelspec.diagnostics.span import Source
from modelspec.driver import compile_source
from modelspec.policy import Policy
from modelspec.program.dump import dump_program

ROOT = Path(__file__).parents[2]
FOLDERS = ("examples", "tests/cases", "tests/invalid", "tests/agreement")
_COMMENT = re.compile(r"(?m)(?:^\ufeff?|(?<=\s))#[ \t]*(.*?)[ \t\r]*$")


def specs() -> list[Path]:
    return [path for one in FOLDERS for path in specs_in(one)]


def specs_in(folder: str) -> list[Path]:
    """The index of the zoo, which names specs, is none."""
    found = sorted((ROOT / folder).rglob("*.yaml"))
    return [path for path in found if path != ROOT / "examples/zoo/index.yaml"]


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def source_of(path: Path) -> Source:
    with path.open(encoding="utf-8", newline="") as file:
        return Source(str(path), file.read(), str(path))


def with_text(source: Source, text: str) -> Source:
    return Source(source.name, text, source.path)


def laid_out(source: Source) -> str | None:
    return format_spec(source, Policy()).text


def program(source: Source) -> str | None:
    """The Program as text, where the spec has no errors."""
    found = compile_source(source, Policy())
    if found.failed or found.program is None:
        return None
    return dump_program(found.program)


def codes(source: Source) -> Counter[str]:
    """The diagnostics of a spec, wherever they are."""
    found = compile_source(source, Policy())
    return Counter(one.code for one in found.diagnostics)


def comments(text: str) -> Counter[str]:
    """What looks like a comment, be it one of YAML or of Python."""
    return Counter(found[1] for found in _COMMENT.finditer(text))
