"""Writes the expected sources of all cases anew; review the diff like code.

Goes over `examples/` and `tests/cases/`, writes only what changed and says so, and
removes goldens whose case is gone. Also the summaries of cases that have one, the
messages that `docs/language.md` shows, and pictures. Exits with 1 if a case could not
be generated.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import modelspec  # noqa: E402  # found in the checkout by the line above
from tests.agreement.cases import CASES, Case, all_cases  # noqa: E402
from tests.docs.examples import PAGE  # noqa: E402
from tests.docs.refresh import refreshed_page  # noqa: E402
from tests.graph.pictures import pictures  # noqa: E402
from tests.summary.goldens import rendered, summary_goldens  # noqa: E402


def main() -> int:
    failed = [case for case in all_cases() if not refresh(case)]
    wanted = {case.golden for case in all_cases()}
    found = {*CASES.glob("*/expected.py"), *CASES.glob("examples/**/*.py")}
    for path in found - wanted:
        path.unlink()
        print(f"removed {path.relative_to(ROOT)}")
    for golden in summary_goldens():
        write(golden, rendered(golden))
    refresh_page()
    refresh_pictures()
    return 1 if failed else 0


def refresh(case: Case) -> bool:
    """Writes one golden if it changed; false if the spec has errors."""
    try:
        source = modelspec.load(case.path).source()
    except modelspec.SpecError as error:
        print(f"{case.name}\n{error}", file=sys.stderr)
        return False
    write(case.golden, source)
    return True


def write(golden: Path, text: str) -> None:
    """Writes one golden if it changed."""
    old = golden.read_text(encoding="utf-8") if golden.exists() else None
    if text != old:
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(text, encoding="utf-8", newline="\n")
        print(f"{'wrote' if old is None else 'changed'} {golden.relative_to(ROOT)}")


def refresh_page() -> None:
    """Writes what the wrong specs of the reference are told, if it changed."""
    text = refreshed_page()
    if text != PAGE.read_text(encoding="utf-8"):
        PAGE.write_text(text, encoding="utf-8", newline="\n")
        print(f"changed {PAGE.relative_to(ROOT)}")


def refresh_pictures() -> None:
    """Writes the pictures of tests and documents that changed."""
    for path, text in pictures():
        old = path.read_text(encoding="utf-8") if path.exists() else None
        if text != old:
            path.write_text(text, encoding="utf-8", newline="\n")
            print(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    raise SystemExit(main())
