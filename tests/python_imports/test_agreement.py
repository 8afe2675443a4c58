"""A built model and its generated source are the same, with layers of a Python package
in them; so is what is saved, pickled, copied or filled with weights."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import modelspec
from modelspec import Policy, SpecError
from tests.python_imports.specs import ALLOWED, HERE, NET

MODELS = [(None, "parametric"), ("gated", "parametric"), (None, "flat")]


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "net.yaml"
    path.write_text(NET, encoding="utf-8")
    return path


def built(spec: Path, variant: str | None = None, **more: Any) -> nn.Module:
    return modelspec.build(spec, variant, seed=0, policy=ALLOWED, **more).eval()


def same(one: nn.Module, other: nn.Module) -> bool:
    """The same keys in the same order, weights, outputs and text."""
    torch.manual_seed(7)
    x = torch.randn(2, 3, 8)
    here, there = one.state_dict(), other.state_dict()
    return (
        list(here) == list(there)
        and all(torch.equal(here[key], there[key]) for key in here)
        and torch.equal(one(x), other(x))
        and repr(one) == repr(other)
    )


@pytest.mark.parametrize(("variant", "style"), MODELS)
def test_built_and_generated_are_the_same(
    spec: Path, variant: str | None, style: str
) -> None:
    source = modelspec.load(spec, policy=ALLOWED).source(style)
    module: dict[str, Any] = {"__name__": "generated"}
    exec(source, module)
    torch.manual_seed(0)
    made: nn.Module = module[variant or "Net"]()
    assert same(built(spec, variant), made.eval())


def test_a_param_may_be_given_such_a_layer(spec: Path) -> None:
    """As a text the name means what it means in the spec; a caller may give a class."""
    from my_pkg.layers import Gate  # type: ignore[import-not-found]

    given = built(spec, mixer=Gate)
    assert [type(one) for one in given.body][:2] == [Gate, Gate]
    assert isinstance(
        given.last, modelspec.load(spec, policy=ALLOWED).module_class().__mro__[1]
    )


def test_copies_are_the_same(spec: Path, tmp_path: Path) -> None:
    made = built(spec)
    assert same(made, copy.deepcopy(made))
    again = pickle.loads(pickle.dumps(made))
    assert same(made, again)
    assert type(again) is type(made)
    torch.save(made, tmp_path / "whole.pt")
    assert same(made, torch.load(tmp_path / "whole.pt", weights_only=False))


def test_a_pickle_is_read_by_another_process(spec: Path, tmp_path: Path) -> None:
    """By reference to the package: its own rule, and nothing of ours, imports it."""
    torch.save(built(spec), tmp_path / "whole.pt")
    read = "import sys, torch; print(torch.load(sys.argv[1], weights_only=False))"
    done = subprocess.run(
        [sys.executable, "-c", read, str(tmp_path / "whole.pt")],
        env={"PYTHONPATH": f"{HERE.parents[1]}:{HERE / 'packages'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == repr(built(spec)), done.stderr


def test_a_pickle_that_may_only_hold_data_imports_nothing(spec: Path) -> None:
    """Not even where what rebuilds classes is trusted."""
    torch.save(built(spec), path := spec.with_name("whole.pt"))
    with (
        torch.serialization.safe_globals([modelspec.api.rebuild_class]),
        pytest.raises(pickle.UnpicklingError, match=r"my_pkg\.\w+"),
    ):
        torch.load(path, weights_only=True)


def test_a_saved_model_needs_the_word_again(spec: Path, tmp_path: Path) -> None:
    made = built(spec)
    modelspec.save_model(made, tmp_path / "saved")
    assert same(made, modelspec.load_model(tmp_path / "saved", policy=ALLOWED).eval())
    with pytest.raises(SpecError) as refused:
        modelspec.load_model(tmp_path / "saved")
    assert [one.code for one in refused.value.diagnostics] == ["python-import"]
    weights = tmp_path / "saved" / "model.safetensors"
    assert same(made, built(spec, weights=weights))


def test_on_meta_and_in_another_dtype(spec: Path) -> None:
    meta = built(spec, device="meta")
    assert {one.device.type for one in meta.parameters()} == {"meta"}
    half = built(spec, dtype="bfloat16")
    assert {one.dtype for one in half.parameters()} == {torch.bfloat16}


def test_summaries_and_graphs_show_them(spec: Path) -> None:
    loaded = modelspec.load(spec, policy=ALLOWED)
    assert "FancyAttention" in str(loaded.summary())
    assert "FancyAttention" in loaded.graph().mermaid()
    assert modelspec.check(spec, shapes=True, policy=ALLOWED) == []


def test_what_does_not_fit_is_found_in_a_run(spec: Path) -> None:
    """At the layer of the spec, whatever went wrong inside."""
    text = spec.read_text().replace("x: [B, T, 8]", "x: [B, T, 9]")
    spec.write_text(text)
    (found, *_) = modelspec.check(spec, shapes=True, policy=ALLOWED)
    assert found.span is not None
    assert found.is_error


def test_generated_source_is_clean(spec: Path, tmp_path: Path) -> None:
    """In ruff's order and style, and right to mypy as far as the package is typed."""
    loaded = modelspec.load(spec, policy=ALLOWED)
    for style in ("parametric", "flat"):
        path = tmp_path / f"{style}.py"
        path.write_text(loaded.source(style), encoding="utf-8")
    for command in (
        ("ruff", "format", "--isolated", "--diff", "."),
        ("ruff", "check", "--isolated", "--select", "E,F,I", "."),
        ("mypy", "--strict", "--config-file=", "parametric.py", "flat.py"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=tmp_path,
            env={"MYPYPATH": str(HERE / "packages"), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


IMPORTS = """\
modelspec: 1
name: Net
imports:
  python:my_pkg.layers: {Scale: conv, Gate: Gate, Conv2dx10: Conv2dx10, Chain: Halves}
  python:my_pkg2: {Gate: OtherGate}
  python:zoo.nets: [Conv2dx9, Conv2dx100, VGG, resnet_of_a_name_that_is_long, Another]
  python:zoo: [Linear]
  python:torch.nn.modules: {ReLU: Plain}
  python:torch: [Thing]
params: {rate: 0.1}
functions:
  half: |
    def half(n: int) -> int:
        return math.ceil(n / 2)
Sequential:
  - conv(half(8))
  - Gate(8)
  - Conv2dx10(8)
  - Halves(8)
  - OtherGate
  - Conv2dx9
  - Conv2dx100
  - VGG
  - resnet_of_a_name_that_is_long
  - Another
  - Linear(8, 8)
  - nn.Linear(8, 8)
  - Plain
  - Thing
init:
  "*.weight": normal_(std=0.1)
"""


def test_imports_are_in_order(tmp_path: Path) -> None:
    """Whatever is imported, and nothing of it needs to be there."""
    policy = Policy(allow_imports=("my_pkg", "my_pkg2", "zoo", "torch"))
    path = tmp_path / "net.py"
    path.write_text(modelspec.loads(IMPORTS, policy=policy).source(), encoding="utf-8")
    for command in (("format", "--diff"), ("check", "--select", "E,F,I")):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", command[0], "--isolated", *command[1:], "."],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + path.read_text()
    assert "import Linear\n" in path.read_text()
    assert "nn.Linear(8, 8)" in path.read_text()
