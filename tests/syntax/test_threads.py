"""Models are made once, whichever thread comes first."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from pydantic import BaseModel, ConfigDict

from modelspec.diagnostics import Source
from modelspec.diagnostics.diagnostic import Report
from modelspec.diagnostics.span import Span
from modelspec.spec.validate import validate_mapping
from modelspec.syntax.nodes import MappingNode

_THREADS = 8


def late_models(count: int) -> list[type[BaseModel]]:
    class Late(BaseModel):
        model_config = ConfigDict(defer_build=True)

    return [type(f"Late{at}", (Late,), {}) for at in range(count)]


@pytest.mark.parametrize("_", range(5))
def test_models_made_in_threads(_: int) -> None:
    node = MappingNode((), Span(Source("a.yaml", "a"), 0, 1))
    before, start = dict(sys.modules), Barrier(_THREADS)

    def validate(model: type[BaseModel]) -> object:
        start.wait()
        return validate_mapping(model, node, "a thing", Report())

    with ThreadPoolExecutor(_THREADS) as pool:
        made = list(pool.map(validate, late_models(_THREADS)))
    assert None not in made
    search = "pydantic.plugin._loader"
    assert sys.modules.get(search) is before.get(search)
