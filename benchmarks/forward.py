"""Running what was built, and what was generated, against the handwritten model."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
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
TURNS = 120


def ratios() -> Iterator[Ratio]:
    images = torch.randn(1, 3, 96, 96)
    resnet = Model(case_named("examples/resnet"), "resnet50")
    yield from compare("resnet50", resnet, resnet50(), resnet50(), images, times=1)
    tokens = torch.randint(97, (4, 32))
    small_gpt = Model(case_named("examples/gpt"), "tiny")
    yield from compare("small gpt", small_gpt, tiny(), tiny(), tokens, times=8)


def compare(
    name: str,
    model: Model,
    hand: nn.Module,
    control: nn.Module,
    given: Tensor,
    times: int,
    prepare: Callable[[nn.Module], nn.Module] = nn.Module.eval,
    what: str = "forward",
) -> Iterator[Ratio]:
    """All have the same tensors, so that only their code differs; how exact the figures
    are is told by `control`, a second one by hand."""
    state = hand.state_dict()
    by_hand = forward(prepare(hand), given, times)
    with ours(model) as modules:
        for how, module in {**modules, "by hand once more": control}.items():
            module.load_state_dict(state, assign=True)
            mine = forward(prepare(module), given, times)
            label = f"{what} of {name}, {how} / handwritten"
            goal = None if module is control else GOAL
            yield ratio(
                label,
                mine,
                by_hand,
                repeats=TURNS,
                goal=goal,
                parts=times,
                fastest=True,
            )


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
