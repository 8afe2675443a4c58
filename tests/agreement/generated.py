"""Generated source, imported as a user would import it."""

from __future__ import annotations

import importlib.util
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import torch
from torch import nn

from tests.agreement.cases import Case, Model


@contextmanager
def imported(source: str, case: Case, folder: Path) -> Iterator[ModuleType]:
    """The module that a generated file is, gone from `sys.modules` afterwards."""
    name = "generated_" + re.sub(r"\W", "_", case.name)
    path = folder / f"{name}.py"
    path.write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
        yield module
    finally:
        del sys.modules[name]


def maker(module: ModuleType, model: Model, style: str) -> Callable[[], nn.Module]:
    """The function for the variant; the root class where there is none.

    The flat style has none: it is written for one variant, which the class then is.
    """
    name = model.case.text["name"]
    if style == "parametric" and model.variant is not None:
        plain = re.sub(r"\W", "_", model.variant)
        functions = dict(inspect.getmembers(module, inspect.isfunction))
        fitting = [n for n in functions if n == plain or n.endswith(f"_{plain}")]
        name = min(fitting, key=len)
    chosen: Callable[[], nn.Module] = getattr(module, name)
    return chosen


def make(module: ModuleType, model: Model, style: str, seed: int) -> nn.Module:
    torch.manual_seed(seed)
    return maker(module, model, style)()
