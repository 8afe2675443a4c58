"""Every recorded model has a spec that equals it, built directly and from its source.

Keys, shapes, order, kinds, types, ties, buffers and counts are compared for all. Models
with recorded outputs are run; the others, too large for that, are made without storage.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
import torch
from torch import nn

import modelspec
from tests.agreement import evidence
from tests.agreement.generated import imported, maker
from tests.zoo.compare import differences
from tests.zoo.entries import ADAPT, CALLS, Entry, call, entries
from tests.zoo.facts import Facts, facts, names

SEED = 3
LARGE = 30_000_000
"""Parameters from which on the flat source is compared without storage."""


def test_the_index_names_the_recorded_models() -> None:
    """No record lies about that nothing is compared with, and nothing else is named."""
    assert sorted(entries()) == names()


every_entry = pytest.mark.parametrize("entry", entries().values(), ids=lambda e: e.name)


class Sources:
    """Modules of generated source, each written and imported once."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder, self._stack = folder, stack
        self._modules: dict[Path, ModuleType] = {}
        self._count = 0

    def parametric(self, entry: Entry) -> ModuleType:
        if entry.path not in self._modules:
            source = modelspec.load(entry.path).source()
            self._modules[entry.path] = self._imported(source, entry)
        return self._modules[entry.path]

    def flat(self, entry: Entry) -> ModuleType:
        named = f"{entry.path}:{entry.variant}" if entry.variant else entry.path
        return self._imported(modelspec.load(named).source("flat"), entry)

    def _imported(self, source: str, entry: Entry) -> ModuleType:
        self._count += 1
        case = replace(entry.model.case, name=f"zoo_{self._count}")
        return self._stack.enter_context(imported(source, case, self._folder))


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sources]:
    with ExitStack() as stack:
        yield Sources(tmp_path_factory.mktemp("zoo"), stack)


@every_entry
def test_the_built_model_equals_the_recorded(entry: Entry) -> None:
    recorded = facts(entry.name)
    assert unlike(build(entry, device_for(recorded)), recorded) == []


@every_entry
def test_the_source_gives_the_recorded_model(entry: Entry, sources: Sources) -> None:
    """As the built one, down to the first draws of the weights."""
    recorded = facts(entry.name)
    make = maker(sources.parametric(entry), entry.model, "parametric")
    device = device_for(recorded)
    with torch.device(device):
        torch.manual_seed(SEED)
        module = make(**entry.params)
    assert unlike(module, recorded) == []
    if device == "cpu" and recorded.num_params < LARGE:
        assert evidence.different_tensors(build(entry, device), module) == []
    if device == "meta":
        assert repr(build(entry, device)) == repr(module)


@pytest.mark.parametrize(
    "entry", [e for e in entries().values() if not e.params], ids=lambda e: e.name
)
def test_the_flat_source_gives_the_recorded_model(
    entry: Entry, sources: Sources
) -> None:
    """The source for one variant, with all its values put in."""
    recorded = facts(entry.name)
    small = recorded.num_params < LARGE
    with torch.device(device_for(recorded) if small else "meta"):
        module = maker(sources.flat(entry), entry.model, "flat")()
    assert unlike(module, recorded) == []


def build(entry: Entry, device: str) -> nn.Module:
    return modelspec.build(
        entry.path, entry.variant, device=device, seed=SEED, params=entry.params
    )


def device_for(recorded: Facts) -> str:
    return "cpu" if recorded.outputs else "meta"


def unlike(module: nn.Module, recorded: Facts) -> list[str]:
    """Differences from the record, in outputs too where there are weights to fill."""
    on_meta = any(tensor.is_meta for tensor in module.state_dict().values())
    how = {"call": CALLS.get(recorded.name, call), "adapt": ADAPT.get(recorded.name)}
    return differences(module, recorded, outputs=not on_meta, **how)
