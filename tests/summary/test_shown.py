"""How a summary shows itself: on the command line, in files, in a notebook."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import modelspec
from modelspec.report.summary import FORMATS, Summary
from tests.cli.commands import RESNET, ROOT, Result, run, run_without_torch

MLP = """\
modelspec: 1
name: MLP
inputs: {x: [N, 8]}
modules:
  hidden:
    Sequential:
      - for _ in range(3):
          - Linear(8, 8)
  head: Linear(8, 2)
"""
TEXT = """\
MLP: x [N, 8] -> [N, 2]

name    type        input   output  parameters    weights  mult-adds  activations
---------------------------------------------------------------------------------
hidden  Sequential  [N, 8]  [N, 8]         216  864 bytes        192     96 bytes
  0-2   Linear x3   [N, 8]  [N, 8]          72  288 bytes         64     32 bytes
head    Linear      [N, 8]  [N, 2]          18   72 bytes         16      8 bytes

parameters     234
weights        936 bytes float32
multiply-adds  208 for one sample (N = 1)
activations    104 bytes, all tensors that one forward makes

x2, x3, ... are equal neighbours: the figures are those of one
"""
TABLES = ("json", "csv", "md", "html")


@pytest.fixture
def path(tmp_path: Path) -> str:
    path = tmp_path / "mlp.yaml"
    path.write_text(MLP, encoding="utf-8")
    return str(path)


def rows_of(result: Result) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(result.out)["rows"]
    return found


def test_text(path: str) -> None:
    found = run("summary", path)
    assert (found.status, found.err) == (0, "")
    assert found.out == TEXT


def test_columns_give_way_to_the_width() -> None:
    """One after another, and lines are no wider than asked for."""
    found = modelspec.load(f"{RESNET}:resnet18").summary()
    whole = len(found.text(None, 1).splitlines()[3])
    shown = []
    for width in range(whole, 83, -1):
        head, rule = found.text(width, 1).splitlines()[2:4]
        assert set(rule) == {"-"}
        assert len(rule) <= width
        shown += [heads] if (heads := head.split()) not in shown else []
    gone = [
        left for more, fewer in pairwise(shown) for left in more if left not in fewer
    ]
    assert gone == ["weights", "buffers", "input", "activations"]
    assert shown[-1] == ["name", "type", "output", "parameters", "mult-adds"]


def test_depth(path: str) -> None:
    """Rows deeper than asked for are left out; figures are of all that is in a row."""
    shown = run("summary", path, "--depth", "1").out
    assert "hidden" in shown
    assert "0-2" not in shown
    assert rows_of(run("summary", path, "--depth", "0", "--format", "json")) == [
        rows_of(run("summary", path, "--format", "json"))[0]
    ]


def test_json(path: str) -> None:
    """Keys and their order are what `docs/summary.md` tells."""
    found = run("summary", path, "--format", "json", "--optimizer", "adam")
    document = json.loads(found.out)
    assert list(document) == [
        *("version", "name", "variant", "params", "inputs", "output", "sizes"),
        *("batch", "multiples", "note", "totals", "training", "rows"),
    ]
    assert document["version"] == 1
    assert document["rows"][2] == {
        "name": "hidden.0",
        "depth": 2,
        "kind": "module",
        "type": "Linear",
        "repeats": ["hidden.0", "hidden.1", "hidden.2"],
        "input": [{"shape": ["N", 8], "dtype": "float32"}],
        "output": [{"shape": ["N", 8], "dtype": "float32"}],
        "calls": 1,
        "own_parameters": 72,
        "parameters": 72,
        "frozen_parameters": 0,
        "shared_parameters": 0,
        "buffers": 0,
        "weight_bytes": {"float32": 288},
        "multiply_adds": {"count": 64, "expression": "64*N"},
        "activation_bytes": {"count": 32, "expression": "32*N"},
        "notes": [],
    }
    assert document["totals"]["parameters"] == 234
    assert document["training"]["optimizer"] == "adam"
    parts = {one["part"]: one["bytes"] for one in document["training"]["parts"]}
    assert document["training"]["bytes"] == sum(parts.values())
    assert list(parts) == ["weights", "gradients", "optimizer", "activations"]


def test_expressions_in_json() -> None:
    """Exact for any size, and the number beside it is their value."""
    found = modelspec.load(f"{RESNET}:resnet50").summary()
    document = json.loads(found.json())
    assert document["multiples"] == {"H": 32, "W": 32}
    assert document["rows"][0]["output"] == [{"shape": ["N", 1000], "dtype": "float32"}]
    figure = document["totals"]["multiply_adds"]
    assert eval(figure["expression"], {**document["sizes"]}) == figure["count"]
    doubled = found.observation
    assert doubled is not None
    concrete = modelspec.load(f"{RESNET}:resnet50").summary(input={"x": (4, 3, 64, 96)})
    sizes = {"N": 4, "H": 64, "W": 96}
    assert eval(figure["expression"], sizes) == concrete.count(concrete.root.tally.macs)


def test_csv(path: str) -> None:
    found = run("summary", path, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(found.out)))
    assert [row["name"] for row in rows] == ["", "hidden", "hidden.0", "head"]
    assert [row["repeats"] for row in rows] == ["1", "1", "3", "1"]
    assert [row["parameters"] for row in rows] == ["234", "216", "72", "18"]
    assert rows[2]["output"] == "[N, 8]"


def test_markdown(path: str) -> None:
    """Names are whole, as in the state_dict."""
    found = run("summary", path, "--format", "md")
    lines = found.out.splitlines()
    assert lines[0] == "**MLP**: `x [N, 8] -> [N, 2]`"
    assert lines[5].startswith(
        "| `hidden.0-2` | Linear x3 | `[N, 8]` | `[N, 8]` | 72 |"
    )
    assert {line.count("|") for line in lines if line.startswith("|")} == {9}


@pytest.mark.parametrize("format", TABLES)
def test_what_a_spec_says_is_no_markup(format: str) -> None:
    """Neither names nor types nor params end a cell or begin a tag."""
    bare = modelspec.loads(MLP).summary()
    named = replace(bare, name="<i>|x`*\n", variant="</td>")
    found = FORMATS[format](named, None)
    if format == "html":
        assert "<i>" not in found
        assert _Balanced(found).is_right
    elif format == "md":
        assert found.startswith("**\\<i\\>\\|x\\`\\*\u240a")
    assert len(found.splitlines()) == len(FORMATS[format](bare, None).splitlines())


class _Balanced(HTMLParser):
    """Whether every tag is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._open: list[str] = []
        self._is_right = True
        self.feed(text)

    @property
    def is_right(self) -> bool:
        return self._is_right and not self._open

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self._is_right = self._is_right and self._open.pop() == tag


def test_a_notebook_shows_html() -> None:
    found = modelspec.loads(MLP).summary()
    assert found._repr_html_() == found.html()
    assert str(found) == found.text()
    assert repr(found) == "Summary(MLP, 234 parameters)"


def test_options(path: str) -> None:
    given = run("summary", path, "--input", "x=4x8", "--dtype", "float16")
    assert "MLP: x [4, 8] -> [4, 2]" in given.out
    assert "468 bytes float16" in given.out
    chosen = run("summary", f"{RESNET}:resnet18", "--set", "num_classes=7")
    assert "ResNet (resnet18): x [N, 3, H, W] -> [N, 7]" in chosen.out
    assert "shapes are written for H and W multiples of 32" in chosen.out


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (("--input", "x=4x9"), 2, "wrong-input"),
        (("--set", "widht=4"), 2, "unknown-param"),
        (("--dtype", "float23"), 2, "unknown-dtype"),
        (("--optimizer", "adamwow"), 2, "invalid choice"),
        (("--format", "full"), 2, "invalid choice"),
    ],
)
def test_what_the_caller_gets_wrong(
    path: str, arguments: tuple[str, ...], status: int, told: str
) -> None:
    found = run("summary", path, *arguments)
    assert (found.status, found.out) == (status, "")
    assert told in found.err


def test_a_wrong_spec(tmp_path: Path) -> None:
    """A mistake in shapes is told at its place, and nothing is shown."""
    path = tmp_path / "mlp.yaml"
    path.write_text(MLP.replace("Linear(8, 2)", "Linear(7, 2)"), encoding="utf-8")
    found = run("summary", str(path), "--format", "json")
    assert (found.status, found.out) == (1, "")
    assert "shape-mismatch" in found.err


def test_files_of_a_build(path: str, tmp_path: Path) -> None:
    """`build -o` writes the same as data; markdown has a picture above it."""
    files = [tmp_path / "out.json", tmp_path / "out.md"]
    found = run("build", path, "-o", str(files[0]), "-o", str(files[1]))
    assert found.status == 0
    for file, format in zip(files, ("json", "md"), strict=True):
        shown = run("summary", path, "--format", format).out
        written = file.read_text(encoding="utf-8")
        assert written.endswith(shown)
        assert ("```mermaid" in written) == (format == "md")
    assert run("build", path, "-o", str(files[0])).status == 2
    assert run("build", path, "-o", str(files[0]), "--force").status == 0


def test_rows_and_renderers_need_no_torch() -> None:
    """What a summary is made of, and its help, are there without torch."""
    found = run_without_torch("summary", "--help")
    assert found.status == 0
    assert "--optimizer" in found.out


def test_summaries_are_values() -> None:
    """Two of one spec show the same, whatever was summarised between them."""
    name = str(ROOT / "examples" / "tied.yaml")
    first = modelspec.load(name).summary(optimizer="adamw")
    modelspec.loads(MLP).summary()
    second = modelspec.load(name).summary(optimizer="adamw")
    assert isinstance(first, Summary)
    for format in TABLES:
        assert FORMATS[format](first, None) == FORMATS[format](second, None)


def test_the_same_under_any_hash_seed() -> None:
    """Data, with shared parameters and symbols in it."""
    name = str(ROOT / "tests" / "cases" / "ties_and_freezes" / "spec.yaml")
    command = [sys.executable, "-m", "modelspec", "summary", name, "--format", "json"]
    shown = {
        subprocess.run(
            [*command, "--optimizer", "adafactor"],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(shown) == 1
    assert json.loads(shown.pop())["name"] == "TiesAndFreezes"
