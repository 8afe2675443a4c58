"""`modelspec graph`, and pictures from `build`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.commands import RESNET, ROOT, files_in, run

MLP = str(ROOT / "examples" / "mlp.yaml")


def test_mermaid_goes_to_standard_output() -> None:
    found = run("graph", MLP)
    assert (found.status, found.err) == (0, "")
    assert found.out.startswith("flowchart TD\n")


@pytest.mark.parametrize(
    ("format", "start"),
    [("dot", "digraph {"), ("svg", "<svg "), ("html", "<!DOCTYPE"), ("md", "# MLP")],
)
def test_formats(format: str, start: str) -> None:
    found = run("graph", MLP, "--format", format)
    assert (found.status, found.err) == (0, "")
    assert found.out.startswith(start)


def test_params_variants_inputs_and_depth() -> None:
    spec = f"{RESNET}:resnet18"
    closed = run("graph", spec, "--depth", "0", "--set", "num_classes=7")
    assert "subgraph" not in closed.out
    assert "512 → 7" in closed.out
    sized = run("graph", spec, "--input", "x=2x3x64x64")
    assert "[2, 64, 16, 16]" in sized.out


def test_files(tmp_path: Path) -> None:
    """Each suffix its kind; what is there stays, unless it is told otherwise."""
    names = ["net.svg", "net.html", "net.mmd", "net.dot", "net.md"]
    outputs = [part for name in names for part in ("-o", tmp_path / name)]
    found = run("graph", MLP, *outputs)
    assert (found.status, found.err) == (0, "")
    assert files_in(tmp_path) == sorted(names)
    again = run("graph", MLP, *outputs)
    assert again.status == 2
    assert "file-exists" in again.err
    assert run("graph", MLP, *outputs, "--force").status == 0


def test_build_writes_the_same(tmp_path: Path) -> None:
    for command in ("graph", "build"):
        found = run(command, MLP, "-o", tmp_path / f"{command}.svg")
        assert (found.status, found.err) == (0, "")
    one, other = (tmp_path / f"{name}.svg" for name in ("graph", "build"))
    assert one.read_bytes() == other.read_bytes()


def test_nothing_to_run_leaves_no_file(tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text("modelspec: 1\nname: Net\nSequential:\n  - Linear(2, 2)\n")
    found = run("graph", spec, "-o", tmp_path / "net.svg")
    assert found.status == 1
    assert "error[no-run]: there is no run to draw" in found.err
    assert files_in(tmp_path) == ["net.yaml"]
