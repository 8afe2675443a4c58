"""The command as a process: how it starts, how it ends, how it fails."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from modelspec.cli import console
from tests.cli.commands import MLP, RESNET, ROOT, WRONG, Result, run, run_python


def test_python_m(spec: Path) -> None:
    assert run_python("-m", "modelspec", "check", spec) == Result(
        0, "1 spec checked, no errors\n", ""
    )
    assert run_python("-m", "modelspec", "check", "none.yaml").status == 2


def test_modules_in_the_working_directory_are_not_imported(tmp_path: Path) -> None:
    """A stranger's folder may hold a `yaml.py`."""
    for name in ("yaml", "pydantic", "argparse", "jinja2"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('stranger')")
    (tmp_path / "net.yaml").write_text(MLP, encoding="utf-8")
    found = run_python("-m", "modelspec", "generate", "net.yaml", cwd=tmp_path)
    assert (found.status, found.err) == (0, "")


@pytest.mark.skipif(os.name == "nt", reason="pipes end otherwise there")
def test_a_closed_pipe_is_quiet() -> None:
    command = [sys.executable, "-m", "modelspec", "generate", RESNET]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no such device here")
@pytest.mark.parametrize("command", ["generate", "check"])
def test_a_full_disk_is_not_our_fault(command: str) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        found = subprocess.run(
            [sys.executable, "-m", "modelspec", command, RESNET],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    told = "cannot write the output: No space left on device\n"
    assert (found.returncode, found.stderr) == (2, told)


@pytest.mark.skipif(os.name == "nt", reason="a shell of another kind there")
@pytest.mark.parametrize(
    ("command", "status", "told"),
    [
        ("check - <&-", 2, "cannot read standard input: it is closed"),
        ("check {spec} >&-", 0, ""),
        ("check none.yaml 2>&-", 2, ""),
    ],
)
def test_closed_streams(spec: Path, command: str, status: int, told: str) -> None:
    line = f"exec '{sys.executable}' -m modelspec {command.format(spec=spec)}"
    found = subprocess.run(
        ["sh", "-c", line], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert found.returncode == status
    assert told in found.stderr
    assert "Traceback" not in found.stderr


@pytest.mark.skipif(os.name == "nt", reason="signals are others there")
def test_an_interrupt_is_quiet() -> None:
    # What a shell starts in the background is deaf to it, and so are its children.
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from modelspec.cli import run_process; run_process()"
    )
    command = [sys.executable, "-c", code, "check", "-"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        _wait_until_it_reads(process.pid)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate()
    assert (process.returncode, told) == (130, b"")


def _wait_until_it_reads(pid: int) -> None:
    """Until the process sleeps in a read of its standard input."""
    for _ in range(600):
        time.sleep(0.05)
        try:
            text = Path(f"/proc/{pid}/syscall").read_text()
        except OSError:
            time.sleep(3)  # no such file here: long enough for any start
            return
        if text.startswith("0 0x0 "):
            return


def test_internal_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours, not the user's: where it happened and that it should be reported."""

    def fail(*_: object, **__: object) -> None:
        raise KeyError("no such thing")

    monkeypatch.setattr("modelspec.driver.compile_source", fail)
    found = run("check", RESNET)
    assert (found.status, found.out) == (3, "")
    assert found.err.startswith("internal error: KeyError: 'no such thing'\n  at ")
    assert "report" in found.err
    assert "Traceback" not in found.err
    assert "Traceback" in run("check", "--debug", RESNET).err


def test_colour_only_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(type(sys.stderr)):  # type: ignore[misc]  # some stream
        def isatty(self) -> bool:
            return True

    terminal = Terminal(sys.__stderr__.buffer)  # type: ignore[union-attr]
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert console.has_color(terminal)
    monkeypatch.setenv("NO_COLOR", "1")
    assert not console.has_color(terminal)
    monkeypatch.setenv("NO_COLOR", "")
    monkeypatch.setenv("TERM", "dumb")
    assert not console.has_color(terminal)
    terminal.detach()


@pytest.mark.skipif(sys.platform == "win32", reason="has no pseudo-terminals")
@pytest.mark.parametrize(("no_color", "is_colored"), [("", True), ("1", False)])
def test_colour_on_a_real_terminal(
    tmp_path: Path, no_color: str, is_colored: bool
) -> None:
    """Standard error is a terminal here, whatever standard output is."""
    import pty

    path = tmp_path / "wrong.yaml"
    path.write_text(WRONG, encoding="utf-8")
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    ours, theirs = pty.openpty()
    subprocess.run(
        [sys.executable, "-m", "modelspec", "check", path],
        cwd=ROOT,
        env={**env, "TERM": "xterm", "NO_COLOR": no_color},
        stdout=subprocess.PIPE,
        stderr=theirs,
        check=False,
    )
    os.close(theirs)
    shown = os.read(ours, 100_000)
    os.close(ours)
    assert b"wrong.yaml:4:" in shown
    assert (b"\x1b[" in shown) == is_colored


def test_a_terminal_that_knows_only_ascii(spec: Path) -> None:
    spec.write_text(MLP.replace("name: Net", "name: Nét"), encoding="utf-8")
    found = run_python("-m", "modelspec", "check", spec, PYTHONIOENCODING="ascii")
    assert found.status == 1
    assert "\\xe9" in found.err


def test_generated_source_is_utf8_everywhere(spec: Path) -> None:
    text = MLP.replace("name: Net", "name: Net\ndoc: Ein schönes Netz.")
    spec.write_text(text, encoding="utf-8")
    found = subprocess.run(
        [sys.executable, "-m", "modelspec", "generate", spec],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=True,
    )
    assert "schön".encode() in found.stdout
