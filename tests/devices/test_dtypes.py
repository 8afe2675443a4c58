"""A dtype by its name, and what it is the dtype of."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import modelspec
from tests.cli.commands import MLP, run

TEXT = """\
modelspec: 1
name: Net
inputs: {x: [N, 4]}
modules:
  fc: Linear(4, 4)
  norm: BatchNorm1d(4)
  own: Linear(4, 4, dtype=torch.float64)
parameters:
  scale: torch.ones(4)
buffers:
  steps: torch.arange(4)
  halves: torch.arange(4) / 2
  mask: torch.ones(4, dtype=torch.bool)
  exact: torch.ones(4, dtype=torch.float32)
forward: self.norm(self.fc(x))
"""
ALL = "float32, float64, bfloat16 and float16 can"


def refusal(dtype: object) -> tuple[str, str]:
    """What a caller reads: the message, and the help."""
    before = torch.get_default_dtype()
    with pytest.raises(modelspec.SpecError) as raised:
        modelspec.loads(TEXT).build(dtype=dtype)  # type: ignore[arg-type]
    assert torch.get_default_dtype() is before
    (one,) = raised.value.diagnostics
    assert one.code == "unknown-dtype"
    (help,) = one.help
    return one.message, help


@pytest.mark.parametrize(
    ("dtype", "kind"),
    [
        ("float16", torch.float16),
        ("half", torch.float16),
        ("torch.bfloat16", torch.bfloat16),
        (torch.float64, torch.float64),
        (None, torch.float32),
    ],
)
def test_what_it_is_the_dtype_of(
    dtype: str | torch.dtype | None, kind: torch.dtype
) -> None:
    """Of what handwritten code makes without naming one, and of nothing else."""
    model = modelspec.loads(TEXT).build(dtype=dtype)
    kinds = {name: one.dtype for name, one in model.state_dict().items()}
    assert kinds == {
        "scale": kind,
        "steps": torch.int64,
        "halves": kind,
        "mask": torch.bool,
        "exact": torch.float32,
        "fc.weight": kind,
        "fc.bias": kind,
        "norm.weight": kind,
        "norm.bias": kind,
        "norm.running_mean": kind,
        "norm.running_var": kind,
        "norm.num_batches_tracked": torch.int64,
        "own.weight": torch.float64,
        "own.bias": torch.float64,
    }
    assert torch.get_default_dtype() is torch.float32


@pytest.mark.parametrize(
    "dtype",
    ["int64", "bool", "complex64", "float8_e4m3fn", torch.int8, torch.complex128],
)
def test_dtypes_that_no_parameter_is_made_of(dtype: str | torch.dtype) -> None:
    name = str(dtype).removeprefix("torch.")
    assert refusal(dtype) == (f"parameters cannot be made as {name}", ALL)


@pytest.mark.parametrize("dtype", ["nonsense", "float8", "", "float7", float, 16])
def test_what_is_no_dtype(dtype: object) -> None:
    assert refusal(dtype) == (f"'{dtype}' is no dtype of torch", ALL)


@pytest.mark.parametrize(
    ("dtype", "meant"),
    [
        ("bf16", "bfloat16"),
        ("FP16", "float16"),
        ("f32", "float32"),
        ("Float64", "float64"),
        ("floot32", "float32"),
        ("torch.bflaot16", "bfloat16"),
    ],
)
def test_dtypes_that_are_misspelt(dtype: str, meant: str) -> None:
    _, help = refusal(dtype)
    assert help == f"did you mean '{meant}'?"


def test_the_command_line_says_the_same(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(MLP)
    found = run("build", path, "--dtype", "int64")
    assert (found.status, found.out) == (2, "")
    assert found.err.startswith(
        f"error[unknown-dtype]: parameters cannot be made as int64\n   = help: {ALL}\n"
    )


def test_a_saved_model_is_loaded_as_another_dtype(tmp_path: Path) -> None:
    model = modelspec.loads(TEXT).build(dtype="bfloat16")
    modelspec.save_model(model, tmp_path / "saved")
    same = modelspec.load_model(tmp_path / "saved")
    assert same.get_parameter("fc.weight").dtype is torch.bfloat16
    other = modelspec.load_model(tmp_path / "saved", dtype="float32")
    weight = other.get_parameter("fc.weight")
    assert torch.equal(weight, model.get_parameter("fc.weight").float())
    with pytest.raises(modelspec.SpecError, match="cannot be made as int8"):
        modelspec.load_model(tmp_path / "saved", dtype="int8")
