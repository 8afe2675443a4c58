"""The comparison with recorded facts accepts the model and reports what differs."""

import ast
import hashlib
from collections.abc import Callable

import pytest
import torch
from torch import nn

from tests.zoo import compare, weights
from tests.zoo.facts import facts, names, path_of, read
from tests.zoo.folding import fold, unfold


class MLP(nn.Module):
    """The model of the record, unless told otherwise."""

    def __init__(self, hidden: int = 256, act: type[nn.Module] = nn.ReLU) -> None:
        super().__init__()
        self.hidden = nn.Linear(784, hidden)
        self.act = act()
        self.output = nn.Linear(hidden, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.output(self.act(self.hidden(x)))


class Cast(MLP):
    """The same model with an explicit cast."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x.float().to(torch.float32))


def frozen_as_buffer() -> nn.Module:
    model = MLP()
    bias = model.output.bias.detach()
    del model.output.bias
    model.output.register_buffer("bias", bias)
    return model


def reordered() -> nn.Module:
    model = MLP()
    hidden = model.hidden
    del model.hidden
    model.hidden = hidden
    return model


def tied() -> nn.Module:
    model = MLP()
    model.extra = model.output
    return model


def test_the_model_of_the_record_has_no_differences() -> None:
    assert compare.differences(MLP(), facts("d2l_4.1_mlp")) == []


def test_a_cast_to_float32_makes_no_difference() -> None:
    assert compare.differences(Cast(), facts("d2l_4.1_mlp")) == []


@pytest.mark.parametrize(
    ("make", "report"),
    [
        (lambda: MLP(hidden=255), "hidden.bias: [255], expected [256]"),
        (lambda: MLP(act=nn.GELU), "out: abs_mean"),
        (lambda: MLP().double(), "float64[10], expected [10]"),
        (lambda: nn.Sequential(MLP()), "missing: hidden.weight"),
        (frozen_as_buffer, "output.bias: buffer [10], expected [10]"),
        (reordered, "order: output.weight where hidden.weight was expected"),
        (tied, "unexpected: extra.weight"),
    ],
)
def test_a_wrong_model_is_reported(make: Callable[[], nn.Module], report: str) -> None:
    found = compare.differences(make(), facts("d2l_4.1_mlp"))
    assert any(report in difference for difference in found), found


def test_a_missing_tie_is_reported() -> None:
    recorded = facts("rnn_lm_lstm_tied")
    model = nn.Module()
    model.drop = nn.Dropout()
    model.encoder = nn.Embedding(97, 24)
    model.rnn = nn.LSTM(24, 24, 2)
    model.decoder = nn.Linear(24, 97)
    found = compare.differences(model, recorded)
    assert found == [
        "tied: [], expected [('encoder.weight', 'decoder.weight')]",
        "14353 parameters, expected 12025",
    ]


def test_comparing_leaves_the_module_and_torch_as_they_were() -> None:
    model = MLP()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    random = torch.get_rng_state()
    compare.differences(model, facts("d2l_4.1_mlp"))
    assert model.training
    assert all(torch.equal(before[k], v) for k, v in model.state_dict().items())
    assert torch.equal(random, torch.get_rng_state())
    assert torch.get_default_dtype() is torch.float32


def test_the_weights_of_a_key_never_change() -> None:
    values = weights.weight_values("fc.weight", (2, 2), gain=2.0)
    assert values.tolist() == [
        [-1.280179738998413, -2.0349299907684326],
        [0.6525408029556274, -2.2802810668945312],
    ]


@pytest.mark.parametrize("name", names())
def test_recorded_facts_agree_with_themselves(name: str) -> None:
    found = facts(name)
    assert all(key in found.state for group in found.tied for key in group)
    assert bool(found.inputs) or not found.outputs
    assert _key_hash(found.state) == found.key_hash
    weights.make_inputs(found)


def _key_hash(state: dict[str, str]) -> str:
    """The hash that was taken of the model itself, from what the file unfolds to."""
    shapes = {k: ast.literal_eval(v[v.index("[") :]) for k, v in state.items()}
    text = "\n".join(f"{key} {tuple(shape)}" for key, shape in shapes.items())
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@pytest.mark.parametrize("name", names())
def test_facts_are_folded(name: str) -> None:
    """A file says nothing twice that could be folded, and folding loses nothing."""
    lines = read(path_of(name))["state"]
    assert fold(unfold(lines)) == lines


def test_folding_is_exact() -> None:
    lines = [
        "for i in 0..1:",
        "  layer{i}.0.bn BatchNorm[8]",
        "  for j in 1..3:",
        "    layer{i}.{j}.fc.weight [8,8]",
        "    layer{i}.{j}.norm.weight|bias [8]",
        "  layer{i}.10.mask buffer bool[1]",
    ]
    keys = [key for key, _ in unfold(lines)]
    assert len(keys) == 2 * (5 + 3 * 3 + 1)
    assert keys[4:8] == [
        "layer0.0.bn.num_batches_tracked",
        "layer0.1.fc.weight",
        "layer0.1.norm.weight",
        "layer0.1.norm.bias",
    ]
    assert fold(unfold(lines)) == lines
