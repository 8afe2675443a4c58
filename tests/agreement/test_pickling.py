"""Whole models are pickled and saved, and come back in another process."""

from __future__ import annotations

import io
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import modelspec
from tests.agreement import evidence
from tests.agreement.cases import ROOT, Model, case_named
from tests.agreement.inputs import make_inputs

MODELS = [
    ("examples/zoo/resnet", "resnet18"),
    ("examples/gpt", "tiny"),
    ("examples/nest_mlp", None),
    ("examples/tied", None),
    ("imports_rename", None),
    ("extends_block", None),
    ("layer_params", "wide"),
    ("module_values", None),
]
LOADER = """
import sys, torch
model, given, want = torch.load(sys.argv[1], weights_only=False)
model.eval()
with torch.no_grad():
    torch.testing.assert_close(model(*given), want, rtol=0, atol=0)
print(type(model).__name__, repr(model) == torch.load(sys.argv[2]))
"""


@pytest.mark.parametrize(("name", "variant"), MODELS)
def test_pickle_gives_an_equal_model(name: str, variant: str | None) -> None:
    """Types, weights, sharing and outputs survive a round trip through bytes."""
    model = Model(case_named(name), variant)
    built = modelspec.build(model.case.path, variant, seed=3)
    other = pickle.loads(pickle.dumps(built))
    assert type(other) is type(built)
    assert evidence.layout(other) == evidence.layout(built)
    assert evidence.different_tensors(other, built) == []
    assert evidence.sharing(other) == evidence.sharing(built)
    given = make_inputs(model)
    got = evidence.run(other, given, train=True, seed=4)
    want = evidence.run(built, given, train=True, seed=4)
    assert evidence.plain(got) == evidence.plain(want)


def test_saved_model_is_loaded_in_another_process(tmp_path: Path) -> None:
    """`torch.save` of a whole model needs nothing but modelspec to read it back."""
    model = Model(case_named("examples/conv_stages"), None)
    built = modelspec.build(model.case.path, seed=3).eval()
    given = make_inputs(model)
    with torch.no_grad():
        want = built(*given)
    torch.save((built, given, want), tmp_path / "model.pt")
    torch.save(repr(built), tmp_path / "repr.pt")
    done = subprocess.run(
        [sys.executable, "-c", LOADER, tmp_path / "model.pt", tmp_path / "repr.pt"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "ConvStages True\n", done.stderr


def test_state_dict_is_saved_and_loaded_without_classes() -> None:
    """Weights alone need no trust: `weights_only=True` reads them."""
    built = modelspec.build(case_named("examples/lenet").path, seed=3)
    file = io.BytesIO()
    torch.save(built.state_dict(), file)
    file.seek(0)
    other = modelspec.build(case_named("examples/lenet").path, seed=4)
    other.load_state_dict(torch.load(file, weights_only=True))
    assert evidence.different_tensors(other, built) == []
