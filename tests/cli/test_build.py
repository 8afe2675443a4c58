"""`modelspec build`, in this process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from tests.cli.commands import MLP, RESNET, files_in, run


def rows(out: str) -> dict[str, str]:
    """The facts of a report by name."""
    lines = [line.strip().split("  ", 1) for line in out.splitlines()]
    return {pair[0]: pair[1].strip() for pair in lines if len(pair) == 2}


def test_report() -> None:
    found = run("build", f"{RESNET}:resnet18", "--set", "num_classes=10")
    assert (found.status, found.err) == (0, "")
    assert found.out.startswith("ResNet (resnet18)\n")
    told = rows(found.out)
    assert told["param block"] == "BasicBlock"
    assert told["param num_classes"] == "10"
    assert told["parameters"] == "11,181,642"
    assert told["buffers"] == "9,620"
    assert told["size"] == "44.8 MB"
    assert told["input x"].startswith("float32[")
    assert told["output"].endswith(", 10]")
    assert told["made in"].endswith("s, float32 on cpu")


def test_values_are_written_as_in_a_spec(spec: Path) -> None:
    """Numbers, lists, layer types, partials and strings, by the param's type."""
    values = {
        "width": "0x10",
        "sizes": "[3, 4]",
        "act": "partial(LeakyReLU, 0.1, inplace=True)",
        "rate": "1e-3",
        "mode": "mean",
    }
    given = [part for pair in values.items() for part in ("--set", "=".join(pair))]
    found = run("build", spec, *given)
    assert (found.status, found.err) == (0, "")
    told = rows(found.out)
    assert told["param width"] == "16"
    assert told["param sizes"] == "[3, 4]"
    assert told["param rate"] == "0.001"
    assert told["param mode"] == "'mean'"
    assert told["param act"] == values["act"]


def test_values_inside_others_are_written_as_in_a_spec(tmp_path: Path) -> None:
    """Layer types in lists, tuples and dicts."""
    spec = tmp_path / "net.yaml"
    spec.write_text(
        "modelspec: 1\nname: Net\nparams:\n"
        "  table: list[tuple[int, layer]]\n"
        "  acts: dict[str, layer]\n"
        "Sequential:\n"
        "  - for n, act in table: act()\n"
        "  - for name in acts: acts[name]()\n",
        encoding="utf-8",
    )
    table = ("--set", "table=[[1, ReLU], [2, GELU]]")
    found = run("build", spec, *table, "--set", "acts={a: ELU}")
    assert (found.status, found.err) == (0, "")
    told = rows(found.out)
    assert told["param table"] == "[(1, ReLU), (2, GELU)]"
    assert told["param acts"] == "{'a': ELU}"


def test_set_goes_over_the_variant(spec: Path) -> None:
    told = rows(run("build", f"{spec}:wide", "--set", "width=5").out)
    assert (told["param width"], told["param act"]) == ("5", "GELU")


def test_input_shapes(spec: Path) -> None:
    told = rows(run("build", spec, "--input", "x=7x4").out)
    assert told["input x"] == "float32[7, 4]"
    assert told["output"] == "float32[7]"


@pytest.mark.parametrize("shape", ["x=7", "x=7x5x1", "z=7x4", "x=", "x=axb", "7x4"])
def test_wrong_input_shapes(spec: Path, shape: str) -> None:
    found = run("build", spec, "--input", shape)
    assert (found.status, found.out) == (2, "")


def test_sizes_that_params_give(tmp_path: Path) -> None:
    """A size that is an expression is as fixed as a number."""
    path = tmp_path / "net.yaml"
    text = "modelspec: 1\nname: Net\nparams: {n: 4}\ninputs: {x: [N, n * 2]}\n"
    path.write_text(text + "Sequential: [ReLU]\n", encoding="utf-8")
    assert run("build", path, "--input", "x=3x8").status == 0
    found = run("build", path, "--input", "x=3x7")
    assert (found.status, found.out) == (2, "")
    assert "the input 'x' is [N, n * 2], here [3, 8], not 3x7" in found.err


@pytest.mark.parametrize("seed", [2**64, -(2**63) - 1])
def test_wrong_seeds(spec: Path, seed: int) -> None:
    found = run("build", spec, "--seed", seed)
    assert (found.status, found.out) == (2, "")
    assert "error[wrong-seed]" in found.err


def test_device_and_dtype(spec: Path) -> None:
    found = run("build", spec, "--device", "meta", "--dtype", "float64")
    assert (found.status, found.err) == (0, "")
    assert rows(found.out)["made in"].endswith("s, float64 on meta")


@pytest.mark.parametrize(
    "option",
    [("--device", "nonsense"), ("--dtype", "flaot32"), ("--dtype", "int8")],
)
def test_wrong_device_and_dtype(spec: Path, option: tuple[str, str]) -> None:
    found = run("build", spec, *option)
    assert (found.status, found.out) == (2, "")
    assert "1 error" in found.err


@pytest.mark.parametrize(
    ("given", "code", "told"),
    [
        ("width=ten", "wrong-param", "takes int, got 'ten'"),
        ("width=1.5", "wrong-param", "takes int, got 1.5"),
        ("width=true", "wrong-param", "takes int, got True"),
        ("width=", "wrong-param", "takes int, got None"),
        ("rate=1.5", "wrong-param", "must be at most 1"),
        ("rate=.nan", "wrong-param", "must be at least 0"),
        ("mode=max", "wrong-param", "must be one of 'sum', 'mean'"),
        ("sizes=[1, x]", "wrong-param", "takes list[int]"),
        ("act=3", "wrong-param", "takes layer"),
        ("wdith=3", "unknown-param", "did you mean 'width'?"),
    ],
)
def test_wrong_values(spec: Path, given: str, code: str, told: str) -> None:
    found = run("build", spec, "--set", given)
    assert (found.status, found.out) == (2, "")
    assert f"error[{code}]" in found.err
    assert told in found.err
    assert found.err.endswith("\n\n1 error\n")


@pytest.mark.parametrize("given", ["sizes=[1, 2", "act=NoSuchLayer", "act=partial("])
def test_values_that_cannot_be_read(spec: Path, given: str) -> None:
    """The place that is shown is in what the caller wrote."""
    found = run("build", spec, "--set", given)
    assert found.status in (1, 2)
    assert f"--> --set {given.partition('=')[0]}:1:" in found.err
    assert "1 error" in found.err


def test_all_wrong_values_are_told(spec: Path) -> None:
    found = run("build", spec, "--set", "width=x", "--set", "rate=7")
    assert found.err.endswith("\n\n2 errors\n")


def test_missing_values() -> None:
    """One error for all of them, with the variants that would give them."""
    found = run("build", RESNET)
    assert found.status == 2
    assert "ResNet needs a value for 'block' and 'layers'" in found.err
    assert "resnet50" in found.err
    assert found.err.endswith("\n\n1 error\n")


def test_a_library_has_nothing_to_build(tmp_path: Path) -> None:
    path = tmp_path / "blocks.yaml"
    path.write_text(
        "modelspec: 1\nblocks:\n  A:\n    Sequential: [ReLU]\n", encoding="utf-8"
    )
    found = run("build", path)
    assert found.status == 2
    assert "error[no-root]" in found.err


def test_a_run_that_fails(tmp_path: Path) -> None:
    """Where layers do not fit together: at the place in the spec, and nothing else."""
    path = tmp_path / "net.yaml"
    text = "modelspec: 1\nname: Net\ninputs: {x: [N, 4]}\nSequential:\n"
    path.write_text(text + "  - Linear(4, 3)\n  - Linear(4, 3)\n", encoding="utf-8")
    target = tmp_path / "net.py"
    found = run("build", path, "-o", target)
    assert (found.status, found.out) == (1, "")
    assert f"--> {path}:6:" in found.err
    assert not target.exists()


def test_outputs(spec: Path, tmp_path: Path) -> None:
    """Source and weights of the same module, and nothing else in the folder."""
    names = ["out.py", "out.pt", "out.safetensors"]
    wanted = [part for name in names for part in ("-o", tmp_path / name)]
    found = run("build", f"{spec}:wide", "--seed", "3", *wanted)
    assert found.status == 0, found.err
    assert files_in(tmp_path) == sorted([*names, "net.yaml"])
    state = torch.load(tmp_path / "out.pt", weights_only=True)
    torch.manual_seed(3)
    assert torch.equal(state["layers.0.weight"], torch.nn.Linear(8, 3).weight)
    source = (tmp_path / "out.py").read_text(encoding="utf-8")
    assert source == run("generate", spec).out
    again = run("build", f"{spec}:wide", "--weights", tmp_path / "out.safetensors")
    assert again.status == 0, again.err


def test_weights_are_not_overwritten_unasked(spec: Path, tmp_path: Path) -> None:
    target = tmp_path / "trained.pt"
    target.write_bytes(b"precious")
    found = run("build", spec, "-o", target, "-o", tmp_path / "new.py")
    assert found.status == 2
    assert "error[file-exists]" in found.err
    assert target.read_bytes() == b"precious"
    assert not (tmp_path / "new.py").exists()
    assert run("build", spec, "-o", target, "--force").status == 0


@pytest.mark.parametrize("name", ["b.pt", "b.safetensors"])
def test_outputs_are_written_all_or_none(
    spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Weights without values cannot be written, so the source is not either; the file
    is named as it was given."""
    monkeypatch.chdir(tmp_path)
    found = run("build", spec, "--device", "meta", "-o", "a.py", "-o", name)
    assert found.status == 2
    assert f"cannot write '{name}': " in found.err
    assert f"--> {name}\n" in found.err
    assert files_in(tmp_path) == ["net.yaml"]


def test_unknown_suffixes_are_refused(spec: Path) -> None:
    found = run("build", spec, "-o", "net.onnx2")
    assert found.status == 2
    assert "expected one of .py, .safetensors, .pt" in found.err


def test_weights_that_are_not_there(spec: Path) -> None:
    found = run("build", spec, "--weights", "none.pt")
    assert (found.status, found.out) == (2, "")


def test_standard_input_and_quiet() -> None:
    found = run("build", "-", "--quiet", stdin=MLP)
    assert (found.status, found.out, found.err) == (0, "", "")
    assert run("build", "--", "-:wide", stdin=MLP).out.startswith("Net (wide)\n")


def test_json_is_one_array(spec: Path) -> None:
    found = run("build", spec, "--set", "width=x", "--format", "json")
    (told,) = json.loads(found.out)
    assert (found.status, found.err, told["code"]) == (2, "", "wrong-param")
    assert json.loads(run("build", spec, "--format", "json").out) == []


def test_eval_and_train_exclude_each_other(spec: Path) -> None:
    assert run("build", spec, "--eval").status == 0
    assert run("build", spec, "--eval", "--train").status == 2
