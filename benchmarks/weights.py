"""Building with the weights of a file against constructing and `load_state_dict`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from safetensors.torch import load_file
from torch import nn

import modelspec
from benchmarks.measure import Ratio, ratio
from modelspec.backends.torch import save_weights
from tests.agreement.handwritten.gpt import GPT

SPEC = Path(__file__).parents[1] / "examples" / "gpt.yaml"
GOAL = 0.35
LARGE = {"vocab_size": 50257, "n_layer": 36, "n_head": 20, "n_embd": 1280}


def ratios() -> Iterator[Ratio]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gpt2_large.safetensors"
        save_weights(modelspec.build(SPEC, "gpt2-large"), path)
        yield ratio(
            "build gpt2 774M with weights / construct and load",
            lambda: modelspec.build(SPEC, "gpt2-large", weights=path),
            lambda: construct_and_load(path),
            repeats=3,
            goal=GOAL,
        )


def construct_and_load(path: Path) -> nn.Module:
    """As it is written by hand; the file has the tied tensor once."""
    model = GPT(**LARGE)
    state = load_file(path)
    missing = model.state_dict().keys() - state.keys()
    model.load_state_dict(state, strict=not missing)
    return model
