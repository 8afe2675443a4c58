"""`modelspec fmt`: files rewritten in one style, or only looked at."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from modelspec.formatting import emit
from tests.cli.commands import MLP, WRONG, files_in, run, run_without_torch

UNTIDY = "modelspec: 1\nname:  'Net'\nSequential: [ ReLU,Tanh ]\n"
TIDY = "modelspec: 1\nname: Net\nSequential: [ReLU, Tanh]\n"


@pytest.fixture
def untidy(tmp_path: Path) -> Path:
    path = tmp_path / "untidy.yaml"
    path.write_text(UNTIDY, encoding="utf-8")
    return path


def test_files_are_rewritten(untidy: Path, spec: Path) -> None:
    """Those that change are named; those in style are not touched."""
    before = spec.stat().st_mtime_ns
    found = run("fmt", untidy, spec)
    assert (found.status, found.err) == (0, "")
    assert found.out == f"reformatted {untidy}\n"
    assert untidy.read_text() == TIDY
    assert (spec.read_text(), spec.stat().st_mtime_ns) == (MLP, before)
    assert files_in(untidy.parent) == ["net.yaml", "untidy.yaml"]
    assert run("fmt", untidy, spec).out == "2 specs in style already\n"


def test_check_names_what_would_change(untidy: Path, spec: Path) -> None:
    found = run("fmt", "--check", untidy, spec)
    assert (found.status, found.err) == (1, "")
    assert found.out == f"would reformat {untidy}\n"
    assert untidy.read_text() == UNTIDY
    assert run("fmt", "--check", spec).status == 0
    assert run("fmt", "--check", spec).out == "1 spec in style\n"


def test_diff_shows_what_would_change(untidy: Path, spec: Path) -> None:
    found = run("fmt", "--diff", untidy, spec)
    assert (found.status, found.err) == (0, "")
    assert "-name:  'Net'\n" in found.out
    assert "+name: Net\n" in found.out
    assert str(spec) not in found.out
    assert untidy.read_text() == UNTIDY
    both = run("fmt", "--diff", "--check", untidy)
    assert (both.status, both.out[-6:]) == (1, ".yaml\n")


def test_standard_input_goes_to_standard_output() -> None:
    assert run("fmt", "-", stdin=UNTIDY) == run("fmt", "-", stdin=TIDY)
    assert run("fmt", "-", stdin=UNTIDY).out == TIDY
    assert run("fmt", "--check", "-", stdin=UNTIDY).out == "would reformat <stdin>\n"
    assert run("fmt", "--check", "-", stdin=TIDY).status == 0


def test_what_cannot_be_read_is_left_alone(untidy: Path, tmp_path: Path) -> None:
    """The others are laid out all the same."""
    broken = tmp_path / "broken.yaml"
    broken.write_text("modelspec: 1\nname:  [\n", encoding="utf-8")
    found = run("fmt", broken, untidy, "none.yaml")
    assert found.status == 1
    assert found.out == f"reformatted {untidy}\n"
    assert "unclosed-bracket" in found.err
    assert "there is no file none.yaml" in found.err
    assert broken.read_text() == "modelspec: 1\nname:  [\n"
    assert run("fmt", "-", stdin="modelspec: [").out == ""


def test_a_spec_that_is_wrong_is_laid_out(tmp_path: Path) -> None:
    """Its mistakes are the business of `check`; Python that does not parse stays."""
    path = tmp_path / "wrong.yaml"
    path.write_text(WRONG.replace("name: ", "name:   "), encoding="utf-8")
    found = run("fmt", path)
    assert (found.status, found.err) == (0, "")
    assert path.read_text() == WRONG


def test_line_ends_and_byte_order_marks(untidy: Path) -> None:
    untidy.write_bytes(b"\xef\xbb\xbf---\r\n" + TIDY.replace("\n", "\r\n").encode())
    assert run("fmt", "--check", untidy).status == 1
    assert run("fmt", untidy).status == 0
    assert untidy.read_bytes() == TIDY.encode()


@pytest.mark.skipif(os.name == "nt", reason="links and modes are others there")
def test_links_and_modes_stay(untidy: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.yaml"
    link.symlink_to(untidy)
    untidy.chmod(0o640)
    assert run("fmt", link).status == 0
    assert link.is_symlink()
    assert untidy.read_text() == TIDY
    assert untidy.stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write all")
def test_nothing_is_written_where_one_file_cannot_be(
    untidy: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(UNTIDY, encoding="utf-8")
    other.chmod(0o440)
    found = run("fmt", untidy, other)
    assert found.status == 2
    assert "cannot-write" in found.err
    assert untidy.read_text() == UNTIDY


@pytest.mark.parametrize("lost", ["comment", "value"])
def test_a_bug_of_ours_changes_no_file(
    untidy: Path, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    """What was written is read again and compared."""
    untidy.write_text(f"{UNTIDY}# last\n", encoding="utf-8")
    emitted = emit.emit_tree
    cut = {"comment": "# last\n", "value": ", Tanh"}[lost]
    monkeypatch.setattr(
        "modelspec.formatting.emit_tree",
        lambda tree, texts: emitted(tree, texts).replace(cut, ""),
    )
    found = run("fmt", untidy)
    assert found.status == 3
    assert f"InternalError: {untidy}: formatting would" in found.err
    assert untidy.read_text().startswith(UNTIDY)


def test_another_program_is_a_bug_of_ours(
    untidy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The compiler itself is asked, too."""
    monkeypatch.setattr(
        "modelspec.api.formatting.format_source",
        lambda source, limits, report: TIDY.replace("Tanh", "GELU"),
    )
    found = run("fmt", untidy)
    assert (found.status, untidy.read_text()) == (3, UNTIDY)
    assert "formatting would change its meaning" in found.err


def test_torch_is_not_needed(untidy: Path) -> None:
    found = run_without_torch("fmt", untidy)
    assert (found.status, found.err) == (0, "")
    assert untidy.read_text() == TIDY
