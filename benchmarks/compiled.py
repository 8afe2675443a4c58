"""The same as `forward`, compiled by torch with its own back end, inductor."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from benchmarks.forward import GOAL, forward, ours
from benchmarks.measure import Row, Skipped, ratio
from tests.agreement.cases import Model, case_named
from tests.agreement.handwritten.gpt import tiny
from tests.agreement.handwritten.resnet import resnet18


def ratios() -> Iterator[Row]:
    refusal = _refusal()
    if refusal is not None:
        yield Skipped("compiled forward", refusal)
        return
    images = torch.randn(1, 3, 96, 96)
    resnet = Model(case_named("examples/resnet"), "resnet18")
    yield from _compare("resnet18", resnet, resnet18(), images, times=6)
    tokens = torch.randint(97, (4, 32))
    small_gpt = Model(case_named("examples/gpt"), "tiny")
    yield from _compare("small gpt", small_gpt, tiny(), tokens, times=60)


def _compare(
    name: str, model: Model, other: nn.Module, given: Tensor, times: int
) -> Iterator[Row]:
    torch.compiler.reset()
    by_hand = forward(_compiled(other), given, times)
    with ours(model) as modules:
        for how, module in modules.items():
            mine = forward(_compiled(module), given, times)
            label = f"compiled forward of {name}, {how} / handwritten"
            yield ratio(label, mine, by_hand, repeats=25, goal=GOAL, parts=times)


def _compiled(module: nn.Module) -> nn.Module:
    module.eval().compile(fullgraph=True)
    return module


def _refusal() -> str | None:
    """Why torch cannot compile here, such as that there is no compiler of C++."""
    try:
        torch.compile(lambda x: x.cos() + 1, fullgraph=True)(torch.ones(8))
    except Exception as error:
        return str(error).strip().split("\n")[0][:120]
    return None
