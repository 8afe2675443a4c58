"""Sizes that inputs leave open, and what a run on them shows; without torch."""

from modelspec.sizes.multiples import assume_multiples, find_multiples
from modelspec.sizes.observation import (
    Edge,
    Forced,
    Many,
    Observation,
    Step,
    Tensor,
    Value,
    tensors_of,
)
from modelspec.sizes.size import Size, Symbolic, evaluate, symbol
from modelspec.sizes.text import render_shape, render_size

__all__ = [
    "Edge",
    "Forced",
    "Many",
    "Observation",
    "Size",
    "Step",
    "Symbolic",
    "Tensor",
    "Value",
    "assume_multiples",
    "evaluate",
    "find_multiples",
    "render_shape",
    "render_size",
    "symbol",
    "tensors_of",
]
