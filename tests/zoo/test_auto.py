"""Specs of the zoo without the sizes that their inputs determine are the same models.

Every argument of a layer that is a size of its input is left to `auto`, by rewriting
the Program. What no run can tell (a layer of an imported model that is not called) is
put back, and how many these are is part of what is expected.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch

import modelspec
from modelspec.api.builder import BuildRequest, Built, build_module
from modelspec.policy import Limits
from modelspec.program.ir import Program
from tests.zoo.rewritten import forget_sizes

# torch warns of how nn.Transformer, made as its own example makes it, will not be fast.
pytestmark = pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")

ZOO = Path(__file__).parents[2] / "examples" / "zoo"
SPECS = sorted(p for p in ZOO.glob("*.yaml") if p.name != "index.yaml")
NEVER_CALLED = {"fcn": 1, "lraspp": 2}
"""Sizes of a classifier's last layers, which a model that takes it apart leaves."""
SMALL = 12_000_000


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_a_spec_without_its_sizes(path: Path) -> None:
    """The same keys and shapes; where it is small, the same weights from a seed."""
    spec = modelspec.load(path)
    if spec.name is None:
        pytest.skip("a library of blocks")
    variant = next(iter(spec.variants), None)
    wanted = build_module(
        spec.program, Limits(), BuildRequest(variant=variant, device="meta")
    )
    program, count, found = _without_sizes(spec.program, variant, path.stem)
    assert count > 0
    assert _shapes(found) == _shapes(wanted)
    if sum(one.numel() for one in wanted.module.parameters()) < SMALL:
        _assert_same_weights(spec.program, program, variant)


def _without_sizes(
    program: Program, variant: str | None, name: str
) -> tuple[Program, int, Built]:
    kept = []
    request = BuildRequest(variant=variant, device="meta")
    while True:
        forgotten, count = forget_sizes(program, kept)
        try:
            built = build_module(forgotten, Limits(), request)
        except modelspec.SpecError as error:
            (found,) = error.diagnostics
            assert found.code == "auto-not-inferred", found
            assert found.span is not None
            assert len(kept) < NEVER_CALLED.get(name, 0), found
            kept.append(found.span)
        else:
            assert len(kept) == NEVER_CALLED.get(name, 0)
            assert built.traces  # it was not what its text says that was built
            return forgotten, count, built


def _shapes(built: Built) -> list[tuple[str, tuple[int, ...], torch.dtype]]:
    state: Mapping[str, torch.Tensor] = built.module.state_dict()
    return [(name, tuple(one.shape), one.dtype) for name, one in state.items()]


def _assert_same_weights(
    written: Program, forgotten: Program, variant: str | None
) -> None:
    request = BuildRequest(variant=variant, seed=0)
    one = build_module(written, Limits(), request).module.state_dict()
    other = build_module(forgotten, Limits(), request).module.state_dict()
    assert all(torch.equal(one[name], other[name]) for name in one)
