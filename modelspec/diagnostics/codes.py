"""The table of codes: what each diagnostic means, with an example.

The entries are in `codes.md`, one heading each, in alphabetical order: a title after
the code, an explanation, a fenced block that is wrong, and one that is right. What is
read here is what `modelspec explain CODE` prints, what `docs/diagnostics.md` shows and
what SARIF says of its rules.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from modelspec.diagnostics.suggest import suggest
from modelspec.records import dataclass

_TABLE = Path(__file__).with_name("codes.md")
_ENTRY = re.compile(r"^## ([a-z0-9-]+): (.+)\n", re.MULTILINE)
_FENCE = re.compile(r"^```\w*\n(.*?)^```\n?", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of diagnostic.

    `example` is a text that has the mistake, `fixed` the same without it; both are
    empty where the mistake is not in a text.
    """

    name: str
    title: str
    explanation: str
    example: str = ""
    fixed: str = ""


@cache
def all_codes() -> dict[str, Code]:
    """Every code, in the order of the table."""
    parts = _ENTRY.split(_TABLE.read_text(encoding="utf-8"))[1:]
    entries = zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    return {name: _read_entry(name, title, body) for name, title, body in entries}


def find_code(name: str) -> Code | None:
    """The entry of a code, also if it is written `error[code]`."""
    return all_codes().get(name.strip().removeprefix("error").strip("[]"))


def nearest_code(name: str) -> str | None:
    return suggest(name, all_codes())


def render_code(code: Code) -> str:
    """The entry as `modelspec explain` prints it."""
    parts = [f"{code.name}: {code.title}", code.explanation]
    if code.example:
        parts += ["Wrong:", _indented(code.example)]
    if code.fixed:
        parts += ["Right:", _indented(code.fixed)]
    return "\n\n".join(parts) + "\n"


def render_code_markdown(code: Code) -> str:
    """The entry below its heading, as Markdown.

    The fences say `yml`: what is in them is YAML, but not the whole and right spec that
    it must be where a page says `yaml`.
    """
    parts = [code.explanation] if code.explanation else []
    if code.example:
        parts += ["Wrong:", _fenced(code.example)]
    if code.fixed:
        parts += ["Right:", _fenced(code.fixed)]
    return "\n\n".join(parts) + "\n"


def _read_entry(name: str, title: str, body: str) -> Code:
    blocks = [*_FENCE.findall(body), "", ""]
    explanation = _FENCE.sub("", body).strip()
    return Code(name, title.strip(), explanation, blocks[0], blocks[1])


def _fenced(text: str) -> str:
    return f"```yml\n{text.rstrip()}\n```"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.rstrip().split("\n"))
