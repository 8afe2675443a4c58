"""Building from a file against constructing the handwritten model."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import modelspec
from benchmarks.growth import ManyLayers, many_text, on_device
from benchmarks.measure import Ratio, ratio
from tests.agreement.handwritten.gpt import GPT
from tests.agreement.handwritten.resnet import resnet50

EXAMPLES = Path(__file__).parents[1] / "examples"
GOAL = 1.05
MANY_GOAL = 1.3
MANY = 10_000


def ratios() -> Iterator[Ratio]:
    yield ratio(
        "build resnet50 from file / handwritten",
        lambda: modelspec.build(EXAMPLES / "resnet.yaml", "resnet50"),
        resnet50,
        repeats=15,
        goal=GOAL,
    )
    loaded = modelspec.load(EXAMPLES / "resnet.yaml")
    yield ratio(
        "build resnet50 of a spec that is loaded / handwritten",
        lambda: loaded.build("resnet50"),
        resnet50,
        repeats=15,
        goal=GOAL,
    )
    yield ratio(
        "build gpt2 124M from file / handwritten",
        lambda: modelspec.build(EXAMPLES / "gpt.yaml", "gpt2"),
        lambda: GPT(vocab_size=50257),
        repeats=7,
        goal=GOAL,
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "many.yaml"
        path.write_text(many_text(MANY), encoding="utf-8")
        yield ratio(
            f"build {MANY:,} Linear on meta / handwritten",
            lambda: modelspec.build(path, device="meta"),
            on_device("meta", lambda: ManyLayers(MANY)),
            repeats=7,
            goal=MANY_GOAL,
        )
