"""Weights and inputs that follow from names alone, the same on every machine.

So a recorded model can be compared with no download: the values of each tensor are
given by its key and shape, those of each input by the model's name and its place.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from tests.zoo.facts import Facts

STATISTICS = ("running_mean", "running_var")


def uniform(seed: str, shape: Iterable[int]) -> Tensor:
    """Numbers in [0, 1) in float32, the same for the same seed on every machine.

    Some records fix a constant of the model, by the name in their note, this way.
    """
    return torch.rand(tuple(shape), generator=_generator(seed), dtype=torch.float32)


def weight_values(key: str, shape: Iterable[int], gain: float = 1.0) -> Tensor:
    """The values of the tensor that a ``state_dict`` names ``key``.

    Uniform noise of mean 0 and variance 1, seeded by the key, then scaled: running
    statistics and one-dimensional tensors stay near their usual start, weights of
    two and more dimensions are divided by the root of their fan-in. The order of the
    operations is part of the rule, so that every bit is the same everywhere.
    """
    noise = (2 * uniform(key, shape) - 1) * math.sqrt(3.0)
    leaf = key.rpartition(".")[2]
    if leaf == "running_mean":
        return 0.1 * noise
    if leaf == "running_var":
        return 0.5 + 0.5 * noise.abs()
    if noise.dim() <= 1:
        return 0.1 * noise if "bias" in leaf else 1 + 0.1 * noise
    fan_in = noise.numel() / noise.shape[0]
    return gain * noise / math.sqrt(max(1.0, fan_in))


@torch.no_grad()
def fill_weights(module: nn.Module, gain: float = 1.0) -> None:
    """Give every parameter and running statistic its value, in place.

    A tensor under several keys takes the value of the first. Other buffers, and
    tensors of integers, stay as constructed.
    """
    done: set[int] = set()
    for key, tensor in module.state_dict(keep_vars=True).items():
        statistic = key.rpartition(".")[2] in STATISTICS
        wanted = statistic or isinstance(tensor, nn.Parameter)
        if wanted and tensor.is_floating_point() and id(tensor) not in done:
            done.add(id(tensor))
            tensor.data.copy_(weight_values(key, tensor.shape, gain))


def make_inputs(
    model: Facts, dtype: torch.dtype = torch.float64
) -> tuple[list[Any], dict[str, Any]]:
    """The recorded inputs as positional and keyword arguments."""
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for index, recipe in enumerate(model.inputs):
        value = _input(recipe, f"input:{model.name}:{index}", dtype)
        if recipe.get("keyword"):
            kwargs[recipe["name"]] = value
        else:
            args.append(value)
    return args, kwargs


def _input(recipe: dict[str, Any], seed: str, dtype: torch.dtype) -> Any:
    match recipe["kind"]:
        case "const":
            return recipe["value"]
        case "list" | "tuple" as kind:
            parts = enumerate(recipe["items"])
            items = [_input(part, f"{seed}.{i}", dtype) for i, part in parts]
            return items if kind == "list" else tuple(items)
        case "ints":
            low, high, shape = recipe.get("low", 0), recipe["high"], recipe["shape"]
            return torch.randint(low, high, shape, generator=_generator(seed))
        case "uniform":
            noise = 2 * uniform(seed, recipe["shape"]) - 1
            return (recipe.get("scale", 1.0) * noise).to(dtype)
        case kind:
            raise ValueError(f"unknown kind of input: {kind}")


def _generator(text: str) -> torch.Generator:
    return torch.Generator().manual_seed(zlib.crc32(text.encode()))
