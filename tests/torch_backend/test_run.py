"""The trial run: shapes without memory, numbers or traces left behind."""

from __future__ import annotations

import torch

from modelspec.backends.torch import TensorShape, instantiate, run_once
from modelspec.backends.torch.run import RunResult
from modelspec.policy import Limits
from tests.torch_backend.specs import classes_of, text_at


def run(text: str, limits: Limits | None = None, **sizes: int) -> RunResult:
    classes = classes_of(text, limits)
    return run_once(classes, instantiate(classes, {}), {}, sizes)


def test_output_has_shapes_and_dtypes() -> None:
    result = run(
        "name: Net\nparams: {n: 5}\ninputs: {ids: {shape: [B, T], dtype: int64}}\n"
        "modules: {e: 'Embedding(7, n)'}\n"
        'forward: \'return {"x": self.e(ids), "n": (ids, None)}\'',
        B=3,
    )
    assert result.output == {
        "x": TensorShape((3, 16, 5), "float32"),
        "n": (TensorShape((3, 16), "int64"), "None"),
    }
    assert result.sizes == {"B": 3, "T": 16}


def test_nothing_is_left_behind() -> None:
    classes = classes_of(
        "name: Net\ninputs: {x: [N, 2]}\nbuffers: {seen: torch.zeros(1)}\n"
        "attributes: {cache: null}\nmodules: {a: Dropout()}\n"
        "forward: |\n  self.seen += 1\n  self.cache = x\n  return self.a(x)"
    )
    module = instantiate(classes, {})
    before = torch.get_rng_state()
    assert run_once(classes, module).output == TensorShape((2, 2), "float32")
    assert torch.equal(torch.get_rng_state(), before)
    assert module.training
    assert module.cache is None
    assert module.seen.item() == 0


def test_failure_is_at_the_innermost_line_of_the_spec() -> None:
    result = run(
        "name: Net\ninputs: {x: [N, 3]}\nblocks:\n  Inner:\n    modules:\n"
        "      fc: Linear(4, 4)\n    forward: return self.fc(x) + 1\n"
        "modules: {a: Inner()}\nforward: |\n  y = x\n  return self.a(y)"
    )
    found = result.diagnostic
    assert found is not None
    assert found.code == "forward-error"
    assert "x=float32[2, 3]" in found.message
    assert text_at(found) == "self.fc(x)"
    assert [label.span.text for label in found.labels] == ["Linear(4, 4)", "self.a(y)"]


def test_failure_inside_a_container_is_at_the_layer() -> None:
    result = run(
        "name: Net\ninputs: {x: [N, 3]}\nSequential:\n- Linear(3, 4)\n- Linear(5, 4)"
    )
    assert result.diagnostic is not None
    assert text_at(result.diagnostic) == "Linear(5, 4)"


def test_what_depends_on_values_is_a_note() -> None:
    result = run(
        "name: Net\ninputs: {x: [N, 3]}\nmodules: {a: ReLU}\n"
        "forward: |\n  if x.sum() > 0:\n      x = self.a(x)\n  return x"
    )
    assert result.diagnostic is None
    assert result.note is not None


def test_endless_forward_is_stopped() -> None:
    result = run(
        "name: Net\ninputs: {x: [N, 3]}\nmodules: {a: ReLU}\n"
        "forward: |\n  while True:\n      x = x\n  return self.a(x)",
        Limits(steps=5_000),
    )
    assert result.diagnostic is not None
    assert result.diagnostic.code == "limit-exceeded"
