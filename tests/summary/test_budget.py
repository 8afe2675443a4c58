"""Budgets: what is over them is told where the limit stands."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import modelspec
from modelspec.diagnostics.diagnostic import Diagnostic
from tests.cli.commands import run
from tests.torch_backend.specs import text_at

NET = """\
modelspec: 1
name: Net
budget: BUDGET
params: {width: 32}
variants: {wide: {width: 320}}
inputs: {x: [N, 64]}
modules:
  body:
    Sequential:
      - for _ in range(3):
          - Linear(64, 64)
  head: Linear(64, width)
"""
PARAMS = 3 * (64 * 64 + 64) + 64 * 32 + 32
MACS = 3 * 64 * 64 + 64 * 32
MADE = 4 * (3 * 64 + 32)


def told(budget: str, **params: object) -> list[Diagnostic]:
    """What building with a budget is told; nothing is wrong before."""
    spec = modelspec.loads(NET.replace("BUDGET", budget))
    assert spec.diagnostics == ()
    try:
        spec.build(params=params)
    except modelspec.SpecError as error:
        return list(error.diagnostics)
    return []


@pytest.mark.parametrize(
    ("name", "figure"),
    [
        ("params", PARAMS),
        ("macs", MACS),
        ("weights", 4 * PARAMS),
        ("activations", MADE),
    ],
)
def test_limits_are_exact(name: str, figure: int) -> None:
    """What is just enough is enough; one less is told, with the figure."""
    assert told(f"{{{name}: {figure}}}") == []
    (found,) = told(f"{{{name}: {figure - 1}}}")
    assert found.code == "over-budget"
    assert text_at(found) == str(figure - 1)
    assert f"{figure:,}" in found.message
    assert f"the budget is {figure - 1}" in found.message


def test_the_largest_are_named() -> None:
    """Repeats together, by the part of the figure that they have."""
    (found,) = told("{params: 1K}")
    assert found.help == ("the most are in body.0-2 x3 (12,480), head (2,080)",)
    (found,) = told("{macs: 1K}")
    assert "for one sample (N = 1)" in found.message
    assert found.help == ("the most are in body.0-2 x3 (12.3 K), head (2.05 K)",)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("14560", 14560),
        ("14_560", 14560),
        ("14.56K", 14560),
        ("14.56 k", 14560),
        ("1e6", 10**6),
        ("0.5M", 500_000),
        ("1G", 10**9),
        ("7B", 7 * 10**9),
        ("2T", 2 * 10**12),
        ("0", 0),
    ],
)
def test_numbers(text: str, limit: int) -> None:
    spec = modelspec.loads(NET.replace("BUDGET", f"{{params: {text}}}"))
    assert [one.limit for one in spec.program.budget] == [limit]


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("100", 100),
        ("100B", 100),
        ("58.24kB", 58240),
        ("1KB", 1000),
        ("1KiB", 1024),
        ("120MB", 120 * 10**6),
        ("1.5GiB", 3 * 2**29),
        ("1 TB", 10**12),
    ],
)
def test_bytes(text: str, limit: int) -> None:
    spec = modelspec.loads(NET.replace("BUDGET", f"{{weights: {text}}}"))
    assert [one.limit for one in spec.program.budget] == [limit]


def test_the_budget_is_of_what_is_built() -> None:
    """Params and dtype count; a caller's sizes for a run do not."""
    assert told("{params: 20K}") == []
    assert [one.code for one in told("{params: 20K}", width=320)] == ["over-budget"]
    spec = modelspec.loads(NET.replace("BUDGET", "{weights: 40kB}"))
    spec.build(dtype="float16")
    with pytest.raises(modelspec.SpecError, match="over-budget"):
        spec.build()


def test_nothing_is_built_and_nothing_drawn() -> None:
    state = torch.random.get_rng_state()
    assert told("{params: 1}")
    assert torch.equal(torch.random.get_rng_state(), state)
    plain = modelspec.loads(NET.replace("BUDGET", "{}")).build(seed=3)
    held = modelspec.loads(NET.replace("BUDGET", "{params: 1M, macs: 1M}")).build(
        seed=3
    )
    for left, right in zip(plain.parameters(), held.parameters(), strict=True):
        assert torch.equal(left, right)


def test_generated_source_knows_of_no_budget() -> None:
    plain = modelspec.loads(NET.replace("budget: BUDGET\n", ""))
    held = modelspec.loads(NET.replace("BUDGET", "{params: 1}"))
    assert held.source() == plain.source()
    assert "budget params 1\n" in held.ir()


@pytest.fixture
def path(tmp_path: Path) -> str:
    path = tmp_path / "net.yaml"
    path.write_text(NET.replace("BUDGET", "{params: 20K, macs: 1K}"), encoding="utf-8")
    return str(path)


def test_commands(path: str, tmp_path: Path) -> None:
    """`check` alone cannot know; the others refuse, `summary` after its table."""
    assert run("check", path).status == 0
    assert run("generate", path).status == 0
    shapes = run("check", "--shapes", path, "--format", "concise")
    assert shapes.status == 1
    assert shapes.err.count("over-budget") == 2  # params of a variant, macs of both
    out = tmp_path / "net.safetensors"
    built = run("build", path, "-o", str(out), "--format", "concise")
    assert (built.status, built.err.count("over-budget")) == (1, 1)
    assert not out.exists()
    shown = run("summary", path)
    assert shown.status == 1
    assert "parameters     14,560" in shown.out
    assert "over-budget" in shown.err


def test_what_no_run_can_show() -> None:
    """A warning, and the other limits are held."""
    text = NET.replace("BUDGET", "{macs: 1, params: 1}").replace(
        "x: [N, 64]", "x: null"
    )
    with pytest.raises(modelspec.SpecError) as caught:
        modelspec.loads(text).build()
    codes = [(one.code, one.is_error) for one in caught.value.diagnostics]
    assert codes == [("unchecked-budget", False), ("over-budget", True)]
