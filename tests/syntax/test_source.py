"""Files that are no text, and those that are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from modelspec.diagnostics import Diagnostic, Source
from modelspec.policy import Limits
from modelspec.syntax.source import decode_source, read_real, read_source

SECRET = b"hunter2"


def refusal(path: Path, limits: Limits | None = None) -> Diagnostic:
    got = read_source(str(path), limits or Limits(), name="shown.yaml")
    assert isinstance(got, Diagnostic)
    assert got.path == "shown.yaml"
    assert got.span is None
    assert SECRET.decode() not in repr(got)
    return got


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"", "empty-file", "empty"),
        (b"\xef\xbb\xbf \n", "empty-file", "empty"),
        (SECRET + b"\0", "binary-file", "binary"),
        (b"\xff\xfe" + "a: 1".encode("utf-16-le"), "not-utf8", "UTF-16"),
        (b"\xfe\xff" + "a: 1".encode("utf-16-be"), "not-utf8", "UTF-16"),
        ("\ufeffa: 1".encode("utf-32-le"), "not-utf8", "UTF-32"),
        (SECRET + b": \xe9", "not-utf8", "byte 9"),
        (SECRET * 10, "file-too-large", "64 bytes"),
    ],
)
def test_refused(tmp_path: Path, data: bytes, code: str, words: str) -> None:
    """One diagnostic under the name the user knows, which quotes nothing."""
    (tmp_path / "a.yaml").write_bytes(data)
    got = refusal(tmp_path / "a.yaml", Limits(file_bytes=64))
    assert got.code == code
    assert words in got.message


def test_missing(tmp_path: Path) -> None:
    """A missing file, and a path through a file."""
    (tmp_path / "f").write_text("a: 1")
    assert refusal(tmp_path / "none.yaml").code == "file-not-found"
    assert refusal(tmp_path / "f" / "none.yaml").code == "file-not-found"


def test_not_files(tmp_path: Path) -> None:
    """A directory, a pipe and a device are refused without waiting for them."""
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", Path("/dev/zero")):
        assert refusal(path).code == "not-a-file"


def test_impossible_path() -> None:
    """A path that no file can have."""
    assert refusal(Path("a\0b")).code == "unreadable-file"
    assert refusal(Path("x" * 10_000)).code == "unreadable-file"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_unreadable(tmp_path: Path) -> None:
    """A file without permission."""
    (tmp_path / "a.yaml").write_text("a: 1")
    (tmp_path / "a.yaml").chmod(0)
    assert refusal(tmp_path / "a.yaml").code == "unreadable-file"


def test_read(tmp_path: Path) -> None:
    """A text has its name as given and its real path; the mark is skipped."""
    (tmp_path / "a.yaml").write_bytes("\ufeffa: é\r\n".encode())
    (tmp_path / "link.yaml").symlink_to(tmp_path / "a.yaml")
    got = read_source(str(tmp_path / "link.yaml"), Limits())
    assert isinstance(got, Source)
    assert got.text == "a: é\r\n"
    assert got.name == str(tmp_path / "link.yaml")
    assert got.path == os.path.realpath(tmp_path / "a.yaml")


def test_real_path(tmp_path: Path) -> None:
    """What is read as a real path may not have become a link meanwhile."""
    (tmp_path / "a.yaml").write_text("a: 1")
    (tmp_path / "link.yaml").symlink_to(tmp_path / "a.yaml")
    assert isinstance(read_real(str(tmp_path / "a.yaml"), Limits()), Source)
    found = read_real(str(tmp_path / "link.yaml"), Limits())
    assert isinstance(found, Diagnostic)
    assert found.code == "unreadable-file"


def test_bytes_of_the_caller() -> None:
    """Standard input is read by the caller, and has no path."""
    got = decode_source(b"a: 1", Limits(), name="<stdin>")
    assert isinstance(got, Source)
    assert (got.name, got.path, got.text) == ("<stdin>", None, "a: 1")
