"""`build -o` with formats that run without the class: they compute what it does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils._pytree import tree_leaves

import modelspec
from tests.cli.commands import ROOT, run

ZOO = ROOT / "examples" / "zoo"
CNN = """
inputs: {x: [N, 3, H, W]}
modules:
  conv: Conv2d(3, 4, 3, padding=1)
  norm: BatchNorm2d(4)
  head: Linear(4, 5)
forward: |
  y = F.relu(self.norm(self.conv(x))).mean((2, 3))
  return {"logits": self.head(y), "features": y}
"""
LSTM = """
inputs: {x: [N, T, 3]}
modules:
  rnn: LSTM(3, 4, batch_first=True)
forward: self.rnn(x)[0]
"""
CELLS = """
inputs: {x: [N, T, 3]}
modules:
  cell: GRUCell(3, 4)
forward: |
  h = x.new_zeros(x.shape[0], 4)
  for t in range(x.shape[1]):
    h = self.cell(x[:, t], h)
  return h
"""
STACK = """
inputs: {x: [N, 6]}
Sequential:
  - Linear(6, 4)
  - Dropout(0.5)
"""
OPTIONAL = """
inputs:
  x: [N, 6]
  shift: [N, 1]
  scale: {shape: [N, 1], optional: true}
modules:
  fc: Linear(6, 4)
forward: |
  y = self.fc(x) if scale is None else self.fc(x) * scale
  return y + shift
"""
VALUES = """
inputs: {x: [N, 6]}
modules:
  fc: Linear(6, 4)
forward: |
  if x.sum() > 0:
    return self.fc(x)
  return -self.fc(x)
"""
SUFFIXES = ("pt2", "onnx", "torchscript")


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "net.yaml"
    path.write_text(f"modelspec: 1\nname: Net{text}")
    return path


def call(path: Path, inputs: dict[str, torch.Tensor]) -> list[torch.Tensor]:
    """What the file computes of inputs by position."""
    if path.suffix == ".onnx":
        return _by_onnxruntime(path, inputs)
    made: Any
    if path.suffix == ".pt2":
        made = torch.export.load(path).module()
    else:
        made = torch.jit.load(path)
    return tree_leaves(made(*inputs.values()))


def _by_onnxruntime(path: Path, inputs: dict[str, torch.Tensor]) -> list[torch.Tensor]:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path))
    feed = {name: one.numpy() for name, one in inputs.items()}
    return [torch.from_numpy(one) for one in session.run(None, feed)]


def assert_same(
    spec: Path | str, path: Path, inputs: dict[str, torch.Tensor], **params: object
) -> None:
    made = modelspec.build(spec, seed=0, params=params).eval()
    with torch.no_grad():
        wanted = tree_leaves(made(**inputs))
    found = call(path, inputs)
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_other_sizes_than_those_of_the_run(tmp_path: Path, suffix: str) -> None:
    spec, path = written(tmp_path, CNN), tmp_path / f"net.{suffix}"
    found = run("build", spec, "--seed", "0", "--input", "x=2x3x8x8", "-o", path)
    assert (found.status, found.err) == (0, "")
    assert found.out.splitlines()[-1] == f"wrote {path}"
    assert_same(spec, path, {"x": torch.randn(5, 3, 12, 10)})


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_recurrent_layers(tmp_path: Path, suffix: str) -> None:
    """The batch is open; how long a sequence is, torch's exporter fixes."""
    spec, path = written(tmp_path, LSTM), tmp_path / f"net.{suffix}"
    found = run("build", spec, "--seed", "0", "-o", path)
    assert (found.status, found.err) == (0, "")
    assert_same(spec, path, {"x": torch.randn(5, 16, 3)})


def test_a_fixed_size_is_told(tmp_path: Path) -> None:
    """A loop over a size is unrolled."""
    spec, path = written(tmp_path, CELLS), tmp_path / "net.pt2"
    found = run("build", spec, "--seed", "0", "--input", "x=2x3x3", "-o", path)
    assert found.out.splitlines()[-1] == f"wrote {path}, with a fixed T"
    assert_same(spec, path, {"x": torch.randn(5, 3, 3)})


def test_one_of_a_size_is_fixed(tmp_path: Path) -> None:
    spec, path = written(tmp_path, CNN), tmp_path / "net.pt2"
    found = run("build", spec, "--input", "x=1x3x8x8", "-o", path)
    assert found.out.splitlines()[-1] == f"wrote {path}, with a fixed N"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_containers_take_their_input_by_position(tmp_path: Path, suffix: str) -> None:
    spec, path = written(tmp_path, STACK), tmp_path / f"net.{suffix}"
    assert run("build", spec, "--seed", "0", "-o", path).status == 0
    x = torch.randn(5, 6)
    with torch.no_grad():
        wanted = modelspec.build(spec, seed=0).eval()(x)
    (found,) = call(path, {"input": x})
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_inputs_that_are_left_out(tmp_path: Path, suffix: str) -> None:
    spec, path = written(tmp_path, OPTIONAL), tmp_path / f"net.{suffix}"
    found = run("build", spec, "--seed", "0", "-o", path)
    assert (found.status, found.err) == (0, "")
    inputs = {"x": torch.randn(5, 6), "shift": torch.randn(5, 1)}
    assert_same(spec, path, inputs)


def test_axes_of_onnx_have_the_names_of_the_spec(tmp_path: Path) -> None:
    import onnxruntime

    spec, path = written(tmp_path, CNN), tmp_path / "net.onnx"
    assert run("build", spec, "-o", path).status == 0
    (one,) = onnxruntime.InferenceSession(str(path)).get_inputs()
    assert one.shape == ["N", 3, "H", "W"]


def test_train_mode_is_asked_for(tmp_path: Path) -> None:
    spec = written(tmp_path, CNN)
    x = torch.randn(4, 3, 8, 8)
    outputs = []
    for option in ("--train", "--eval"):
        path = tmp_path / f"{option}.pt2"
        assert run("build", spec, "--seed", "0", option, "-o", path).status == 0
        outputs.append(call(path, {"x": x})[0])
    assert not torch.allclose(*outputs)


@pytest.mark.parametrize("suffix", ["pt2", "onnx"])
def test_what_cannot_be_exported(tmp_path: Path, suffix: str) -> None:
    """One message, and no file, not of the others either."""
    spec, path = written(tmp_path, VALUES), tmp_path / f"net.{suffix}"
    found = run("build", spec, "-o", tmp_path / "net.py", "-o", path)
    assert found.status == 1
    assert found.err.startswith(f"error[export-error]: cannot export to '{path}': ")
    assert found.err.count("error[") == 1
    assert sorted(one.name for one in tmp_path.iterdir()) == ["net.yaml"]


def test_what_a_trace_cannot_return(tmp_path: Path) -> None:
    text = """
inputs: {x: [N, 6]}
modules: {fc: "Linear(6, 4)"}
forward: |
  y = self.fc(x)
  return {"first": y, "all": [y, y]}
"""
    spec, path = written(tmp_path, text), tmp_path / "net.torchscript"
    found = run("build", spec, "-o", path)
    assert found.status == 1
    assert "has no type for what `forward` returns" in found.err
    assert "tensor(" not in found.err


def test_without_shapes(tmp_path: Path) -> None:
    spec, path = written(tmp_path, "\nSequential: [ReLU]\n"), tmp_path / "net.pt2"
    found = run("build", spec, "-o", path)
    assert found.status == 1
    assert found.err.startswith("error[no-run]: ")


EXPORTED = [
    ("pt2", "squeezenet.yaml:squeezenet1_1", "x=2x3x64x64", {"x": (3, 3, 64, 64)}),
    ("pt2", "unet.yaml:unet_bilinear", "x=2x3x32x32", {"x": (1, 3, 64, 32)}),
    ("onnx", "unet.yaml:unet_bilinear", "x=2x3x32x32", {"x": (1, 3, 64, 32)}),
    ("onnx", "mobilenet_v2.yaml", "x=2x3x64x64", {"x": (3, 3, 96, 64)}),
]


@pytest.mark.slow
@pytest.mark.parametrize(("suffix", "name", "given", "other"), EXPORTED)
def test_the_zoo(
    tmp_path: Path, suffix: str, name: str, given: str, other: dict[str, Any]
) -> None:
    spec, path = f"{ZOO}/{name}", tmp_path / f"net.{suffix}"
    found = run("build", spec, "--seed", "0", "--input", given, "-o", path)
    assert (found.status, found.err) == (0, "")
    assert_same(spec, path, {name: torch.randn(shape) for name, shape in other.items()})


NORM = """
inputs: {x: [N, 6]}
Sequential:
  - Linear(6, 4)
  - BatchNorm1d(4)
"""


@pytest.mark.parametrize("suffix", ["pt2", "torchscript"])
def test_an_export_in_train_mode_counts_no_batch(tmp_path: Path, suffix: str) -> None:
    """What else is written is the same, whatever is exported before."""
    spec, weights = written(tmp_path, NORM), tmp_path / "net.pt"
    out = ("-o", tmp_path / f"net.{suffix}", "-o", weights)
    found = run("build", spec, "--seed", "0", "--train", *out)
    assert (found.status, found.err) == (0, "")
    wanted = modelspec.build(spec, seed=0).state_dict()
    state = torch.load(weights)
    assert all(torch.equal(state[name], wanted[name]) for name in wanted)


@pytest.mark.parametrize("text", [STACK, CNN])
def test_what_onnx_has_otherwise_in_train_mode(tmp_path: Path, text: str) -> None:
    path = tmp_path / "net.onnx"
    found = run("build", written(tmp_path, text), "--train", "-o", path)
    assert found.status == 1
    assert "help: --train leaves in what ONNX has otherwise, dropout and" in found.err
    assert not path.exists()


def test_what_onnxruntime_cannot_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    found = run("build", written(tmp_path, STACK), "--dtype", "bfloat16", "-o", path)
    assert found.status == 1
    assert found.err.startswith("error[export-error]: ")
    assert [one.name for one in tmp_path.iterdir()] == ["net.yaml"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_nothing_without_values_is_exported(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"net.{suffix}"
    found = run("build", written(tmp_path, STACK), "--device", "meta", "-o", path)
    assert found.status == 2
    assert "'0.weight' is on the device meta and has no values" in found.err
    assert not path.exists()


def test_the_data_of_a_large_onnx_file_lies_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Torch puts weights from 1.5 GiB on into a second file."""
    threshold = "torch.onnx._internal.exporter._onnx_program._LARGE_MODEL_THRESHOLD"
    monkeypatch.setattr(threshold, 0)
    text = (
        "\ninputs: {x: [N, 32]}\nmodules: {fc: 'Linear(32, 64)'}\nforward: self.fc(x)\n"
    )
    spec, path = written(tmp_path, text), tmp_path / "net.onnx"
    found = run("build", spec, "--seed", "0", "-o", path)
    assert (found.status, found.err) == (0, "")
    assert (tmp_path / "net.onnx.data").stat().st_size >= 4 * 32 * 64
    assert_same(spec, path, {"x": torch.randn(2, 32)})
