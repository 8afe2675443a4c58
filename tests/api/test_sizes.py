"""Sizes left to `auto` through the Python API and the command line."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

import modelspec

SPEC = """\
modelspec: 1
name: Net
params:
  width: 8
inputs:
  x: [N, 3, 16, 16]
variants:
  wide: {width: 24}
modules:
  conv: Conv2d(auto, width, 3)
  norm: BatchNorm2d(auto)
  flat: Flatten
  fc: Linear(auto, 10)
"""


def test_params_of_the_caller_decide() -> None:
    """Sizes follow from the values that a model is built with."""
    spec = modelspec.loads(SPEC)
    assert spec.build(width=5).fc.in_features == 5 * 14 * 14
    assert spec.build("wide").norm.num_features == 24
    assert spec.build().norm.num_features == 8


def test_random_draws_are_those_of_the_handwritten_module() -> None:
    built = modelspec.loads(SPEC).build(seed=1)
    torch.manual_seed(1)
    wanted = [nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Linear(8 * 14 * 14, 10)]
    for one, other in zip((built.conv, built.norm, built.fc), wanted, strict=True):
        assert torch.equal(one.weight, other.weight)


def test_the_state_of_random_numbers_is_left_alone() -> None:
    """Inference draws nothing."""
    spec = modelspec.loads(SPEC)
    torch.manual_seed(3)
    spec.source()
    assert torch.equal(torch.rand(4), _rand(3))


def _rand(seed: int) -> torch.Tensor:
    torch.manual_seed(seed)
    return torch.rand(4)


def test_classes_of_different_sizes_are_different() -> None:
    """A class made again with other sizes does not change that of a model there is."""
    spec = modelspec.loads(SPEC)
    narrow, wide = spec.build(width=5), spec.build("wide")
    assert type(narrow) is not type(wide)
    assert type(spec.build(width=5)) is type(narrow)


def test_a_pickle_finds_its_class_again() -> None:
    """In a process that has not inferred anything, too, and then without inference."""
    model = modelspec.loads(SPEC).build("wide")
    packed = pickle.dumps(model)
    assert type(pickle.loads(packed)) is type(model)
    code = (
        "import pickle, sys; model = pickle.loads(sys.stdin.buffer.read());"
        "assert 'modelspec.backends.torch.shapes.sizing' not in sys.modules;"
        "print(model.fc.in_features, type(model)(width=24).norm.num_features)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=packed, capture_output=True, check=True
    )
    assert done.stdout.split() == [b"4704", b"24"]


def test_the_class_has_the_sizes_of_all_variants() -> None:
    """What differs between them is an argument, or follows from one."""
    Net = modelspec.loads(SPEC).module_class()
    assert Net().fc.in_features == 1568
    assert Net(width=24, in_features=4704).norm.num_features == 24


def test_a_run_is_given_sizes_of_symbols(tmp_path: Path) -> None:
    """`build --input` tells what the spec leaves open, and the source says it."""
    path = tmp_path / "net.yaml"
    path.write_text(SPEC.replace("16, 16", "H, W"))
    with pytest.raises(modelspec.SpecError, match="auto-symbolic"):
        modelspec.load(path).build()
    done = subprocess.run(
        [
            *(sys.executable, "-m", "modelspec", "build", str(path)),
            *("--input", "x=2x3x16x16", "-o", str(tmp_path / "out.py")),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "in_features: int = 1568" in (tmp_path / "out.py").read_text()


def test_a_layer_type_that_does_not_take_it_is_told() -> None:
    """What a param of type `layer` makes is known when it is built."""
    text = (
        "modelspec: 1\nname: Net\ninputs: {x: [N, 3, 8, 8]}\n"
        "params: {pool: layer = MaxPool2d}\nSequential:\n  - pool(auto)\n"
    )
    with pytest.raises(modelspec.SpecError, match="auto-not-inferred"):
        modelspec.loads(text).build()


def test_what_no_variant_makes_is_told_by_source() -> None:
    text = SPEC.replace("  width: 8", "  width: 8\n  deep: false").replace(
        "  flat", "  if deep:\n    more: Conv2d(auto, 8, 3)\n  flat"
    )
    spec = modelspec.loads(text)
    assert spec.build(deep=True).more.in_channels == 8
    with pytest.raises(modelspec.SpecError, match="add a variant that makes it"):
        spec.source()


def test_a_spec_without_auto_does_not_import_torch() -> None:
    text = SPEC.replace("auto, width", "3, width").replace("(auto)", "(width)")
    text = text.replace("Linear(auto", "Linear(width * 196")
    code = (
        f"import sys, modelspec; modelspec.loads({text!r}).source();"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_checking_a_spec_with_auto_does_not_import_torch() -> None:
    code = (
        f"import sys, modelspec; assert modelspec.loads({SPEC!r}).diagnostics == ();"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
