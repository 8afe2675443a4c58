"""Weights in files: `.safetensors`, or what `torch.save` wrote of a `state_dict`.

Comes in: a module and paths. Goes out: a file, whole or not at all, or the module's
own tensors filled, all of them or none. Nothing of a file is ever run: pickled files
are read with `weights_only`, and only because the caller named one. What cannot be
written, read or fitted is a `SpecError`.
"""

from modelspec.backends.torch.weights.loading import (
    build_with_weights,
    find_change,
    load_weights,
)
from modelspec.backends.torch.weights.whole import whole_state
from modelspec.backends.torch.weights.writing import save_weights

__all__ = [
    "build_with_weights",
    "find_change",
    "load_weights",
    "save_weights",
    "whole_state",
]
