"""The summaries that are replayed, and how each is made.

Beside the `spec.yaml` of a case in `tests/cases` a file `summary.txt`, `summary.md`,
`summary.json`, `summary.csv` or `summary.html` is what is expected; those of examples
lie in `tests/cases/summaries`, each named after its spec and, behind a dash, a variant.
"""

from __future__ import annotations

from pathlib import Path

import modelspec
from modelspec.report.summary import FORMATS
from tests.agreement.cases import CASES, EXAMPLES

EXAMPLES_OF = CASES / "summaries"
WIDTH = 100


def summary_goldens() -> list[Path]:
    """Every expected summary."""
    return sorted([*CASES.glob("*/summary.*"), *EXAMPLES_OF.glob("*.*")])


def rendered(golden: Path) -> str:
    """What there is to be in it."""
    found = modelspec.load(_spec(golden)).summary(optimizer=_optimizer(golden))
    kind = golden.suffix.removeprefix(".")
    return found.text(WIDTH) if kind == "txt" else FORMATS[kind](found, None)


def _spec(golden: Path) -> str:
    if golden.parent != EXAMPLES_OF:
        return str(golden.with_name("spec.yaml"))
    name, _, variant = golden.stem.partition("-")
    places = [EXAMPLES / f"{name}.yaml", EXAMPLES / "zoo" / f"{name}.yaml"]
    path = next(one for one in places if one.exists())
    return f"{path}:{variant}" if variant else str(path)


def _optimizer(golden: Path) -> str | None:
    """Data has everything in it."""
    return "adamw" if golden.suffix in (".json", ".html") else None
