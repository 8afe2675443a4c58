"""One spec has one meaning: the direct build and the generated source are equal.

Replays every example and every case, with its defaults and each of its variants.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

import modelspec
from tests.agreement import evidence
from tests.agreement.cases import Case, Model, all_cases, models
from tests.agreement.generated import imported, make, maker
from tests.agreement.inputs import has_optional, make_inputs

SEED = 20
LARGE = {
    "examples/gpt",
    "examples/gpt:gpt2",
    "examples/gpt:gpt2-medium",
    "examples/gpt:gpt2-large",
    "examples/gpt:gpt2-xl",
    "gpt2_conv1d",
    "gpt2_conv1d:gpt2-medium",
}
"""Models of more than 30 million parameters: compared on the meta device, not run."""

STYLES = ("parametric", "flat")


def build(model: Model) -> nn.Module:
    return modelspec.build(model.case.path, model.variant, seed=SEED)


def source(model: Model, style: str) -> str:
    path, variant = model.case.path, model.variant
    return modelspec.load(f"{path}:{variant}" if variant else path).source(style)


@pytest.mark.parametrize("case", all_cases(), ids=lambda c: c.name)
def test_no_case_has_a_mistake(case: Case) -> None:
    """What is shown to users is free of errors and of warnings."""
    assert [str(d.message) for d in modelspec.load(case.path).diagnostics] == []


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("model", models(), ids=str)
def test_build_and_source_agree(model: Model, style: str, tmp_path: Path) -> None:
    """Keys, order, weights, sharing, repr and outputs are the same, bit for bit."""
    text = source(model, style)
    with imported(text, model.case, tmp_path) as module:
        if str(model) not in LARGE:
            same_behaviour(model, build(model), make(module, model, style, SEED))
            return
        with torch.device("meta"):
            same_structure(build(model), maker(module, model, style)())


def same_behaviour(model: Model, mine: nn.Module, other: nn.Module) -> None:
    same_structure(mine, other)
    assert evidence.different_tensors(mine, other) == []
    for optional in {False, has_optional(model)}:
        given = make_inputs(model, optional=optional)
        for train in (False, True, False):
            want = evidence.run(other, given, train=train, seed=SEED)
            got = evidence.run(mine, given, train=train, seed=SEED)
            assert evidence.plain(got) == evidence.plain(want)
    assert evidence.different_tensors(mine, other) == []


def same_structure(mine: nn.Module, other: nn.Module) -> None:
    assert evidence.layout(mine) == evidence.layout(other)
    assert evidence.transient(mine) == evidence.transient(other)
    assert evidence.sharing(mine) == evidence.sharing(other)
    assert repr(mine) == repr(other)
    assert mine.training
    assert other.training


@pytest.mark.parametrize("case", all_cases(), ids=lambda c: c.name)
def test_source_is_the_golden_one(case: Case) -> None:
    """A change of what is written shows as a diff of `make golden`."""
    want = case.golden.read_text(encoding="utf-8")
    assert modelspec.load(case.path).source() == want


def test_no_golden_source_is_left_over() -> None:
    """Every golden file belongs to a case."""
    folder = Path(__file__).parents[1] / "cases"
    found = {*folder.glob("*/expected.py"), *folder.glob("examples/**/*.py")}
    assert found == {case.golden for case in all_cases()}
