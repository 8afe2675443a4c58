"""The pictures that are kept: expected ones of tests, and those of documents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import modelspec
from modelspec.report.graph.drawing import SUFFIXES

ROOT = Path(__file__).resolve().parents[2]
EXPECTED = Path(__file__).parent / "expected"
KEPT = (".mmd", ".dot", ".svg", ".md")
DOCUMENTS = {
    ROOT / "docs" / "resnet18.svg": "zoo/resnet.yaml:resnet18",
    ROOT / "docs" / "gpt2.svg": "zoo/hf_gpt2.yaml",
}


def pictures() -> Iterator[tuple[Path, str]]:
    """Every file and what should be in it."""
    for path in sorted(EXPECTED.glob("*.yaml")):
        drawing = modelspec.load(path).graph()
        for suffix in KEPT:
            yield path.with_suffix(suffix), drawing.text(SUFFIXES[suffix])
    for path, name in DOCUMENTS.items():
        drawing = modelspec.load(ROOT / "examples" / name).graph()
        yield path, drawing.svg()
