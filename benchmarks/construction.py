"""Building from a file against constructing the handwritten model."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import nn

import modelspec
from benchmarks.measure import Ratio, ratio
from tests.agreement.handwritten.gpt import GPT
from tests.agreement.handwritten.resnet import resnet50

EXAMPLES = Path(__file__).parents[1] / "examples"
GOAL = 1.10
MANY = 10_000
MANY_LAYERS = f"""\
modelspec: 1
name: ManyLayers
Sequential:
  - for _ in range({MANY}):
      - Linear(8, 8)
"""


class ManyLayers(nn.Sequential):
    def __init__(self) -> None:
        super().__init__(*(nn.Linear(8, 8) for _ in range(MANY)))


def ratios() -> Iterator[Ratio]:
    yield ratio(
        "build resnet50 from file / handwritten",
        lambda: modelspec.build(EXAMPLES / "zoo" / "resnet.yaml", "resnet50"),
        resnet50,
        repeats=7,
        goal=GOAL,
    )
    yield ratio(
        "build gpt2 124M from file / handwritten",
        lambda: modelspec.build(EXAMPLES / "gpt.yaml", "gpt2"),
        lambda: GPT(vocab_size=50257),
        repeats=5,
        goal=GOAL,
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "many.yaml"
        path.write_text(MANY_LAYERS, encoding="utf-8")
        yield ratio(
            f"build {MANY} Linear on meta / handwritten",
            lambda: modelspec.build(path, device="meta"),
            many_on_meta,
            repeats=7,
            goal=GOAL,
        )


def many_on_meta() -> nn.Module:
    with torch.device("meta"):
        return ManyLayers()
