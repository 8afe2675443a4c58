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
from tests.zoo.entries import ADAPT, CALLS, ROOT, Entry, call, entries
from tests.zoo.facts import Facts, facts, names
from tests.zoo.weights import STATISTICS, make_inputs

# torch warns of how nn.Transformer, made as its own example makes it, will not be fast.
pytestmark = pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")

SEED = 3
LARGE = 30_000_000
"""Parameters from which on a model is made without storage first, to draw no weights;
its flat source is not run."""


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
    module = build(entry, device_for(recorded))
    assert unlike(module, recorded) == []


@every_entry
def test_the_source_gives_the_recorded_model(entry: Entry, sources: Sources) -> None:
    """As the built one, down to the first draws of the weights."""
    recorded = facts(entry.name)
    make = maker(sources.parametric(entry), entry.model, "parametric")
    device = device_for(recorded)
    with torch.device(device):
        torch.manual_seed(SEED)
        module = make(**entry.params)
    built = build(entry, device)
    assert repr(built) == repr(module)
    assert unlike(module, recorded) == []
    if device == "cpu":
        same_behaviour(built, module, recorded)


@pytest.mark.parametrize(
    "entry", [e for e in entries().values() if not e.params], ids=lambda e: e.name
)
def test_the_flat_source_gives_the_recorded_model(
    entry: Entry, sources: Sources
) -> None:
    """The source for one variant, with all its values put in."""
    recorded = facts(entry.name)
    with torch.device(device_for(recorded)):
        module = maker(sources.flat(entry), entry.model, "flat")()
    run = recorded.num_params < LARGE
    assert unlike(module, recorded, run=run) == []


def build(entry: Entry, device: str) -> nn.Module:
    return modelspec.build(
        entry.path, entry.variant, device=device, seed=SEED, params=entry.params
    )


def same_behaviour(built: nn.Module, generated: nn.Module, recorded: Facts) -> None:
    """The two agree in what no record tells: weights as drawn, and training."""
    assert evidence.different_tensors(built, generated) == []
    args, kwargs = make_inputs(recorded, torch.float32)
    outputs = []
    for model in (built, generated):
        torch.manual_seed(SEED)
        run = CALLS.get(recorded.name, call)
        outputs.append(evidence.plain(run(model.train(), args, kwargs)))
    assert outputs[0] == outputs[1]
    assert evidence.different_tensors(built, generated) == []


def device_for(recorded: Facts) -> str:
    """Without storage what is not run, or so large that drawing weights takes long."""
    return "cpu" if recorded.outputs and recorded.num_params < LARGE else "meta"


def unlike(module: nn.Module, recorded: Facts, *, run: bool = True) -> list[str]:
    """Differences from the record, in outputs too where there are any."""
    if run and recorded.outputs and recorded.num_params >= LARGE:
        module = with_storage(module)
    how = {"call": CALLS.get(recorded.name, call), "adapt": ADAPT.get(recorded.name)}
    return differences(module, recorded, outputs=run, **how)


def with_storage(module: nn.Module) -> nn.Module:
    """A model made without storage, whose every value the comparison will fill in."""
    buffers = {name.rpartition(".")[2] for name, _ in module.named_buffers()}
    assert buffers <= {*STATISTICS, "num_batches_tracked"}
    return module.to_empty(device="cpu")


def test_the_example_is_the_model_of_the_zoo() -> None:
    """ResNet stands among the examples too, where one begins to read."""
    texts = [
        (ROOT / "examples" / folder / "resnet.yaml").read_text(encoding="utf-8")
        for folder in (".", "zoo")
    ]
    first, second = (text.partition("\n")[2] for text in texts)
    assert first == second
