"""Write the page about all diagnostics, `docs/diagnostics.md`, from the table of codes.

In: `modelspec/diagnostics/codes.md`, which `modelspec explain` reads too. Out: the same
bytes on every run. Usage: `python scripts/write_diagnostics_page.py [FILE]`.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from modelspec.diagnostics.codes import (  # noqa: E402  # found by the line above
    Code,
    all_codes,
    render_code_markdown,
)

_HEAD = """\
# Diagnostics

What each message of modelspec means, by the code that stands in its brackets, as in
`error[unknown-layer]`. `modelspec explain CODE` prints the same. This page is made from
the table of codes by `scripts/write_diagnostics_page.py`.
"""


def page() -> str:
    """The whole page: a section for each code, in alphabetical order."""
    return "\n".join([_HEAD, *map(_section, all_codes().values())])


def _section(code: Code) -> str:
    return f"## {code.name}\n\n**{code.title}**\n\n{render_code_markdown(code)}"


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs/diagnostics.md"
    target.parent.mkdir(exist_ok=True)
    target.write_text(page(), encoding="utf-8", newline="\n")
