"""A spec is the module that a careful author would have written by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import modelspec
from tests.agreement import evidence
from tests.agreement.cases import Model, case_named
from tests.agreement.handwritten import ORACLES
from tests.agreement.inputs import has_optional, make_inputs

SEED = 5
IDS = [f"{name}:{variant}" if variant else name for name, variant in ORACLES]


@pytest.mark.parametrize(("name", "variant"), ORACLES, ids=IDS)
def test_built_model_equals_the_handwritten_one(name: str, variant: str | None) -> None:
    """From one seed: the same keys, weights, structure and outputs."""
    model = Model(case_named(name), variant)
    torch.manual_seed(SEED)
    oracle = ORACLES[name, variant]()
    state_after = torch.get_rng_state()
    built = modelspec.build(model.case.path, variant, seed=SEED)

    assert evidence.layout(built) == evidence.layout(oracle)
    assert evidence.different_tensors(built, oracle) == []
    assert evidence.sharing(built) == evidence.sharing(oracle)
    assert repr(built) == repr(oracle)
    assert torch.equal(torch.get_rng_state(), state_after), "drew other numbers"
    for optional in {False, has_optional(model)}:
        same_outputs(model, built, oracle, optional)


def same_outputs(
    model: Model, built: nn.Module, oracle: nn.Module, optional: bool
) -> None:
    given = make_inputs(model, optional=optional)
    for train in (False, True):
        got = evidence.run(built, given, train=train, seed=SEED)
        want = evidence.run(oracle, given, train=train, seed=SEED)
        assert evidence.plain(got) == evidence.plain(want)


def test_weights_move_between_built_and_handwritten() -> None:
    """`load_state_dict` is strict in both directions."""
    path = case_named("examples/conv_stages").path
    built, oracle = modelspec.build(path), ORACLES["examples/conv_stages", None]()
    built.load_state_dict(oracle.state_dict())
    assert evidence.different_tensors(built, oracle) == []
    other = modelspec.build(path)
    assert evidence.different_tensors(other, oracle) != []
    oracle.load_state_dict(other.state_dict())
    assert evidence.different_tensors(other, oracle) == []
