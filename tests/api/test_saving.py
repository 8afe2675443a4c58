"""A model in a folder, and back."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from torch import nn

import modelspec
from modelspec.diagnostics.diagnostic import Diagnostic, SpecError

ROOT = Path(__file__).parents[2]
NET = """\
modelspec: 1
name: Net
params:
  size: int
  act: layer = ReLU
  scale: 1.0
  widths: tuple = (2, 3)
  label: a b
inputs: {x: [N, "${size}"]}
modules:
  fc: Linear(size, 4)
  act: act()
  out: Linear(4, 4, bias=False)
tie: {out.weight: fc.weight}
buffers:
  mask: {value: "torch.full((4,), scale)", persistent: false}
variants:
  four: {size: 4}
"""


def same(left: nn.Module, right: nn.Module) -> bool:
    first = dict(left.named_parameters()) | dict(left.named_buffers())
    second = dict(right.named_parameters()) | dict(right.named_buffers())
    assert list(first) == list(second)
    return repr(left) == repr(right) and all(
        torch.equal(first[name], second[name]) for name in first
    )


def refusal(call: Callable[..., object], *args: Any, **kwargs: Any) -> Diagnostic:
    with pytest.raises(SpecError) as caught:
        call(*args, **kwargs)
    (found,) = caught.value.diagnostics
    return found


@pytest.mark.parametrize(
    "params",
    [
        {"size": 4},
        {"size": 4, "act": nn.GELU, "scale": float("inf"), "label": "${size}: 'x'"},
        {"size": 4, "widths": (1,), "label": "", "scale": -2.5},
    ],
)
def test_there_and_back(tmp_path: Path, params: dict[str, Any]) -> None:
    made = modelspec.loads(NET).build(params=params)
    modelspec.save_model(made, tmp_path / "net")
    again = modelspec.load_model(tmp_path / "net")
    assert same(made, again)
    assert again.out.weight is again.fc.weight
    assert again.training
    modelspec.save_model(again, tmp_path / "other")
    for name in ("modelspec.json", "specs/spec.yaml", "model.safetensors"):
        both = [(tmp_path / one / name).read_bytes() for one in ("net", "other")]
        assert both[0] == both[1]


def test_with_imports_in_another_process(tmp_path: Path) -> None:
    """Where the spec and what it imports are gone, and the folder was moved."""
    spec = ROOT / "tests/cases/imports_rename/spec.yaml"
    made = modelspec.build(spec, seed=3)
    modelspec.save_model(made, tmp_path / "first")
    os.rename(tmp_path / "first", tmp_path / "moved")
    code = (
        "import sys, modelspec; made = modelspec.load_model(sys.argv[1]);"
        "print(sum(p.double().abs().sum().item() for p in made.parameters()))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "moved")]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=tmp_path
    )
    wanted = sum(p.double().abs().sum().item() for p in made.parameters())
    assert float(done.stdout) == pytest.approx(wanted, rel=1e-12)


def test_sizes_that_were_inferred(tmp_path: Path) -> None:
    text = "inputs: {x: [N, T, 6]}\nSequential:\n- Linear(auto, 3)\n"
    made = modelspec.loads(f"modelspec: 1\nname: Net\n{text}").build()
    modelspec.save_model(made, tmp_path / "net")
    assert same(made, modelspec.load_model(tmp_path / "net"))


def test_the_dtype_is_kept(tmp_path: Path) -> None:
    made = modelspec.loads(NET).build(size=4).to(torch.bfloat16)
    modelspec.save_model(made, tmp_path / "net")
    assert modelspec.load_model(tmp_path / "net").fc.weight.dtype == torch.bfloat16
    other = modelspec.load_model(tmp_path / "net", dtype="float64")
    assert other.fc.weight.dtype == torch.float64
    assert torch.equal(other.fc.weight, made.fc.weight.double())


def test_weights_tell_where_they_belong(tmp_path: Path) -> None:
    made = modelspec.loads(NET).build("four", scale=2.0)
    modelspec.save_model(made, tmp_path / "net")
    with safe_open(tmp_path / "net" / "model.safetensors", "pt") as file:
        about = file.metadata()
    manifest = json.loads((tmp_path / "net" / "modelspec.json").read_text())
    assert about["format"] == "pt"
    assert about["modelspec"] == modelspec.__version__
    assert about["modelspec.variant"] == "four"
    assert json.loads(about["modelspec.params"]) == {"scale": "'${2.0}'"}
    assert about["modelspec.sha256"] == manifest["sha256"]


def test_what_is_there_already(tmp_path: Path) -> None:
    made, folder = modelspec.loads(NET).build(size=4), tmp_path / "net"
    folder.mkdir()
    modelspec.save_model(made, folder)
    assert refusal(modelspec.save_model, made, folder).code == "file-exists"
    with torch.no_grad():
        made.fc.weight.zero_()
    modelspec.save_model(made, folder, force=True)
    assert not modelspec.load_model(folder).fc.weight.any()
    other = tmp_path / "other"
    other.mkdir()
    (other / "notes.txt").write_text("mine")
    found = refusal(modelspec.save_model, made, other, force=True)
    assert found.code == "cannot-write"
    assert [one.name for one in other.iterdir()] == ["notes.txt"]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["net", "other"]


def test_nothing_is_left_of_a_failure(tmp_path: Path) -> None:
    """A model on meta has no weights to write."""
    made = modelspec.loads(NET).build(size=4, device="meta")
    found = refusal(modelspec.save_model, made, tmp_path / "net")
    assert found.code == "cannot-write"
    assert str(tmp_path / "net") in found.message
    assert ".modelspec-" not in f"{found.message} {found.path}"
    assert not [*tmp_path.iterdir()]


def test_a_copy_is_saved_by_its_spec(tmp_path: Path) -> None:
    spec = modelspec.loads(NET)
    made = copy.deepcopy(spec.build(size=4))
    assert refusal(modelspec.save_model, made, tmp_path / "net").code == "unknown-model"
    spec.save(made, tmp_path / "net", size=4)
    assert same(made, modelspec.load_model(tmp_path / "net"))


def test_a_changed_module_is_refused(tmp_path: Path) -> None:
    made = modelspec.loads(NET).build(size=4)
    made.fc = nn.Linear(5, 4)
    made.more = nn.Linear(1, 1, bias=False)
    found = refusal(modelspec.save_model, made, tmp_path / "net")
    assert found.message == (
        "the module is not as its spec makes it: 1 unexpected, 1 of another shape or"
        " dtype"
    )
    assert found.details == (
        "unexpected: in the module, not in the spec",
        "  more.weight  float32 [1, 1]",
        "of another shape or dtype",
        "  fc.weight    spec float32 [4, 4], module float32 [4, 5]",
    )


def part(text: str, **options: Any) -> nn.Module:
    modules = "fc: 'Linear(2, 2)', norm: 'LayerNorm(2, dtype=torch.float32)'"
    spec = f"modelspec: 1\nname: Net\n{text}modules: {{{modules}}}\n"
    return modelspec.loads(spec).build(**options)


def test_dtypes_that_the_spec_tells(tmp_path: Path) -> None:
    modelspec.save_model(part("", dtype="bfloat16"), tmp_path / "net")
    made = modelspec.load_model(tmp_path / "net")
    assert (made.fc.weight.dtype, made.norm.weight.dtype) == (
        torch.bfloat16,
        torch.float32,
    )


def test_values_that_another_dtype_would_lose(tmp_path: Path) -> None:
    made = part("")
    made.fc.double()
    found = refusal(modelspec.save_model, made, tmp_path / "net")
    assert found.details[1] == (
        "  fc.weight  spec float32 [2, 2], module float64 [2, 2]"
    )
    made.fc.half()
    modelspec.save_model(made, tmp_path / "net")
    assert modelspec.load_model(tmp_path / "net").fc.weight.dtype == torch.float32


def test_a_construction_that_reads_numbers_out_of_tensors(tmp_path: Path) -> None:
    made = part("vars: {rate: 'torch.ones(1).item()'}\n")
    modelspec.save_model(made, tmp_path / "net")
    assert same(made, modelspec.load_model(tmp_path / "net"))


def test_a_text_with_imports(tmp_path: Path) -> None:
    """Of which one has the name that the text gets."""
    folder = tmp_path / "lib"
    folder.mkdir()
    blocks = "modelspec: 1\nblocks:\n  A: {modules: {fc: 'Linear(2, 2)'}}\n"
    (folder / "a.yaml").write_text(blocks)
    (tmp_path / "spec.yaml").write_text(blocks.replace("A:", "B:"))
    text = "imports: {lib/a.yaml: [A], spec.yaml: [B]}\nmodules: {a: A(), b: B()}\n"
    policy = modelspec.Policy(import_root=str(tmp_path))
    made = modelspec.loads(f"modelspec: 1\nname: Net\n{text}", policy=policy).build()
    modelspec.save_model(made, tmp_path / "net")
    assert same(made, modelspec.load_model(tmp_path / "net"))


class Float(float):
    def __repr__(self) -> str:
        return "Float()"


def test_values_of_other_kinds(tmp_path: Path) -> None:
    text = "params: {rate: 0.5, kind: dtype = torch.float32, act: layer = GELU}\n"
    more = "buffers: {b: 'torch.full((2,), rate, dtype=kind)'}\n"
    made = part(text + more, rate=Float(0.25), kind=torch.float64)
    modelspec.save_model(made, tmp_path / "net")
    assert same(made, modelspec.load_model(tmp_path / "net"))


def test_a_layer_of_others_is_not_taken_for_torchs(tmp_path: Path) -> None:
    class ReLU(nn.Module):
        pass

    made = part("params: {act: layer = GELU}\n", act=ReLU)
    found = refusal(modelspec.save_model, made, tmp_path / "net")
    assert found.code == "cannot-write"


def test_what_could_not_be_read_again_is_not_written(tmp_path: Path) -> None:
    made = part("params: {many: list}\n", many=list(range(3000)))
    found = refusal(modelspec.save_model, made, tmp_path / "net")
    assert found.code == "limit-exceeded"
    path = tmp_path / "a\\b.yaml"
    path.write_text("modelspec: 1\nname: Net\nmodules: {fc: 'Linear(2, 2)'}\n")
    found = refusal(modelspec.save_model, modelspec.build(path), tmp_path / "net")
    assert found.code == "cannot-write"
    assert not (tmp_path / "net").exists()


def test_other_files_beside_a_saved_model_are_kept(tmp_path: Path) -> None:
    made, folder = part(""), tmp_path / "net"
    modelspec.save_model(made, folder)
    (folder / "notes.txt").write_text("mine")
    found = refusal(modelspec.save_model, made, folder, force=True)
    assert "'notes.txt'" in found.message
    assert (folder / "notes.txt").read_text() == "mine"


def test_the_old_model_stays_where_the_new_one_cannot_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, folder = part(""), tmp_path / "net"
    modelspec.save_model(made, folder)
    real = os.replace

    def fails(source: Any, target: Any) -> None:
        if os.path.isdir(source) and ".modelspec-replaced" not in str((source, target)):
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(os, "replace", fails)
    assert refusal(modelspec.save_model, made, folder, force=True).path == str(folder)
    assert same(made, modelspec.load_model(folder))
    assert [one.name for one in tmp_path.iterdir()] == ["net"]


def test_a_value_without_a_text(tmp_path: Path) -> None:
    text = (
        "modelspec: 1\nname: Net\nparams: {act: any}\nmodules: {fc: 'Linear(2, 2)'}\n"
    )
    made = modelspec.loads(text).build(act=object())
    found = refusal(modelspec.save_model, made, tmp_path / "net")
    assert found.message == (
        "the value of 'act' cannot be written in a spec: it is a object"
    )


HOSTILE: list[tuple[str, object]] = [
    ("spec", "../../../etc/passwd"),
    ("spec", "/etc/passwd"),
    ("spec", "a\\..\\b.yaml"),
    ("spec", ""),
    ("format", 2),
    ("more", 1),
    ("params", {"size": 4}),
    ("sizes", {"N": "1"}),
    ("sizes", {"N": -1}),
    ("sizes", {"N": 2**63}),
]


@pytest.mark.parametrize(("key", "value"), HOSTILE)
def test_a_manifest_is_data(tmp_path: Path, key: str, value: object) -> None:
    folder = tmp_path / "net"
    modelspec.save_model(modelspec.loads(NET).build(size=4), folder)
    path = folder / "modelspec.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))
    found = refusal(modelspec.load_model, folder)
    assert found.code == "unreadable-model"
    assert key in found.message


@pytest.mark.parametrize("text", ["", "[]", "{}", "\x00", "[" * 100_000, " " * 2**21])
def test_what_is_no_manifest(tmp_path: Path, text: str) -> None:
    (tmp_path / "modelspec.json").write_text(text)
    assert refusal(modelspec.load_model, tmp_path).code == "unreadable-model"
    assert refusal(modelspec.load_model, tmp_path / "no").code == "unreadable-model"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "modelspec.json")
    assert refusal(modelspec.load_model, tmp_path).code == "unreadable-model"


def test_specs_do_not_reach_outside(tmp_path: Path) -> None:
    folder = tmp_path / "net"
    modelspec.save_model(modelspec.loads(NET).build(size=4), folder)
    (tmp_path / "secret.yaml").write_text("modelspec: 1\nblocks: {}\n")
    spec = folder / "specs" / "spec.yaml"
    text = spec.read_text()
    spec.write_text(f"{text}imports: {{../../secret.yaml: [A]}}\n")
    with pytest.raises(SpecError) as caught:
        modelspec.load_model(folder)
    assert "import-outside" in [one.code for one in caught.value.diagnostics]
