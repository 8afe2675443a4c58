"""Bad input: one clear error, exit code 1 or 2, and nothing written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.commands import files_in, run

COMMANDS = ["check", "generate", "build"]
BAD = {
    "empty-file": b"",
    "binary-file": b"\x89PNG\r\n\x1a\n\x00\x00",
    "not-utf8": b"modelspec: 1\nname: \xff\xfe",
    "not-a-spec": b"kind: Pod\nmetadata: {}\n",
    "nesting-limit": b"modelspec: 1\nname: " + b"[" * 100_000,
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("code", BAD)
def test_bad_files(command: str, code: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_bytes(BAD[code])
    output = [] if command == "check" else ["-o", tmp_path / "out.py"]
    found = run(command, path, *output)
    assert (found.status, found.out) == (1, "")
    assert f"error[{code}]" in found.err
    assert found.err.endswith("\n\n1 error\n")
    assert files_in(tmp_path) == ["bad.yaml"]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", ["none.yaml", "no/such/folder", "."])
def test_no_file(command: str, name: str, tmp_path: Path) -> None:
    found = run(command, tmp_path / name)
    assert (found.status, found.out) == (2, "")
    assert found.err.startswith(("error[file-not-found]", "error[not-a-file]"))
    assert found.err.endswith("\n\n1 error\n")


@pytest.mark.parametrize("name", ["", "\x00", "a" * 5000])
def test_no_path(name: str) -> None:
    found = run("check", name)
    assert found.status == 2
    assert "1 error" in found.err


def test_deep_expressions(tmp_path: Path) -> None:
    path = tmp_path / "deep.yaml"
    deep = "(" * 2000 + "1" + ")" * 2000
    path.write_text(
        f"modelspec: 1\nname: Net\nvars: {{a: '{deep}'}}\nSequential: [ReLU]\n",
        encoding="utf-8",
    )
    found = run("check", path)
    assert found.status == 1
    assert "internal error" not in found.err


@pytest.mark.parametrize("command", ["generate", "build"])
@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("none/out.py", "there is no folder"),
        ("folder.py", "it is a directory"),
        ("net.yaml/out.py", "is no folder"),
    ],
)
def test_unwritable_outputs(
    command: str, place: str, told: str, spec: Path, tmp_path: Path
) -> None:
    """Told before the spec is read."""
    (tmp_path / "folder.py").mkdir()
    spec_name = tmp_path / "not-read.yaml"
    found = run(command, spec_name, "-o", tmp_path / place)
    assert (found.status, found.out) == (2, "")
    assert f"error[cannot-write]: cannot write {tmp_path / place}: " in found.err
    assert told in found.err
    assert files_in(tmp_path) == ["net.yaml"]


def test_a_package_in_the_place_of_a_file(spec: Path) -> None:
    found = run("generate", spec, "-o", spec)
    assert found.status == 2
    assert "it is a file, not a folder" in found.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_read_only(spec: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.py"
    run("generate", spec, "-o", target)
    target.chmod(0o400)
    assert "it is read-only" in run("generate", spec, "-o", target).err
    tmp_path.chmod(0o500)
    assert "is read-only" in run("generate", spec, "-o", tmp_path / "b.py").err
    tmp_path.chmod(0o700)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["check"],
        ["check", "--nonsense", "a.yaml"],
        ["check", "--format", "xml", "a.yaml"],
        ["build", "a.yaml", "b.yaml"],
        ["build", "a.yaml", "--set", "width"],
        ["build", "a.yaml", "--set", "=3"],
        ["build", "a.yaml", "--seed", "x"],
    ],
)
def test_usage(arguments: list[str]) -> None:
    found = run(*arguments)
    assert (found.status, found.out) == (2, "")
    assert found.err.startswith("usage: modelspec")
