"""Building with the weights of a file against constructing and `load_state_dict`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors.torch import load_file
from torch import nn

import modelspec
from benchmarks.measure import Ratio, ratio
from modelspec.backends.torch import save_weights
from tests.agreement.handwritten.gpt import GPT

SPEC = Path(__file__).parents[1] / "examples" / "gpt.yaml"
VARIANT = "gpt2-large"
GOAL = 0.35
LARGE = {"vocab_size": 50257, "n_layer": 36, "n_head": 20, "n_embd": 1280}


def ratios() -> Iterator[Ratio]:
    with saved_weights() as path:
        yield ratio(
            "build gpt2 774M with weights / construct and load",
            lambda: modelspec.build(SPEC, VARIANT, weights=path),
            lambda: construct_and_load(path),
            repeats=3,
            goal=GOAL,
        )


@contextmanager
def saved_weights() -> Iterator[Path]:
    """A file of weights for the variant, as long as it is wanted."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gpt2_large.safetensors"
        save_weights(modelspec.build(SPEC, VARIANT), path)
        yield path


def construct_and_load(path: Path) -> nn.Module:
    """As it is written by hand; the file has the tied tensor once."""
    model = GPT(**LARGE)
    state = load_file(path)
    missing = model.state_dict().keys() - state.keys()
    model.load_state_dict(state, strict=not missing)
    return model
