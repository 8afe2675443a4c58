"""Specs as texts, and what becomes of them, for the tests of this folder."""

from __future__ import annotations

from typing import Any

import pytest
from torch import nn

from modelspec.backends.torch import ModuleClasses, build_classes, instantiate
from modelspec.backends.torch.pickling import Rebuild
from modelspec.diagnostics.diagnostic import Diagnostic, SpecError
from modelspec.driver import compile_text
from modelspec.policy import Limits, Policy


def classes_of(text: str, limits: Limits | None = None) -> ModuleClasses:
    """The classes of a spec; its pickles hold the text."""
    source = f"modelspec: 1\n{text}"
    program = compile_text(source.encode(), Policy()).require()

    def reduce(name: str) -> Rebuild:
        return rebuild, (text, name)

    return build_classes(program, limits or Limits(), reduce)


def rebuild(text: str, name: str) -> type[nn.Module]:
    """What a pickle calls to have a class again."""
    return classes_of(text)[name]


def build(text: str, limits: Limits | None = None, **params: Any) -> Any:
    """The root of a spec."""
    return instantiate(classes_of(text, limits), params)


def failure(text: str, limits: Limits | None = None, **params: Any) -> Diagnostic:
    """The one diagnostic with which building ends."""
    classes = classes_of(text, limits)
    with pytest.raises(SpecError) as caught:
        instantiate(classes, params)
    return caught.value.diagnostics[0]


def text_at(found: Diagnostic) -> str:
    """What a diagnostic underlines."""
    assert found.span is not None
    return found.span.text
