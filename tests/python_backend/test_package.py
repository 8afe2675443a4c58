"""Several programs as a package, variants as functions, templates of one's own."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from modelspec.backends.python import Member, emit_module, emit_package
from modelspec.diagnostics.diagnostic import InternalError
from modelspec.resources import template_directory
from tests.python_backend.models import gpt, lstm, resnet
from tests.python_backend.programs import block, child, program, variant

FORWARD = "def forward(self, x):\n    return x\n"


def test_a_package_exports_roots_and_factories(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    members = [Member("resnet", resnet()), Member("gpt", gpt()), Member("rnn", lstm())]
    files = emit_package(members)
    assert sorted(files) == ["__init__.py", "gpt.py", "resnet.py", "rnn.py"]
    package = tmp_path / "some_models"
    package.mkdir()
    for name, text in files.items():
        (package / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    made = importlib.import_module("some_models")
    assert "Bottleneck" not in made.__all__
    assert {"ResNet", "resnet18", "GPT", "gpt2_medium", "RNNModel"} <= set(made.__all__)
    model = made.resnet18(num_classes=3)
    assert model.fc.out_features == 3
    for name in [one for one in sys.modules if one.startswith("some_models")]:
        del sys.modules[name]


def test_a_name_that_two_modules_export_is_taken_from_its_module() -> None:
    members = [Member("a", resnet()), Member("b", resnet()), Member("c", gpt())]
    text = emit_package(members)["__init__.py"]
    told = "# Not exported, since several modules have one: ResNet, resnet18"
    code = "".join(one for one in text.splitlines() if not one.startswith("#"))
    assert told in text
    assert "ResNet" not in code
    assert '"GPT"' in code


def test_a_package_that_exports_nothing_is_formatted() -> None:
    members = [Member(one, gpt()) for one in ("a", "b")]
    text = emit_package(members)["__init__.py"]
    assert "\n\n\n" not in text
    assert text.endswith("__all__ = []\n")


@pytest.mark.parametrize("name", ["a-b", "class", "../x", ""])
def test_a_module_needs_a_name(name: str) -> None:
    with pytest.raises(InternalError):
        emit_package([Member(name, resnet())])


def test_factories_avoid_the_names_of_others() -> None:
    made = block("net", child("fc", "nn.Linear(2, 2)"), methods=FORWARD)
    names = ["net", "small-one", "7b", "list", "Any", "class"]
    text = emit_module(program(made, variants=[variant(one) for one in names]))
    assert [
        line.split("(")[0] for line in text.split("\n") if line.startswith("def ")
    ] == [
        "def create_net",
        "def small_one",
        "def net_7b",
        "def create_list",
        "def create_Any",
        "def create_class",
    ]


def test_a_template_of_ones_own(tmp_path: Path) -> None:
    own = "{% macro function(view) %}\n# {{ view.name }}\n"
    shipped = (template_directory() / "function.py.j2").read_text()
    (tmp_path / "function.py.j2").write_text(
        shipped.replace("{% macro function(view) %}\n", own)
    )
    text = emit_module(gpt(), templates=tmp_path)
    assert "# forward\n" in text


def test_a_template_that_leaves_something_out_is_refused(tmp_path: Path) -> None:
    (tmp_path / "class.py.j2").write_text("{% macro class(view) %}{% endmacro %}")
    with pytest.raises(InternalError):
        emit_module(gpt(), templates=tmp_path)
