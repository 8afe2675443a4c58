"""The trial run: shapes without memory, numbers or traces left behind."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from torch.nn.parameter import is_lazy

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


def failed(text: str, **sizes: int) -> str:
    result = run(text, **sizes)
    assert result.diagnostic is not None
    assert result.diagnostic.code == "forward-error"
    return result.diagnostic.message


@pytest.mark.parametrize(
    ("shape", "layer", "what"),
    [
        (
            "[N, 3]",
            "Linear(5, 4)",
            "'0' (Linear): expected 5 features, got an",
        ),
        ("[N, 1, 8, 8]", "Conv2d(3, 4, 3)", "'0' (Conv2d): expected 3 channels, got"),
        ("[N, 3, 2, 2]", "Conv2d(3, 4, 3)", "the kernel (3 x 3) is larger than the"),
        ("[N, 3, 4, 4]", "BatchNorm2d(5)", "running_mean should contain 3 elements"),
        (
            "{shape: [N, 5], dtype: int64}",
            "Linear(5, 4)",
            "expected an input of float32, got one of int64",
        ),
    ],
)
def test_reason_is_one_sentence(shape: str, layer: str, what: str) -> None:
    message = failed(f"name: Net\ninputs: {{x: {shape}}}\nSequential: ['{layer}']")
    assert what in message
    assert "\n" not in message
    assert not message.endswith(".")


def test_shapes_that_do_not_broadcast() -> None:
    message = failed(
        "name: Net\ninputs: {x: [N, 3], y: [N, 4]}\nmodules: {a: ReLU}\n"
        "forward: return self.a(x) + y"
    )
    assert "the shapes [2, 3] and [2, 4] cannot be broadcast together" in message


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16])
def test_floating_inputs_are_of_the_dtype_that_was_built(dtype: torch.dtype) -> None:
    classes = classes_of(
        "name: Net\ninputs: {x: [N, 1, 8, 8]}\n"
        "Sequential: ['Conv2d(1, 2, 3)', Flatten, 'Linear(72, 1)']"
    )
    module = instantiate(classes, {}, dtype=dtype)
    result = run_once(classes, module, dtype=dtype)
    assert str(result.output) == f"{str(dtype)[6:]}[2, 1]"


def test_default_dtype_of_torch_is_respected() -> None:
    classes = classes_of("name: Net\ninputs: {x: [N, 3]}\nSequential: ['Linear(3, 1)']")
    torch.set_default_dtype(torch.float64)
    try:
        result = run_once(classes, instantiate(classes, {}))
    finally:
        torch.set_default_dtype(torch.float32)
    assert str(result.output) == "float64[2, 1]"


def test_statistics_and_modes_stay_as_they_are() -> None:
    classes = classes_of(
        "name: Net\ninputs: {x: [N, 3]}\n"
        "Sequential: ['BatchNorm1d(3)', 'Dropout()', RReLU, 'LazyLinear(2)']"
    )
    module = instantiate(classes, {})
    module[1].eval()
    modes = [one.training for one in module.modules()]
    before = torch.get_rng_state()
    assert str(run_once(classes, module).output) == "float32[2, 2]"
    assert torch.equal(torch.get_rng_state(), before)
    assert [one.training for one in module.modules()] == modes
    assert module[0].num_batches_tracked.item() == 0
    assert torch.equal(module[0].running_mean, torch.zeros(3))
    assert is_lazy(module[3].weight)


@pytest.mark.parametrize(
    "line",
    [
        "x[x > 0]",
        "x.unique()",
        "x[: x.sum().long()]",
        "[self.a(x) for _ in range(x.sum().long())]",
        "x.tolist()",
        "torch.nonzero(x)",
        "x * x.sum().item()",
        "F.one_hot(x.long())",
    ],
)
def test_values_that_are_not_there_end_the_run_with_a_note(line: str) -> None:
    result = run(
        "name: Net\ninputs: {x: [N, 3]}\nmodules: {a: ReLU}\n"
        f"forward: |\n  x = self.a(x)\n  return {line}"
    )
    assert result.diagnostic is None
    assert result.note is not None


def test_tensors_made_meanwhile_take_no_memory() -> None:
    result = run(
        "name: Net\ninputs: {x: [N, 3]}\nmodules: {a: ReLU}\n"
        "forward: return self.a(x), torch.ones(10**13)"
    )
    assert str(result.output[1]) == f"float32[{10**13}]"  # type: ignore[index]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_device_of_what_is_made_meanwhile_counts() -> None:
    text = "name: Net\ninputs: {x: [N, 3]}\nmodules: {a: 'Linear(3, 3)'}\nforward: "
    for body, fails in (("torch.ones(3)", True), ("torch.ones_like(x)", False)):
        classes = classes_of(f"{text}return self.a(x) + {body}")
        module = instantiate(classes, {}, device="cuda")
        state = torch.cuda.get_rng_state()
        assert (run_once(classes, module).diagnostic is not None) is fails
        assert torch.equal(torch.cuda.get_rng_state(), state)


QUIET = """
import sys
import torch
from tests.torch_backend.specs import classes_of
from modelspec.backends.torch import instantiate, run_once
from modelspec.backends.torch.shapes import observe

classes = classes_of(sys.argv[1])
module = instantiate(classes, {})
result = run_once(classes, module)
assert result.output or result.diagnostic, result
shown = observe(classes, module)
assert bool(shown.observation) == bool(result.output), shown
assert "torch._dynamo" not in sys.modules
assert "torch._dynamo.config" not in sys.modules
assert "torch.fx.experimental.validator" not in sys.modules
assert "_dynamo" not in vars(torch)
if result.output:
    cls = classes["Net"]
    fast = torch.compile(cls(), backend="eager", fullgraph=True)
    assert fast(torch.ones(2, 8)).shape == (2, 4)
"""


@pytest.mark.slow
@pytest.mark.parametrize("width", [4, 5])
def test_compiler_of_torch_is_not_imported_and_works_later(width: int) -> None:
    """Nor is a word logged where the run fails."""
    text = (
        "name: Net\ninputs: {x: [N, 8]}\n"
        f"Sequential: ['Linear(8, 4)', ReLU, 'LayerNorm({width})', GELU]"
    )
    command = [sys.executable, "-c", QUIET, text]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
