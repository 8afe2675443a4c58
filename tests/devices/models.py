"""Models to compare, each with its generated source as a module."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

import modelspec
from tests.agreement import inputs
from tests.agreement.cases import Model, case_named
from tests.agreement.generated import maker

SEED = 5

MODELS = [
    Model(case_named(name), variant)
    for name, variant in (
        ("examples/gpt", "tiny"),
        ("examples/init_rules", None),
        ("examples/init_text", None),
        ("examples/lstm_lm", "tiny_tied"),
        ("examples/nest_mlp", None),  # with a buffer that is drawn
        ("examples/standard_transformer", "tiny"),
        ("examples/zoo/hf_bert", "tiny"),  # with buffers of integers
        ("examples/zoo/hf_gpt2", "tiny"),  # with masks
        ("examples/zoo/hf_llama", "tiny_qwen2"),  # with a buffer that is computed
        ("examples/zoo/mobilenet_v3", "mobilenet_v3_small"),
    )
]


def build(model: Model, **options: Any) -> nn.Module:
    return modelspec.build(model.case.path, model.variant, seed=SEED, **options)


def generate(model: Model, device: str, dtype: torch.dtype) -> nn.Module:
    """Made as a user of the generated source makes it."""
    torch.manual_seed(SEED)
    with torch.device(device), default_dtype(dtype):
        return _maker(model)()


def make_inputs(model: Model, device: str, dtype: torch.dtype) -> list[Any]:
    """Inputs of the model on the device; what is floating has the dtype."""
    given = inputs.make_inputs(model)
    return [_moved(one, device, dtype) for one in given]


def _moved(given: Any, device: str, dtype: torch.dtype) -> Any:
    if not isinstance(given, Tensor):
        return given
    return given.to(device, dtype if given.is_floating_point() else given.dtype)


@contextmanager
def default_dtype(dtype: torch.dtype) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


@cache
def _maker(model: Model) -> Callable[[], nn.Module]:
    name = f"generated_for_devices_{model}".replace("/", "_").replace(":", "_")
    spec = importlib.util.spec_from_loader(name, loader=None)
    assert spec is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    text = modelspec.load(model.case.path).source()
    sys.modules[name] = module
    exec(compile(text, name, "exec"), vars(module))
    return maker(module, model, "parametric")
