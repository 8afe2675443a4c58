"""Pages that tell one story: their snippets are run from top to bottom, in one folder.

A spec stands under a line that names its file; programs share their names; a command
fails where an error is shown under it, and prints what is shown.
"""

from __future__ import annotations

import re
import shlex
import shutil
import socket
from pathlib import Path

import pytest

import modelspec
from modelspec.cli import main
from tests.docs.snippets import ROOT, STORIES, Snippet, snippets_of


@pytest.mark.filterwarnings("ignore:FSDP2-wrapped module")  # its output is a view
@pytest.mark.parametrize("page", STORIES, ids=lambda page: page.stem)
def test_story(
    page: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    for name, value in alone().items():
        monkeypatch.setenv(name, value)
    names: dict[str, object] = {}
    told = snippets_of(page)
    assert {one.language for one in told} == {"yaml", "python", "console"}
    for snippet in told:
        if snippet.language == "yaml":
            Path(_file_of(snippet)).write_text(snippet.text, encoding="utf-8")
            assert not modelspec.check(_file_of(snippet))
        elif snippet.language == "python":
            exec(compile(snippet.text, str(snippet), "exec"), names)
        else:
            _run(snippet.text, capsys)


def alone() -> dict[str, str]:
    """What `torchrun` tells the only process of a job."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    return {
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": port,
        "RANK": "0",
        "WORLD_SIZE": "1",
    }


def _run(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    pieces = re.split(r"^\$ modelspec ((?:.*\\\n)*.*)\n", text, flags=re.MULTILINE)
    assert pieces[0] == "", "every line is a command of modelspec or what it prints"
    for line, shown in zip(pieces[1::2], pieces[2::2], strict=True):
        status = main(shlex.split(line.replace("\\\n", " ")))
        printed = capsys.readouterr()
        assert (status != 0) == shown.startswith("error["), printed.err
        assert shown in (printed.err if status else printed.out)


def _file_of(snippet: Snippet) -> str:
    """The last file that the page names above a spec."""
    above = snippet.page.read_text(encoding="utf-8").split("\n")[: snippet.line]
    return re.findall(r"`(\w+\.yaml)`", "\n".join(above))[-1]
