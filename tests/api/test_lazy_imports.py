"""Who imports torch, and who never does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.commands import (
    MLP,
    NO_TORCH,
    RESNET,
    run_python,
    run_without_torch,
)

REFUSED = "torch must not be imported"


def test_importing_modelspec_imports_nothing_of_it() -> None:
    code = "import sys, modelspec; print([n for n in sys.modules if 'modelspec' in n])"
    assert run_python("-c", code).out == "['modelspec']\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", RESNET],
        ["generate", RESNET],
        ["generate", f"{RESNET}:resnet18", "--style", "flat"],
        ["explain", "merge-key"],
        ["--version"],
        ["build", RESNET],
    ],
)
def test_commands_without_torch(arguments: list[str]) -> None:
    """`build` only as far as a value is missing, which is told before torch is read."""
    found = run_without_torch(*arguments)
    assert REFUSED not in found.err
    assert found.status == (2 if arguments[0] == "build" else 0)


def test_building_needs_torch() -> None:
    """So the test above can fail."""
    found = run_without_torch("build", f"{RESNET}:resnet18")
    assert found.status == 3
    assert REFUSED in found.err


def test_the_api_without_torch(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(MLP, encoding="utf-8")
    code = f"""{NO_TORCH}
import modelspec
spec = modelspec.load({str(path)!r})
print(repr(spec)[:9], modelspec.check({str(path)!r}), len(spec.source()) > 500)
try:
    spec.build(wdith=3)
except modelspec.SpecError as error:
    print(error.diagnostics[0].code)
"""
    found = run_python("-c", code)
    assert (found.out, found.err) == ("Spec(Net, [] True\nunknown-param\n", "")
