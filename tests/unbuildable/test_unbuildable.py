"""Specs that only building finds wrong; `tests/invalid` has what checking finds.

Every diagnostic of `modelspec build` is expected by a comment on its line,
`# error: COL [code]` or `# warning: COL [code]`; none may be missing, none extra.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import modelspec
from tests.cli.commands import run
from tests.invalid.test_invalid import Place, expected_in

SPECS = sorted(Path(__file__).parent.glob("*/*.yaml"))


@pytest.mark.parametrize("path", SPECS, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_unbuildable_spec(path: Path) -> None:
    """Checking finds nothing; building finds exactly what is expected."""
    assert [one.code for one in modelspec.check(path)] == []
    wanted = expected_in(path)
    assert any(code == path.parent.name for *_, code in wanted)
    found = run("build", "--format", "json", path)
    assert sorted(map(_place, json.loads(found.out))) == wanted
    is_wrong = any(severity == "error" for *_, severity, _ in wanted)
    assert found.status == int(is_wrong)


def _place(told: dict[str, object]) -> Place:
    name = Path(str(told["path"])).name
    line, column = told["line"], told["column"]
    assert isinstance(line, int)
    assert isinstance(column, int)
    return name, line, column, str(told["severity"]), str(told["code"])
