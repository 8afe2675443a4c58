"""`modelspec.build`: what it gives, and what it refuses."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import nn

import modelspec
from tests.cli.commands import MLP, RESNET


def code_of(raised: pytest.ExceptionInfo[modelspec.SpecError]) -> str:
    (one,) = raised.value.diagnostics
    return one.code


def test_an_ordinary_module_in_train_mode() -> None:
    model = modelspec.build(RESNET, "resnet18", num_classes=10, device="meta")
    assert isinstance(model, nn.Module)
    assert type(model).__name__ == "ResNet"
    assert model.training
    assert model.get_submodule("fc").out_features == 10


def test_paths_name_variants() -> None:
    model = modelspec.build(f"{RESNET}:resnet18", device="meta")
    other = modelspec.build(Path(RESNET), "resnet18", device="meta")
    assert repr(model) == repr(other)


def test_params_over_the_variant() -> None:
    model = modelspec.loads(MLP).build("wide", width=3)
    assert model.get_submodule("layers.0").in_features == 3
    assert isinstance(model.get_submodule("layers.1"), nn.GELU)


def test_params_that_are_called_as_options() -> None:
    text = "modelspec: 1\nname: Net\nparams: {seed: 3}\nSequential:\n"
    spec = modelspec.loads(text + "  - Linear(seed, 2)\n")
    model = spec.build(seed=0, params={"seed": 5})
    assert model.get_submodule("0").in_features == 5


def test_a_param_given_twice() -> None:
    with pytest.raises(TypeError, match="'width' is given twice"):
        modelspec.loads(MLP).build(params={"width": 1}, width=2)


def test_layers_are_classes_blocks_and_partials() -> None:
    spec = modelspec.loads(MLP)
    for act in (nn.Tanh, partial(nn.LeakyReLU, 0.1)):
        made = spec.build(act=act).get_submodule("layers.1")
        assert isinstance(made, (nn.Tanh, nn.LeakyReLU))


@pytest.mark.parametrize(
    "given",
    [
        {"width": 1.0},
        {"width": True},
        {"width": "4"},
        {"width": None},
        {"rate": "high"},
        {"rate": 2},
        {"rate": float("nan")},
        {"mode": "max"},
        {"mode": ["sum"]},
        {"sizes": [1, "x"]},
        {"sizes": 3},
        {"act": nn.ReLU()},
        {"act": "ReLU"},
    ],
)
def test_wrong_params(given: dict[str, object]) -> None:
    """With the place where the param is declared."""
    with pytest.raises(modelspec.SpecError) as raised:
        modelspec.loads(MLP).build(params=given)
    assert code_of(raised) == "wrong-param"
    assert raised.value.diagnostics[0].span is not None


@pytest.mark.parametrize("given", [{"rate": 1}, {"sizes": (2, 3)}, {"sizes": []}])
def test_values_that_fit(given: dict[str, object]) -> None:
    """A float takes an int; a tuple is as good as a list."""
    modelspec.loads(MLP).build(params=given)


def test_unknown_params() -> None:
    with pytest.raises(modelspec.SpecError, match="did you mean 'width'") as raised:
        modelspec.loads(MLP).build(wdith=3)
    assert code_of(raised) == "unknown-param"


def test_missing_params() -> None:
    with pytest.raises(modelspec.SpecError, match="'block' and 'layers'") as raised:
        modelspec.build(RESNET)
    assert code_of(raised) == "missing-param"


def test_unknown_variants() -> None:
    with pytest.raises(modelspec.SpecError, match="did you mean") as raised:
        modelspec.build(f"{RESNET}:resnet5O")
    assert code_of(raised) == "unknown-variant"
    with pytest.raises(modelspec.SpecError) as raised:
        modelspec.loads(MLP).build("narrow")
    assert code_of(raised) == "unknown-variant"


def test_a_library_has_nothing_to_build() -> None:
    text = "modelspec: 1\nblocks:\n  A:\n    Sequential: [ReLU]\n"
    for call in (modelspec.loads(text).build, modelspec.loads(text).module_class):
        with pytest.raises(modelspec.SpecError) as raised:
            call()
        assert code_of(raised) == "no-root"


def test_seed_dtype_and_device() -> None:
    model = modelspec.loads(MLP).build(seed=7, dtype=torch.float64, device="cpu")
    torch.manual_seed(7)
    want = nn.Linear(4, 3, dtype=torch.float64).weight
    assert torch.equal(model.get_parameter("layers.0.weight"), want)
    assert torch.get_default_dtype() is torch.float32


def test_torchs_own_defaults_are_respected() -> None:
    with torch.device("meta"):
        model = modelspec.loads(MLP).build()
    assert model.get_parameter("layers.0.weight").is_meta


def test_device_auto() -> None:
    model = modelspec.loads(MLP).build(device="auto")
    wanted = "cuda" if torch.cuda.is_available() else "cpu"
    assert model.get_parameter("layers.0.weight").device.type in (wanted, "mps")


def test_weights(tmp_path: Path) -> None:
    first = modelspec.loads(MLP).build()
    torch.save(first.state_dict(), tmp_path / "net.pt")
    second = modelspec.loads(MLP).build(weights=os.fspath(tmp_path / "net.pt"))
    name = "layers.0.weight"
    assert torch.equal(first.get_parameter(name), second.get_parameter(name))


@pytest.mark.parametrize(
    "rename",
    [
        {"module.*": "*", "*.old": ""},
        [("module.*", "*"), ("*.old", "")],
        iter([("*.old", ""), ("module.*", "*")]),
    ],
    ids=["dict", "pairs", "iterator"],
)
def test_weights_of_others(tmp_path: Path, rename: object) -> None:
    """Renamed, out of an entry, and out of several files."""
    first = modelspec.loads(MLP).build()
    state = {f"module.{name}": one for name, one in first.state_dict().items()}
    torch.save({"step": 1, "model": state}, tmp_path / "a.pt")
    torch.save({"model": {"module.b.old": torch.ones(1)}}, tmp_path / "b.pt")
    spec = tmp_path / "net.yaml"
    spec.write_text(MLP, encoding="utf-8")
    second = modelspec.build(
        spec,
        weights=[tmp_path / "a.pt", tmp_path / "b.pt"],
        weights_key="model",
        rename=rename,
    )
    name = "layers.0.weight"
    assert torch.equal(first.get_parameter(name), second.get_parameter(name))


def test_weights_that_do_not_fit(tmp_path: Path) -> None:
    """The table is in the text of the error."""
    torch.save({"layers.0.weight": torch.ones(3, 4)}, tmp_path / "net.pt")
    with pytest.raises(modelspec.SpecError, match=r"layers\.0\.bias +float32 \[3\]"):
        modelspec.loads(MLP).build(weights=tmp_path / "net.pt")


def test_renaming_needs_weights() -> None:
    for given in ({"rename": {"a": "b"}}, {"weights_key": "model"}):
        with pytest.raises(TypeError, match="need 'weights'"):
            modelspec.loads(MLP).build(**given)


def test_rules_are_no_text(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="got the text 'a=b'"):
        modelspec.loads(MLP).build(weights="none.pt", rename="a=b")  # type: ignore[arg-type]


def test_rules_are_checked_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(modelspec.SpecError) as raised:
        modelspec.loads(MLP).build(weights="none.pt", rename={"a.*": "b"})
    assert code_of(raised) == "wrong-rename"
