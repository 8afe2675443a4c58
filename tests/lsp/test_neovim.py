"""The settings of the docs in a real Neovim, without a screen."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.lsp.client import ROOT

NVIM = shutil.which("nvim")
pytestmark = pytest.mark.skipif(NVIM is None, reason="nvim is not installed")

SPEC = """\
modelspec: 1
name: Net
Sequential:
  - Linear(4, 3)
  - Linaer(3, 2)
"""
# `vim.lsp.start` came with 0.8; what it does for one buffer can be done before.
BEFORE_0_8 = """\
vim.lsp.start = vim.lsp.start or function(config)
  local id = vim.lsp.start_client(config)
  vim.lsp.buf_attach_client(0, id)
  return id
end
"""
ASK = """\
local function answer(method, line, column)
  local params = {
    textDocument = { uri = vim.uri_from_bufnr(0) },
    position = { line = line, character = column },
  }
  local answers = vim.lsp.buf_request_sync(0, method, params, 20000) or {}
  for _, one in pairs(answers) do return one.result end
end
local came = vim.wait(20000, function() return #vim.diagnostic.get(0) > 0 end, 50)
local found = {
  came = came,
  diagnostics = vim.diagnostic.get(0),
  hover = answer("textDocument/hover", 3, 6),
  completion = answer("textDocument/completion", 4, 7),
}
for _, one in ipairs(found.diagnostics) do one.user_data = nil end
local file = assert(io.open(vim.env.ANSWERS, "w"))
file:write(vim.fn.json_encode(found))
file:close()
vim.cmd("qall!")
"""


def settings() -> str:
    """What the docs say for the language server and the Neovim that is here."""
    text = (ROOT / "docs" / "editors-and-ci.md").read_text()
    section = text[text.index("## The language server") :]
    new, old = re.findall(r"```lua\n(.*?)```", section, re.DOTALL)
    code = "vim.cmd(vim.lsp.config and 'quit' or 'cquit')"
    assert NVIM is not None
    done = subprocess.run(
        [NVIM, "--headless", "--clean", "-c", f"lua {code}"], check=False, timeout=30
    )
    return str(new if done.returncode == 0 else BEFORE_0_8 + old)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("neovim")
    command = folder / "modelspec"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m modelspec "$@"\n')
    command.chmod(0o755)
    spec, lua = folder / "net.yaml", folder / "settings.lua"
    spec.write_text(SPEC)
    lua.write_text(settings())
    (folder / "ask.lua").write_text(ASK)
    environment = {
        **os.environ,
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "ANSWERS": str(folder / "answers.json"),
        "XDG_STATE_HOME": str(folder),
        "XDG_CACHE_HOME": str(folder),
    }
    assert NVIM is not None
    subprocess.run(
        [
            *(NVIM, "--headless", "--clean", "--cmd", f"luafile {lua}"),
            *(str(spec), "-c", f"luafile {folder / 'ask.lua'}"),
        ],
        env=environment,
        capture_output=True,
        timeout=90,
        check=True,
    )
    found: dict[str, Any] = json.loads(Path(environment["ANSWERS"]).read_text())
    return found


def test_diagnostics_arrive(answers: dict[str, Any]) -> None:
    (found,) = answers["diagnostics"]
    assert (found["lnum"], found["col"], found["end_col"]) == (4, 4, 10)
    assert "did you mean 'Linear'?" in found["message"]
    assert (found["code"], found["source"]) == ("unknown-name", "modelspec")


def test_questions_are_answered(answers: dict[str, Any]) -> None:
    assert "Linear(in_features, out_features" in answers["hover"]["contents"]["value"]
    labels = [one["label"] for one in answers["completion"]["items"]]
    assert "Linear" in labels
