"""`docs/diagnostics.md` is made from the table that `modelspec explain` reads."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from modelspec.diagnostics.codes import all_codes
from tests.docs.snippets import ROOT

PAGE = ROOT / "docs" / "diagnostics.md"


def test_the_page_is_what_the_script_writes(tmp_path: Path) -> None:
    script = ROOT / "scripts" / "write_diagnostics_page.py"
    subprocess.run([sys.executable, script, tmp_path / "page.md"], check=True)
    assert (tmp_path / "page.md").read_bytes() == PAGE.read_bytes()


def test_every_code_has_a_section() -> None:
    headings = re.findall(r"^## (.+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == list(all_codes())
