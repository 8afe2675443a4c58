"""The same as `forward`, compiled by torch with its own back end, inductor."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import nn

from benchmarks.forward import compare
from benchmarks.measure import Row, Skipped
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
    torch.compiler.reset()
    yield from compare(
        *("resnet18", resnet, resnet18(), resnet18(), images),
        times=2,
        prepare=_compiled,
        what="compiled forward",
    )
    tokens = torch.randint(97, (4, 32))
    small_gpt = Model(case_named("examples/gpt"), "tiny")
    torch.compiler.reset()
    yield from compare(
        *("small gpt", small_gpt, tiny(), tiny(), tokens),
        times=20,
        prepare=_compiled,
        what="compiled forward",
    )


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
