"""What a device has no room for is told before anything is made."""

from __future__ import annotations

from pathlib import Path

from tests.cli.commands import run

LARGE = """\
modelspec: 1
name: Large
inputs: {x: [N, 8192]}
Sequential:
  - for i in range(2000): Linear(8192, 8192)
"""


def test_no_room(tmp_path: Path) -> None:
    """No layer is too large by itself: the whole is."""
    path = tmp_path / "large.yaml"
    path.write_text(LARGE)
    found = run("build", path)
    assert found.status == 1
    assert found.err.startswith(
        "error[limit-exceeded]: Large needs 500 GiB, the device cpu has "
    )
    assert "build on the device meta" in found.err
    assert run("build", path, "--device", "meta").status == 0


def test_a_lazy_layer_takes_no_room_yet(tmp_path: Path) -> None:
    path = tmp_path / "lazy.yaml"
    path.write_text(
        "modelspec: 1\nname: Net\ninputs: {x: [N, 4]}\nSequential:\n- LazyLinear(4)\n"
    )
    found = run("build", path)
    assert (found.status, found.err) == (0, "")
