"""Wrong specs, and what is said of them.

Every diagnostic is expected by a comment on its line, `# error: COL [code]` or
`# warning: COL [code]`; where the line cannot hold one, by `# error: LINE:COL [code]`
anywhere in the file. None may be missing, none extra. What stands behind `# says:` is
part of the message, the note, the help or a label of one of them. A file whose name
begins with `_` is there to be imported.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import modelspec
from modelspec.diagnostics.codes import all_codes
from modelspec.diagnostics.diagnostic import Diagnostic
from modelspec.driver import compile_path
from modelspec.policy import Policy

HERE = Path(__file__).parent
SPECS = sorted(HERE.glob("*/[!_]*.yaml"))
RUN = sorted(HERE.glob("shape-mismatch/[!_]*.yaml"))
FOUND_BY_RUNNING = ("forced-size", "shape-mismatch")
"""Codes of what `check --shapes` finds."""
_EXPECTED = re.compile(r"# (error|warning): (?:(\d+):)?(\d+) \[([a-z0-9-]+)\]")

_SAYS = re.compile(r"# says: (.+)")

Place = tuple[str, int, int, str, str]


def expected_in(path: Path) -> list[Place]:
    """File, line, column, severity and code of each expectation in a file."""
    found: list[Place] = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        for severity, at, column, code in _EXPECTED.findall(line):
            place = (path.name, int(at or number), int(column))
            found.append((*place, severity, code))
    return sorted(found)


def place_of(found: Diagnostic) -> Place:
    assert found.span is not None
    at = found.span.first
    name = Path(found.span.source.name).name
    return name, at.line, at.column, found.severity.value, found.code


def words_of(found: Diagnostic) -> list[str]:
    """All that a diagnostic says, piece by piece."""
    return [found.message, found.note, *found.help, *(one.text for one in found.labels)]


@pytest.mark.parametrize("path", SPECS, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_wrong_spec(path: Path) -> None:
    """Exactly the expected diagnostics, each at its place."""
    helpers = path.parent.glob("_*.yaml")
    imported = [one for one in helpers if one.name in path.read_text()]
    wanted = sorted(w for one in (path, *imported) for w in expected_in(one))
    assert any(code == path.parent.name for *_, code in wanted)
    found = modelspec.check(path, shapes=path.parent.name in FOUND_BY_RUNNING)
    assert sorted(map(place_of, found)) == wanted
    words = [word for one in found for word in words_of(one)]
    for text in _SAYS.findall(path.read_text()):
        assert any(text.strip() in word for word in words), (text, words)


@pytest.mark.parametrize("path", RUN, ids=lambda p: p.stem)
def test_shapes_are_told(path: Path) -> None:
    """What does not fit together is there with its shapes, not as torch's codes."""
    (found,) = modelspec.check(path, shapes=True)
    told = " ".join([found.message, *(label.text for label in found.labels)])
    assert "[" in told
    assert not re.search(r"torch\.Size|mat1|\bs\d+\b|Eq\(|Tensor\(", told)


ELSEWHERE = set(
    # What is wrong with a file before there is text, or with the system.
    """binary-file cannot-write empty-file file-exists file-too-large
    import-without-folder missing-package not-a-file not-a-spec not-utf8
    unreadable-file unreadable-model unreadable-weights unknown-suffix weights-mismatch
    wrong-template
    """
    # What the caller gives beside a spec.
    """missing-param no-root no-run unknown-device unknown-model unknown-variant
    indivisible-size wrong-input wrong-mesh wrong-param wrong-rename wrong-seed
    """
    # What only a build knows.
    """auto-contradiction auto-not-inferred auto-symbolic call-error cannot-divide
    constructor-error
    export-error forward-error init-error invalid-size not-a-layer over-budget python-layer
    rule-never-applies unchecked-budget
    """.split()
)
"""Codes of which no spec that is only checked is an example."""


def test_codes_are_explained() -> None:
    """Every code has a directory, but for those told elsewhere, and none is unknown."""
    names = {path.parent.name for path in SPECS}
    assert sorted(names | ELSEWHERE) == sorted(all_codes())
    assert names & ELSEWHERE == set()


def test_every_code_of_a_fixture_is_in_the_table() -> None:
    """Those that comments expect, in files that are only imported too."""
    fixtures = sorted(HERE.glob("*/*.yaml"))
    expected = {code for path in fixtures for *_, code in expected_in(path)}
    assert sorted(expected - set(all_codes())) == []


def test_no_code_is_made_up() -> None:
    """What the front end reports is in the table."""
    package = Path(modelspec.__file__).parent
    texts = [
        path.read_text()
        for folder in ("syntax", "pysubset", "spec", "program", "analysis")
        for path in (package / folder).rglob("*.py")
    ]
    told = re.compile(r'(?:error|warn|fail|Fault|WorldError)\(\s*"([a-z0-9-]+)"')
    found = {code for text in texts for code in told.findall(text)}
    assert len(found) > 50
    assert sorted(found - set(all_codes())) == []
