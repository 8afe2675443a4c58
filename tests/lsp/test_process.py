"""The command: how it starts, what it needs, how it ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.cli.commands import ROOT, run, run_python
from tests.lsp.client import Client

WITHOUT = """\
import sys
class Without:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "{name}":
            raise ImportError("{name} must not be imported")
sys.meta_path.insert(0, Without())
"""


def test_without_the_extra() -> None:
    """It tells how to install it; no traceback."""
    hidden = "import sys; sys.modules['pygls'] = None\n"
    code = f"{hidden}from modelspec.cli import main\nsys.exit(main(['lsp']))"
    found = run_python("-c", code)
    assert (found.status, found.out) == (2, "")
    assert found.err == (
        'the language server needs pygls; run: pip install "modelspec-compiler[lsp]"\n'
    )


def test_help() -> None:
    assert "Language Server Protocol" in run("lsp", "--help").out
    assert "  lsp " in run("--help").out


def test_without_torch() -> None:
    """All of it is imported, and nothing of it imports torch."""
    modules = sorted((ROOT / "modelspec" / "lsp").glob("[a-z]*.py"))
    names = ", ".join(f"modelspec.lsp.{path.stem}" for path in modules)
    code = f"{WITHOUT.format(name='torch')}import {names}\nprint(len(sys.modules))"
    assert run_python("-c", code).status == 0


def test_check_does_not_pay_for_it(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("modelspec: 1\nname: Net\nSequential: [ReLU]\n")
    argv = ["check", str(path)]
    code = f"{WITHOUT.format(name='pygls')}from modelspec.cli import main\n"
    assert run_python("-c", f"{code}sys.exit(main({argv!r}))").status == 0


def test_a_client_that_just_leaves() -> None:
    """Standard input ends: so does the server, and says so."""
    done = subprocess.run(
        [sys.executable, "-m", "modelspec", "lsp", "--stdio"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=20,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"Traceback" not in done.stderr


def test_what_it_offers(client: Client) -> None:
    offered = client.server
    assert offered["positionEncoding"] == "utf-16"
    assert offered["completionProvider"]["triggerCharacters"]
    assert offered["renameProvider"] == {"prepareProvider": True}
    for name in ("hover", "definition", "references", "documentSymbol", "codeAction"):
        assert offered[f"{name}Provider"]
