"""`modelspec generate --emit ir`: the Program as text."""

from __future__ import annotations

from tests.cli.commands import ROOT, run


def test_the_program_is_printed() -> None:
    """Names are resolved in it, and it is the same each time."""
    spec = ROOT / "examples" / "lenet.yaml"
    found = run("generate", spec, "--emit", "ir")
    assert found.status == 0
    assert "child nn.Conv2d(1, 6, 5, padding=2)" in found.out
    assert run("generate", spec, "--emit", "ir").out == found.out


def test_it_writes_no_files() -> None:
    """A file to write to is a mistake on the command line."""
    spec = ROOT / "examples" / "lenet.yaml"
    assert run("generate", spec, "--emit", "ir", "-o", "x.py").status == 2
