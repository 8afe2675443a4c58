"""Tensors for a model, made from the `inputs` of its spec.

A size that is a number stays, one that is an expression over params is evaluated, and
a symbolic one is looked up in `SIZES`. Nothing of the compiler is used.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from tests.agreement.cases import Model

SIZES = {"N": 2, "B": 3, "T": 5, "H": 32, "W": 48}

# What cannot be read off the spec: inputs without shapes, images that must be larger.
SHAPES: dict[str, dict[str, tuple[int, ...]]] = {
    "inputs_list": {"left": (3, 4), "right": (5, 4)},
    "examples/zoo/alexnet": {"x": (2, 3, 64, 96)},
}


class Namespace(dict[str, Any]):
    """A dict whose keys are attributes too, as in the language."""

    def __getattr__(self, name: str) -> Any:
        return self[name]


def make_inputs(model: Model, *, optional: bool = False, seed: int = 7) -> list[Any]:
    """Positional arguments for `forward`; optional ones too if asked for."""
    generator = torch.Generator().manual_seed(seed)
    shapes = SHAPES.get(model.case.name, {})
    known = params(model)
    made: list[Any] = []
    for name, declared in _declared(model).items():
        spec = declared if isinstance(declared, dict) else {"shape": declared}
        if spec.get("optional") and not optional:
            break
        shape = shapes.get(name) or tuple(_size(s, known) for s in spec["shape"])
        made.append(_tensor(shape, spec, known, generator))
    return made


def has_optional(model: Model) -> bool:
    every = _declared(model).values()
    return any(isinstance(one, dict) and one.get("optional") for one in every)


def params(model: Model) -> Namespace:
    """Values of params whose defaults are plain, with those of the variant."""
    text = model.case.text
    known = Namespace()
    for name, param in text.get("params", {}).items():
        known[name] = _default(param)
    if model.variant is not None:
        known.update(text["variants"][model.variant])
    return known


def _declared(model: Model) -> dict[str, Any]:
    declared = model.case.text.get("inputs", ["x"])
    return {n: {} for n in declared} if isinstance(declared, list) else declared


def _default(param: Any) -> Any:
    if isinstance(param, dict):
        return _spaced(param.get("default"))
    if isinstance(param, str):
        _, _, default = param.partition(" = ")
        return _evaluate(default, Namespace())
    return param


def _spaced(value: Any) -> Any:
    if isinstance(value, dict):
        return Namespace({key: _spaced(item) for key, item in value.items()})
    return value


def _evaluate(text: str, known: Namespace) -> Any:
    """The value of an expression of a spec of ours; None for what is no plain value."""
    try:
        return eval(text, {"inf": math.inf, "torch": torch}, known)
    except (NameError, SyntaxError):
        return None


def _size(size: int | str, known: Namespace) -> int:
    if isinstance(size, int):
        return size
    if size in SIZES and size not in known:
        return SIZES[size]
    value = _evaluate(size, known)
    assert isinstance(value, int), f"no size for {size!r}"
    return value


def _tensor(
    shape: tuple[int, ...],
    spec: dict[str, Any],
    known: Namespace,
    generator: torch.Generator,
) -> Tensor:
    match spec.get("dtype", "float32"):
        case "int64":
            high = str(spec["max"]).removeprefix("${").removesuffix("}")
            return torch.randint(_evaluate(high, known), shape, generator=generator)
        case "bool":
            mask = torch.rand(shape, generator=generator) < 0.3
            return mask.index_fill(-1, torch.tensor([0]), False)
        case dtype:
            return torch.randn(shape, generator=generator, dtype=getattr(torch, dtype))
