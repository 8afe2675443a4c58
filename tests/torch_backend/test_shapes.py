"""Shapes of a run over symbols: those of real runs, at whatever sizes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import modelspec
from modelspec.api.builder import BuildRequest
from modelspec.api.observing import observe_spec
from modelspec.sizes import Observation, Tensor, evaluate, tensors_of

EXAMPLES = Path(__file__).parents[2] / "examples"


def observed(spec: str | Path) -> Observation:
    text = spec if isinstance(spec, str) else ""
    loaded = modelspec.loads(text) if text else modelspec.load(spec)
    found = observe_spec(loaded, BuildRequest(variant=loaded.variant)).observation
    assert found is not None
    return found


def net(body: str) -> Observation:
    return observed(f"modelspec: 1\nname: Net\n{body}")


@pytest.mark.parametrize(
    ("path", "sizes"),
    [
        ("zoo/resnet.yaml:resnet18", {"N": 3, "H": 97, "W": 130}),
        ("zoo/unet.yaml", {"N": 1, "H": 48, "W": 80}),
        ("zoo/mobilenet_v3.yaml:mobilenet_v3_small", {"N": 2, "H": 75, "W": 64}),
        ("lstm_lm.yaml", {"T": 9, "B": 5, "N": 5}),
    ],
)
def test_symbolic_shapes_are_those_of_other_sizes(
    path: str, sizes: dict[str, int]
) -> None:
    """Each module's output, at sizes that the symbols never had."""
    spec = modelspec.load(EXAMPLES / path)
    found = observed(EXAMPLES / path)
    model = spec.build(device="meta").eval()
    seen: dict[str, list[tuple[int, ...]]] = {}

    def watch(name: str, module: torch.nn.Module) -> None:
        def hook(_module: object, _args: object, output: object) -> None:
            if isinstance(output, torch.Tensor):
                seen.setdefault(name, []).append(tuple(output.shape))

        module.register_forward_hook(hook)

    names = dict[int, str]()
    for name, module in model.named_modules():
        names.setdefault(id(module), name)
        watch(name, module)
    given = {
        name: torch.empty(
            [evaluate(size, sizes) for size in tensor.shape],
            dtype=getattr(torch, tensor.dtype),
            device="meta",
        )
        for name, tensor in found.inputs
    }
    with torch.device("meta"), torch.no_grad():
        model(*given.values())
    told: dict[str, list[tuple[int, ...]]] = {}
    for step in found.steps:
        if step.kind == "module" and isinstance(step.output, Tensor):
            shape = tuple(evaluate(size, sizes) for size in step.output.shape)
            told.setdefault(step.path, []).append(shape)
    assert told == seen


def test_shapes_read_as_a_person_writes_them() -> None:
    """With the names of the inputs, rounding left out where sizes divide."""
    found = observed(EXAMPLES / "zoo/resnet.yaml:resnet18")
    steps = {step.path: step for step in found.steps if step.kind == "module"}
    assert found.value_text(steps["maxpool"].output) == "[N, 64, H//4, W//4]"
    assert found.value_text(steps["layer4"].output) == "[N, 512, H//32, W//32]"
    assert found.value_text(found.output) == "[N, 1000]"
    assert dict(found.multiples) == {"H": 32, "W": 32}


def test_multiply_adds_are_those_of_torch() -> None:
    """Counted by the formulas of its own flop counter, over symbols."""
    found = observed(EXAMPLES / "zoo/resnet.yaml:resnet18")
    total = sum((step.macs for step in found.steps), start=0)
    assert evaluate(total, {"N": 1, "H": 224, "W": 224}) == 1_814_073_344


def test_edges_follow_the_tensors() -> None:
    """A residual sum takes what went past the layer, and what came out of it."""
    found = net(
        "inputs: {x: [N, 4]}\nmodules: {fc: 'Linear(4, 4)'}\nforward: x + self.fc(x)\n"
    )
    (total,) = (one for one in found.steps if one.label == "add")
    sources = [found.steps[edge.source] for edge in total.edges]
    assert [one.kind for one in sources] == ["input", "operation"]
    assert sources[1].path == "fc"


def test_a_length_stays_a_symbol_in_recurrent_layers() -> None:
    """For which torch itself would go step by step."""
    for layer in ("LSTM", "GRU", "RNN"):
        found = net(
            f"inputs: {{x: [T, N, 8]}}\n"
            f"modules: {{rnn: '{layer}(8, 16, num_layers=2, bidirectional=True)'}}\n"
            "forward: self.rnn(x)[0]\n"
        )
        assert found.value_text(found.output) == "[T, N, 32]"
        assert found.forced == ()


def test_projections_and_batches_of_recurrent_layers() -> None:
    """Their states as torch gives them."""
    found = net(
        "inputs: {x: [N, T, 8]}\n"
        "modules: {rnn: 'LSTM(8, 16, proj_size=5, batch_first=True)'}\n"
        "forward: self.rnn(x)\n"
    )
    assert found.value_text(found.output) == "([N, T, 5], ([1, N, 5], [1, N, 16]))"


def test_sizes_that_are_computed_with_numbers() -> None:
    """Interpolation, halves and rounding up keep their symbols."""
    found = net(
        "inputs: {x: [N, 3, H, W]}\n"
        "forward: |\n"
        "  a = F.interpolate(x, scale_factor=2)\n"
        "  b = F.interpolate(x, size=(x.shape[2] // 2, x.shape[3]))\n"
        "  c = F.max_pool2d(x, 3, stride=2, ceil_mode=True)\n"
        "  return a, b, c\n"
    )
    assert found.value_text(found.output) == (
        "([N, 3, 2*H, 2*W], [N, 3, H//2, W], [N, 3, H//2, W//2])"
    )


def test_chance_forces_no_size() -> None:
    """A symbol whose value is also a number of the model stays open."""
    for width in (2, 6, 16, 24):
        found = net(
            f"inputs: {{x: [N, T, {width}]}}\n"
            f"modules: {{fc: 'Linear({width}, {width})'}}\n"
            "forward: self.fc(x) @ x.transpose(1, 2)\n"
        )
        assert found.value_text(found.output) == "[N, T, T]"
        assert found.forced == ()


def test_lists_and_repeated_padding_force_no_size() -> None:
    """Neither the length of what is appended, nor a kernel that ran with numbers."""
    found = net(
        "inputs: {x: [N, T, 8]}\n"
        "modules:\n"
        "  convs:\n    ModuleList:\n      - for i in range(8):\n"
        "          - Conv1d(8, 8, 2, dilation=2 ** (i % 4))\n"
        "forward: |\n"
        "  y, seen = x.transpose(1, 2), []\n"
        "  for i, conv in enumerate(self.convs):\n"
        "      y = conv(F.pad(y, (2 ** (i % 4), 0))) + y\n"
        "      seen.append(y)\n"
        "  return torch.cat(seen, 1)\n"
    )
    assert found.value_text(found.output) == "[N, 64, T]"
    assert found.forced == ()


def test_a_number_that_always_comes_out_forces_no_size() -> None:
    """However many samples there are, the last dimension is 3."""
    found = net("inputs: {x: [N, 6]}\nforward: x.reshape(-1, 3).view(-1, 2, 3)\n")
    assert found.value_text(found.output) == "[N, 2, 3]"
    assert found.forced == ()


@pytest.mark.parametrize(
    ("inputs", "forward", "forced", "failure"),
    [
        (
            "x: [N, T, 8], y: [N, S, 8]",
            "x + y",
            ("T", "S"),
            "[N, T, 8] and [N, S, 8] differ in dimension 1: T and S",
        ),
        ("x: [N, 8, H, W]", "x @ x", ("W", "H"), "W columns and H rows"),
        ("x: [N, 8]", "x * x[:, 0]", ("N", 1), "[N, 8] and [N]"),
    ],
)
def test_a_forced_size_says_what_fails_otherwise(
    inputs: str, forward: str, forced: tuple[str, object], failure: str
) -> None:
    (one,) = net(f"inputs: {{{inputs}}}\nforward: {forward}\n").forced
    assert {one.symbol, one.value} == set(forced)
    assert failure in one.failure
    assert one.span is not None
    assert one.span.text == forward


def test_nothing_is_drawn_and_nothing_changes() -> None:
    """Torch's random numbers are as before, and so is what is built after it."""
    spec = modelspec.load(EXAMPLES / "zoo/resnet.yaml:resnet18")
    torch.manual_seed(5)
    wanted = spec.build(seed=0).conv1.weight
    torch.manual_seed(5)
    observe_spec(spec, BuildRequest(variant="resnet18"))
    drawn = torch.rand(3)
    torch.manual_seed(5)
    assert torch.equal(torch.rand(3), drawn)
    assert torch.equal(spec.build(seed=0).conv1.weight, wanted)


def test_values_of_tensors_end_a_run_with_a_note() -> None:
    """They are not there; the spec is not at fault."""
    spec = modelspec.loads(
        "modelspec: 1\nname: Net\ninputs: {x: [N, 4]}\n"
        "forward: |\n  while x.norm() > 1:\n      x = x / 2\n  return x\n"
    )
    found = observe_spec(spec, BuildRequest())
    assert found.observation is None
    assert found.note is not None
    assert "values of a tensor" in found.note


def test_every_tensor_has_a_shape() -> None:
    """Outputs of all kinds are described."""
    found = net('inputs: {x: [N, 4]}\nforward: \'{"a": x, "b": [x, (x, None)]}\'\n')
    assert found.value_text(found.output) == "{a: [N, 4], b: [[N, 4], ([N, 4], None)]}"
    assert len(list(tensors_of(found.output))) == 3
