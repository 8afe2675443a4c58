"""`load`, `loads`, `check` and what a `Spec` shows."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from torch import nn

import modelspec
from modelspec.policy import Limits
from tests.cli.commands import MLP, RESNET, ROOT, WRONG


def test_what_a_spec_shows() -> None:
    spec = modelspec.load(RESNET)
    assert spec.name == "ResNet"
    assert spec.doc is not None
    assert spec.doc.startswith("Deep residual networks")
    assert spec.blocks == ("BasicBlock", "Bottleneck", "ResNet")
    assert spec.diagnostics == ()
    assert spec.params["block"].is_required
    assert str(spec.params["num_classes"]) == "num_classes: int = 1000"
    assert str(spec.params["norm_layer"]) == "norm_layer: layer = nn.BatchNorm2d"
    assert spec.variants["resnet18"]["block"] == "BasicBlock"


def test_a_spec_is_frozen() -> None:
    spec = modelspec.loads(MLP)
    with pytest.raises(dataclasses.FrozenInstanceError):
        spec.name = "Other"  # type: ignore[misc]  # that is what is tested
    with pytest.raises(TypeError):
        spec.params["width"] = spec.params["rate"]  # type: ignore[index]


def test_repr() -> None:
    """A line that says what the spec takes; markdown in a notebook."""
    spec = modelspec.loads(MLP)
    assert repr(spec).startswith("Spec(Net, params=[width: int = 4, ")
    assert repr(spec).endswith("variants=[wide])")
    assert "- Variants: `wide`" in spec._repr_markdown_()


def test_the_text_of_a_spec_is_no_markup() -> None:
    spec = modelspec.loads(MLP.replace("\nname:", "\ndoc: <b>*x*</b>\nname:"))
    assert "<b>" not in spec._repr_markdown_()


def test_source() -> None:
    spec = modelspec.loads(MLP)
    assert "for size in sizes" in spec.source()
    assert "for size" not in spec.source("flat")
    with pytest.raises(ValueError, match="parametric, flat"):
        spec.source("pretty")


def test_a_path_chooses_a_variant() -> None:
    spec = modelspec.load(f"{RESNET}:resnet18")
    assert spec.variant == "resnet18"
    assert type(spec.build(device="meta")).__name__ == "ResNet"
    assert "BasicBlock(" in spec.source("flat")


def test_module_class() -> None:
    """The class itself; it is called as a handwritten one."""
    Net = modelspec.loads(MLP).module_class()
    assert issubclass(Net, nn.Module)
    assert Net.__name__ == "Net"
    assert Net(3, rate=0).get_submodule("layers.0").in_features == 3


def test_errors_are_raised_once_with_everything() -> None:
    with pytest.raises(modelspec.SpecError) as raised:
        modelspec.loads(WRONG)
    (one,) = raised.value.diagnostics
    assert one.is_error
    assert f"error[{one.code}]" in str(raised.value)


def test_check_takes_a_path_or_a_text(tmp_path: Path) -> None:
    assert modelspec.check(RESNET) == []
    assert modelspec.check(Path(RESNET)) == []
    assert modelspec.check(MLP) == []
    (one,) = modelspec.check(WRONG)
    assert one.span is not None
    assert one.span.source.name == "<text>"
    (one,) = modelspec.check(tmp_path / "none.yaml")
    assert one.code == "file-not-found"
    (one,) = modelspec.check(f"{RESNET}:resnet19")
    assert one.code == "unknown-variant"


def test_check_of_odd_texts() -> None:
    """No text is too odd for a diagnostic."""
    for text in ("\n", "\n\ud800", "a: b\n", "\x00\n", "\ufeff\n"):
        assert modelspec.check(text)


def test_limits_are_the_policys() -> None:
    policy = modelspec.Policy(Limits(nesting=2))
    (one,) = modelspec.check(RESNET, policy=policy)
    assert one.code == "nesting-limit"
    with pytest.raises(modelspec.SpecError):
        modelspec.loads(MLP, policy=policy)


def test_a_text_imports_from_the_folder_of_the_policy() -> None:
    text = (ROOT / "tests/cases/imports_rename/spec.yaml").read_text(encoding="utf-8")
    codes = {one.code for one in modelspec.check(text)}
    assert "import-without-folder" in codes
    folder = str(ROOT / "tests/cases/imports_rename")
    assert modelspec.check(text, policy=modelspec.Policy(import_root=folder)) == []


def test_what_is_not_there() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        modelspec.nothing  # noqa: B018  # the attribute is what is tested
    assert set(modelspec.__all__) <= set(dir(modelspec))
