"""Every snippet of the language reference does what the page says, in both back ends.

A spec with a `text` block below it must be told exactly that. Any other has no mistake,
not even a warning; it is built, generated and imported, both must agree, and what the
page shows of it must be so for both. `tests/docs/examples.py` says how snippets become
whole specs.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import modelspec
from modelspec.diagnostics.codes import all_codes
from modelspec.diagnostics.render import render_full
from tests.agreement import evidence
from tests.agreement.cases import Case, Model
from tests.agreement.generated import imported, make, maker
from tests.agreement.inputs import has_optional, make_inputs
from tests.agreement.test_agreement import same_structure
from tests.docs.examples import (
    OUTPUTS,
    PAGE,
    Example,
    read_examples,
    read_fences,
    write_files,
)
from tests.docs.sessions import run_session
from tests.docs.told import render_told

EXAMPLES = read_examples()
TEXT = PAGE.read_text(encoding="utf-8")
SEED = 20


@pytest.fixture
def spec(example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example as a file, in a folder with the files that the page names."""
    write_files(example, tmp_path)
    monkeypatch.chdir(tmp_path)
    return Path(example.file)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_example(example: Example, spec: Path, tmp_path: Path) -> None:
    """What is wrong is told in these words; what is right is as the page shows it."""
    told = example.shown("text")
    if told:
        assert example.outputs == told, "a wrong spec has no other outputs"
        assert render_told(spec) == told[0].text
        return
    loaded = modelspec.load(spec)
    assert not loaded.diagnostics, render_full(loaded.diagnostics, color=False)
    for fence in example.shown("python"):
        assert fence.text in loaded.source()
    assert loaded.name is not None or not example.shown("pycon")
    if loaded.name is not None:
        compare_back_ends(example, Case("docs", spec.absolute(), spec), tmp_path)


def compare_back_ends(example: Example, case: Case, folder: Path) -> None:
    """Both models of each variant are alike, and the page's sessions hold for both."""
    loaded = modelspec.load(case.path)
    sessions = example.shown("pycon")
    complete = not any(param.is_required for param in loaded.params.values())
    assert complete or sessions, "a spec with required params is built in a session"
    with imported(loaded.source(), case, folder) as module:
        for variant in (None, *loaded.variants) if complete else ():
            model = Model(case, variant)
            mine = modelspec.build(case.path, variant, seed=SEED)
            other = make(module, model, "parametric", SEED)
            same_structure(mine, other)
            assert evidence.different_tensors(mine, other) == []
            same_outputs(model, mine, other)
        for fence in sessions:
            for back_end in ("build", "generate"):
                names = names_of(case, module, back_end, complete=complete)
                assert run_session(fence.text, names, f"{example} ({back_end})") == ""


def same_outputs(model: Model, mine: nn.Module, other: nn.Module) -> None:
    """Where the spec declares shapes, outputs are the same, in train mode too."""
    declared = model.case.text.get("inputs", ["x"])
    if isinstance(declared, list):
        return
    for optional in {False, has_optional(model)}:
        given = make_inputs(model, optional=optional)
        for train in (True, False):
            want = evidence.run(other, given, train=train, seed=SEED)
            got = evidence.run(mine, given, train=train, seed=SEED)
            assert evidence.plain(got) == evidence.plain(want)


def names_of(
    case: Case, module: Any, back_end: str, *, complete: bool
) -> dict[str, Any]:
    """What a session may use; `build` makes the model by one of the back ends."""

    def build(variant: str | None = None, **params: Any) -> nn.Module:
        torch.manual_seed(SEED)
        if back_end == "build":
            return modelspec.build(case.path, variant, **params)
        return maker(module, Model(case, variant), "parametric")(**params)

    names: dict[str, Any] = {"build": build, "torch": torch, "nn": nn}
    return names | ({"model": build().eval()} if complete else {})


def test_every_fence_is_tested() -> None:
    """No snippet stands on the page that nothing runs, and nothing is told twice."""
    fences = list(read_fences())
    assert all(len(one.shown("text")) <= 1 for one in EXAMPLES)
    assert TEXT.count("```") == 2 * len(fences), "a fence begins in the first column"
    assert {fence.language for fence in fences} <= {"yaml", *OUTPUTS}
    assert fences[0].language == "yaml"
    assert all(fence.text.strip() for fence in fences)


def test_comments_are_understood() -> None:
    """A misspelt comment above a fence would silently do nothing."""
    for fence in read_fences():
        for comment in fence.comments:
            assert re.match(r"in: \w+$|with\n", comment), comment
            assert fence.language == "yaml"


def test_files_have_names_of_their_own() -> None:
    named = [one.file for one in EXAMPLES if one.file != "net.yaml"]
    assert sorted(named) == sorted(set(named))


def test_links_lead_somewhere() -> None:
    """Sections are those of the page, files those of the repository."""
    anchors = {anchor(title) for title in re.findall(r"^#+ (.*)$", TEXT, re.M)}
    prose = re.sub(r"^```.*?^```$", "", TEXT, flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if target.startswith("#"):
            assert target[1:] in anchors, target
        elif not target.startswith("https://"):
            assert (PAGE.parent / target).exists(), target


def anchor(title: str) -> str:
    """The anchor that a heading of Markdown gets on GitHub."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def test_contents_are_complete() -> None:
    """The table of contents has every section of the page, in order."""
    contents = TEXT.partition("\n## ")[0]
    titles = re.findall(r"^## (.*)$", TEXT, re.M)
    assert re.findall(r"\[([^]]+)\]\(#", contents) == titles


def test_codes_that_are_named_exist() -> None:
    """A code in running text, `[unknown-layer]`, is one of the table."""
    for code in re.findall(r"`\[([a-z-]+)\]`", TEXT):
        assert code in all_codes()
