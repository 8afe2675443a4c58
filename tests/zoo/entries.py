"""What the index of the zoo names: for each recorded model the spec that gives it.

`examples/zoo/index.yaml` maps names of models to `spec`, a path from the root of the
repository with a variant behind a colon, and `params` where the variant leaves some
open. What a reference's `forward` does otherwise than the spec's stands here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
import yaml
from torch import nn

from tests.agreement.cases import ROOT, Case, Model
from tests.zoo.compare import Call
from tests.zoo.weights import uniform

INDEX = ROOT / "examples" / "zoo" / "index.yaml"


@dataclass(frozen=True, slots=True)
class Entry:
    """The recorded model, and the spec, variant and params that give it."""

    name: str
    path: Path
    variant: str | None
    params: dict[str, Any]

    @property
    def model(self) -> Model:
        name = self.path.relative_to(ROOT).with_suffix("").as_posix()
        return Model(Case(name, self.path, self.path), self.variant)


@cache
def entries() -> dict[str, Entry]:
    """Every entry of the index, by the name of its model."""
    index = yaml.safe_load(INDEX.read_text(encoding="utf-8"))
    return {name: _entry(name, **fields) for name, fields in index.items()}


def _entry(name: str, spec: str, params: dict[str, Any] | None = None) -> Entry:
    path, _, variant = spec.partition(":")
    return Entry(name, ROOT / path, variant or None, params or {})


CONSTANT = uniform("rand_weight", (20, 20))


def call(module: nn.Module, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Run a model; a constant that is drawn at random is the one of the record."""
    for name, buffer in module.named_buffers():
        if name.rpartition(".")[2] == "rand_weight":
            with torch.no_grad():
                buffer.copy_(CONSTANT)
    return module(*args, **kwargs)


CALLS: dict[str, Call] = {}
"""By name of the model: how it is run where its `forward` takes other arguments."""

ADAPT: dict[str, Callable[[Any], Any]] = {
    "vae": lambda output: output[1:],  # the first is drawn at random, not recorded
}
"""By name of the model: the recorded outputs among what its `forward` returns."""
