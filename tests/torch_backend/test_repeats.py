"""Calls that are answered from earlier ones: the same as if each had been made."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import modelspec
from modelspec.api.builder import BuildRequest
from modelspec.api.observing import build_without_memory, observe_spec
from modelspec.backends.torch.repeats import Repeats
from modelspec.backends.torch.shapes.recorder import Recorder
from modelspec.sizes import Observation, Step

EXAMPLES = Path(__file__).parents[2] / "examples"
CASES = Path(__file__).parents[1] / "cases"
HEAD = "modelspec: 1\nname: Net\ninputs: {x: [N, 6, T]}\n"


def shown(found: Observation | None) -> object:
    """All that an observation says, in values that can be compared."""
    assert found is not None
    steps = [[getattr(one, name.name) for name in fields(Step)] for one in found.steps]
    rest = [name.name for name in fields(Observation) if name.name != "steps"]
    return steps, [getattr(found, name) for name in rest]


def run_twice(source: Path | str) -> tuple[object, object]:
    """What a run of a model shows, and one in which every call is made."""
    given = isinstance(source, str)
    spec = modelspec.loads(str(source)) if given else modelspec.load(str(source))
    built = build_without_memory(spec, BuildRequest(variant=spec.variant))
    found = built.observe({}).observation
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Repeats, "key", lambda *_: None)
        alone = built.observe({}).observation
    return shown(found), shown(alone)


@pytest.mark.parametrize(
    "path",
    [
        EXAMPLES / "zoo" / "resnet.yaml:resnet18",
        CASES / "transformer_encoder" / "spec.yaml",
        CASES / "aux_heads" / "spec.yaml",
    ],
    ids=lambda path: path.parent.name + "-" + path.name,
)
def test_all_that_a_run_shows_is_the_same(path: Path) -> None:
    """Steps, sizes, counts, edges and what was forced."""
    found, alone = run_twice(path)
    assert found == alone


@pytest.mark.parametrize(
    "forward",
    [
        # A view, its base and a new tensor; what is in place gives back what it got.
        "a, b = x[:, :2], x[:, :2]\nc, d = a.relu(), b.relu()\nreturn a, b, d.add_(c)",
        # Equal numbers of different types.
        "return x * 1, x * True, x * 1.0, x.long() * 1, x.long() * 1.0, x.bool() * 1",
        # Named results, two tensors of one memory, lists.
        "a, b = x.max(dim=1), x.max(dim=1)\nreturn a.values, b.indices, x.chunk(2, 1)",
        # The same sizes in another order of memory.
        "y = x.transpose(1, 2)\nz = y.contiguous()\n"
        "return y.relu().transpose(1, 2).reshape(-1), z.relu().transpose(1, 2)",
        # Sizes among the arguments, which a symbol and a number may be.
        "n = x.shape[2]\n"
        "a, b, c = x.new_zeros(n, 2), x.new_zeros(24, 2), x.new_zeros(n, 2)\n"
        "return a, b, c, x.repeat(1, 1, 2), x.repeat(1, 1, 2)",
        # Another dtype of the same shape, and back.
        "y = x.half()\nreturn y.relu(), x.relu(), y.float().relu(), y * y, x * x",
    ],
)
def test_calls_that_look_alike(forward: str) -> None:
    text = "".join(f"  {line}\n" for line in forward.splitlines())
    found, alone = run_twice(f"{HEAD}forward: |\n{text}")
    assert found == alone


def test_a_loop_runs_a_cell_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the sequence is."""
    names = []
    run = Recorder._run

    def counted(self: Recorder, name: str, *rest: Any) -> object:
        names.append(name)
        return run(self, name, *rest)

    monkeypatch.setattr(Recorder, "_run", counted)
    spec = modelspec.load(CASES / "cell_over_time" / "spec.yaml")
    found = observe_spec(spec, BuildRequest()).observation
    assert found is not None
    cells = [step for step in found.steps if step.label == "LSTMCell"]
    assert len(cells) > 20
    assert names.count("lstm_cell") < 5
    assert len({(step.macs, step.output) for step in cells}) == 1
