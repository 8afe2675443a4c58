"""Running what was built, and what was generated, against the handwritten model."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn

import modelspec
from benchmarks.measure import Ratio, Work, ratio
from tests.agreement.cases import Model, case_named
from tests.agreement.generated import imported, make
from tests.agreement.handwritten.gpt import tiny
from tests.agreement.handwritten.resnet import resnet50

GOAL = 1.01


def ratios() -> Iterator[Ratio]:
    images = torch.randn(1, 3, 96, 96)
    resnet = Model(case_named("examples/resnet"), "resnet50")
    yield from compare("resnet50", resnet, resnet50(), images, times=3)
    tokens = torch.randint(97, (4, 32))
    small_gpt = Model(case_named("examples/gpt"), "tiny")
    yield from compare("small gpt", small_gpt, tiny(), tokens, times=40)


def compare(
    name: str, model: Model, other: nn.Module, given: Tensor, times: int
) -> Iterator[Ratio]:
    by_hand = forward(other, given, times)
    with ours(model) as modules:
        for how, module in modules.items():
            mine = forward(module, given, times)
            label = f"forward of {name}, {how} / handwritten"
            yield ratio(label, mine, by_hand, repeats=25, goal=GOAL, parts=times)


@contextmanager
def ours(model: Model) -> Iterator[dict[str, nn.Module]]:
    """The module that is built, and that of the generated code."""
    built = modelspec.build(model.case.path, model.variant)
    source = modelspec.load(model.case.path).source()
    with tempfile.TemporaryDirectory() as folder:
        with imported(source, model.case, Path(folder)) as module:
            generated = make(module, model, "parametric", seed=0)
        yield {"built": built, "generated": generated}


def forward(model: nn.Module, given: Tensor, times: int) -> Work:
    model.eval()

    def work() -> None:
        with torch.inference_mode():
            for _ in range(times):
                model(given)

    return work
