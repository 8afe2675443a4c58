"""How specs use standard blocks: scope, cost, failures, pickles, packages."""

from __future__ import annotations

import ast
import copy
import io
import pickle
import re
import subprocess
import sys
import traceback
from pathlib import Path

import pytest
import torch
from torch import nn

import modelspec
from modelspec.cli import main
from modelspec.program import standard
from modelspec.program.standard import STANDARD_BLOCKS
from modelspec.resources import standard_path
from tests.cli.commands import ROOT

HEAD = "modelspec: 1\nname: Net\n"


def load(body: str) -> modelspec.Spec:
    return modelspec.loads(HEAD + body)


def refusal(body: str) -> str:
    with pytest.raises(modelspec.SpecError) as caught:
        load(body).build()
    return str(caught.value)


# --- the library itself ---------------------------------------------------------------


def test_every_file_is_a_block_that_is_known_and_has_a_doc() -> None:
    folder = standard_path("Residual").parent
    assert {path.stem for path in folder.iterdir()} == set(STANDARD_BLOCKS)
    for name in STANDARD_BLOCKS:
        spec = modelspec.load(standard_path(name))
        assert spec.name == name
        assert spec.doc
        assert not spec.diagnostics


@pytest.mark.parametrize("name", STANDARD_BLOCKS)
def test_signatures_are_those_of_the_files(name: str) -> None:
    """The help of diagnostics shows what the file declares."""
    shown = ast.parse(f"f({STANDARD_BLOCKS[name]})", mode="eval").body
    assert isinstance(shown, ast.Call)
    told = [(ast.unparse(one), None) for one in shown.args]
    told += [(str(one.arg), ast.unparse(one.value)) for one in shown.keywords]
    root = modelspec.load(standard_path(name)).program.root_block
    assert root is not None
    declared = [
        (one.name, one.default and ast.unparse(one.default).removeprefix("nn."))
        for one in root.params
    ]
    assert [(n, default or None) for n, default in declared] == told


def test_signatures_are_those_of_the_language() -> None:
    """Section 9: names, their order, defaults."""
    assert list(STANDARD_BLOCKS) == [
        *("Residual", "Concat", "Add", "DropPath", "Permute", "LayerNorm2d"),
        *("ConvNormAct", "SqueezeExcite", "MLP", "SelfAttention"),
    ]
    assert STANDARD_BLOCKS["ConvNormAct"] == (
        "in_channels, out_channels, kernel_size=3, stride=1, padding=None, groups=1, "
        "dilation=1, norm=BatchNorm2d, act=ReLU, bias=None"
    )


def test_no_file_is_read_where_no_name_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """And only those that are used are."""
    read: list[str] = []
    original = standard.standard_source
    monkeypatch.setattr(
        "modelspec.program.lowering.standard.standard_source",
        lambda name: read.append(name) or original(name),
    )
    modelspec.load(ROOT / "examples/resnet.yaml")
    load("blocks: {MLP: {Sequential: [ReLU]}}\nSequential: [MLP, {Add: [MLP]}]")
    assert read == ["Add"]


# --- scope ----------------------------------------------------------------------------


def test_a_block_that_could_not_be_read_still_shadows() -> None:
    """The mistake is told once, and the use is not taken for another block's."""
    with pytest.raises(modelspec.SpecError) as caught:
        load("blocks: {MLP: 3}\nSequential: ['MLP()']")
    assert [one.code for one in caught.value.diagnostics] == ["wrong-kind"]


def test_standard_blocks_do_not_see_the_names_of_the_spec() -> None:
    """A function of the same name as a block's own gets out of its way."""
    spec = load(
        "functions:\n  split_heads: |\n    def split_heads(n):\n        return n + 2\n"
        "blocks: {Linear: {params: {n: int}, Sequential: ['nn.Linear(n, n)']}}\n"
        "Sequential: ['SelfAttention(split_heads(4), 2)', 'Linear(6)']"
    )
    model = spec.build()
    assert next(iter(model.state_dict())) == "0.qkv.weight"
    assert model[0].qkv.weight.shape == (18, 6)
    namespace: dict[str, type[nn.Module]] = {}
    exec(spec.source(), namespace)
    assert list(namespace["Net"]().state_dict()) == list(model.state_dict())
    assert spec.blocks == ("Linear", "Net")


def test_source_holds_what_is_used_and_nothing_else() -> None:
    source = load("Sequential: [{Residual: ['MLP(4, 8)']}]").source()
    classes = re.findall(r"^class (\w+)", source, re.MULTILINE)
    assert classes == ["Residual", "MLP", "Net"]
    assert "Two linear layers" in source


def test_a_package_of_specs_that_share_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each module stands by itself; the package exports the specs' own classes."""
    (tmp_path / "net.yaml").write_text(HEAD + "Sequential: ['MLP(4, 8)']")
    (tmp_path / "lib.yaml").write_text(
        "modelspec: 1\nblocks: {Other: {Sequential: ['MLP(4, 8)']}}"
    )
    monkeypatch.chdir(tmp_path)
    assert main(["generate", "net.yaml", "lib.yaml", "-o", "package"]) == 0
    init = (tmp_path / "package" / "__init__.py").read_text()
    assert '__all__ = ["Net", "Other"]' in init
    code = "import package; print(package.Net()(__import__('torch').ones(1, 4)).shape)"
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert shown.stdout == "torch.Size([1, 4])\n"


# --- failures -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "place", "words"),
    [
        (
            "Sequential:\n- ReLU\n- ConvNormAct(3, 8, groups=2)",
            ":5:3",
            "in ConvNormAct",
        ),
        (
            "Sequential:\n- ConvNormAct(3, 8, norm=Linear)",
            ":4:3",
            "at `norm(out_channels)` in ConvNormAct",
        ),
        ("Sequential:\n- Residual: [{Add: ['SelfAttention(7, 2)']}]", ":4:22", "(7)"),
        ("extends: ConvNormAct(3, 8, groups=2)", ":3:10", "in ConvNormAct"),
        (
            "blocks: {A: {Sequential: ['SelfAttention(7, 2)']}}\nSequential: [A]",
            ":3:28",
            "used here",
        ),
    ],
)
def test_a_failure_inside_is_told_at_the_use(body: str, place: str, words: str) -> None:
    """With the signature, and without a line of a file that is not the user's."""
    shown = refusal(body)
    assert f"--> <text>{place}" in shown
    assert words in shown
    assert re.search(r"= help: (ConvNormAct|SelfAttention)\(\w+, ", shown)
    assert "standard/" not in shown


def test_the_build_tells_it_there_too() -> None:
    """What only a value of the caller brings about."""
    spec = load("params: {n: 8}\nSequential:\n- SelfAttention(n, 2)")
    with pytest.raises(modelspec.SpecError) as caught:
        spec.build(n=9)
    (found,) = caught.value.diagnostics
    assert found.span is not None
    assert found.span.text == "SelfAttention(n, 2)"
    assert found.help == (f"SelfAttention({STANDARD_BLOCKS['SelfAttention']})",)


def test_a_run_that_fails_inside_is_told_at_the_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        HEAD + "inputs: {x: [N, 3]}\nSequential:\n- Identity\n"
        "- Residual:\n  - Linear(3, 4)\n  - MLP(5, 6)"
    )
    assert main(["build", str(path)]) == 1
    shown = capsys.readouterr()
    assert "net.yaml:8:5" in shown.err + shown.out
    assert "standard/" not in shown.err + shown.out


def test_a_traceback_shows_the_real_file_and_line() -> None:
    model = load("Sequential:\n- Residual: ['Linear(4, 3)']").build()
    with pytest.raises(RuntimeError) as caught:
        model(torch.ones(2, 4))
    path = standard_path("Residual")
    line = path.read_text().splitlines().index("  return x + super().forward(x)") + 1
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (last.filename, last.lineno) == (str(path), line)
    assert last.line == "return x + super().forward(x)"


# --- copies ---------------------------------------------------------------------------


def test_copies_and_pickles_are_equal_models(tmp_path: Path) -> None:
    (tmp_path / "lib.yaml").write_text(
        "modelspec: 1\nblocks: {Tail: {Sequential: ['MLP(4, 8)']}}"
    )
    path = tmp_path / "net.yaml"
    path.write_text(
        HEAD + "imports: {lib.yaml: [Tail]}\n"
        "Sequential: [{Residual: ['SelfAttention(4, 2)', Tail]}]"
    )
    model = modelspec.build(path, seed=0)
    buffer = io.BytesIO()
    torch.save(model, buffer)
    buffer.seek(0)
    x = torch.ones(1, 2, 4)
    for other in (
        copy.deepcopy(model),
        pickle.loads(pickle.dumps(model)),
        torch.load(buffer, weights_only=False),
    ):
        assert type(other[0]) is type(model[0])
        assert torch.equal(other(x), model(x))


def test_a_pickle_is_read_where_the_spec_is_gone(tmp_path: Path) -> None:
    model = load("Sequential: [{Residual: ['MLP(4, 8)']}]").build()
    target = tmp_path / "model.pt"
    torch.save(model, target)
    code = f"import torch; print(torch.load({str(target)!r}, weights_only=False))"
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert shown.stdout == f"{model}\n"


def test_which_take_children() -> None:
    """What is known of them without reading them is what they say themselves."""
    from modelspec.program.standard import TAKE_CHILDREN
    from modelspec.spec.standard import standard_blocks

    taking = {
        block.name
        for block in standard_blocks()
        if any(one.type == "children" for one in block.arguments)
    }
    assert taking == TAKE_CHILDREN
