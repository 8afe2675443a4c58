"""Every case: its sums are those of the module and the run; the zoo has examples."""

from __future__ import annotations

import pytest
import torch
from torch.nn.parameter import is_lazy

import modelspec
from modelspec.api.builder import BuildRequest
from modelspec.api.observing import observe_spec
from modelspec.api.summary import summarise_observed
from modelspec.report.summary import FORMATS
from tests.agreement.cases import Case, all_cases

# torch warns of how nn.Transformer, made as its own example makes it, will not be fast.
pytestmark = [
    pytest.mark.filterwarnings("ignore:enable_nested_tensor is True"),
    pytest.mark.filterwarnings("ignore:Lazy modules are a new feature"),
]

CASES = [
    one
    for one in all_cases()
    if one.variants and not one.is_library and not one.name.startswith("examples/")
]
SHAPES = {"cache_attributes": {"x": (2, 8, 8)}}
"""Of inputs, where the usual ones are longer than a network was made for."""


@pytest.mark.parametrize("case", CASES, ids=lambda one: one.name)
def test_sums(case: Case) -> None:
    """Of parameters, buffers, the bytes of the state_dict, and all steps of the run."""
    variant = case.variants[0]
    shapes, request = SHAPES.get(case.name), BuildRequest(variant=variant)
    found = observe_spec(modelspec.load(case.path), request, shapes)
    summary = summarise_observed(found, variant, shapes)
    module, tally = found.built.module, summary.root.tally
    parameters = [one for one in module.parameters() if not is_lazy(one)]
    assert tally.parameters == elements_of(parameters)
    assert tally.frozen == elements_of(p for p in parameters if not p.requires_grad)
    assert tally.buffers == elements_of(b for b in module.buffers() if not is_lazy(b))
    state = {id(one): one for one in module.state_dict(keep_vars=True).values()}
    saved = [one for one in state.values() if isinstance(one, torch.Tensor)]
    assert tally.weight_bytes == sum(
        one.numel() * one.element_size() for one in saved if not is_lazy(one)
    )
    steps = found.observation.steps if found.observation is not None else ()
    assert tally.macs == sum((one.macs for one in steps), start=0)
    assert tally.made == sum((one.made for one in steps), start=0)
    for render in FORMATS.values():
        assert render(summary, None).endswith("\n")


def elements_of(tensors: object) -> int:
    return sum(one.numel() for one in tensors)  # type: ignore[attr-defined]
