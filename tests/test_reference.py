"""The comparison with recorded facts accepts the model and reports what differs."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

from tests.reference import compare


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
    assert compare.differences(MLP(), compare.facts("d2l_4.1_mlp")) == []


def test_a_cast_to_float32_makes_no_difference() -> None:
    assert compare.differences(Cast(), compare.facts("d2l_4.1_mlp")) == []


@pytest.mark.parametrize(
    ("make", "report"),
    [
        (lambda: MLP(hidden=255), "hidden.bias: float32[255], expected float32[256]"),
        (lambda: MLP(act=nn.GELU), "out: abs_mean"),
        (lambda: MLP().double(), "float64[10], expected float32[10]"),
        (lambda: nn.Sequential(MLP()), "missing: hidden.weight"),
        (frozen_as_buffer, "output.bias: buffer float32[10], expected float32[10]"),
        (reordered, "order: output.weight where hidden.weight was expected"),
        (tied, "unexpected: extra.weight"),
    ],
)
def test_a_wrong_model_is_reported(make: Callable[[], nn.Module], report: str) -> None:
    found = compare.differences(make(), compare.facts("d2l_4.1_mlp"))
    assert any(report in difference for difference in found), found


def test_a_missing_tie_is_reported() -> None:
    facts = compare.facts("rnn_lm_lstm_tied")
    model = nn.Module()
    model.encoder = nn.Embedding(97, 24)
    model.rnn = nn.LSTM(24, 24, 2)
    model.decoder = nn.Linear(24, 97)
    found = compare.differences(model, facts)
    assert found == [
        "tied: [], expected [('encoder.weight', 'decoder.weight')]",
        "14353 parameters, expected 12025",
    ]


def test_comparing_leaves_the_module_and_torch_as_they_were() -> None:
    model = MLP()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    random = torch.get_rng_state()
    compare.differences(model, compare.facts("d2l_4.1_mlp"))
    assert model.training
    assert all(torch.equal(before[k], v) for k, v in model.state_dict().items())
    assert torch.equal(random, torch.get_rng_state())
    assert torch.get_default_dtype() is torch.float32


def test_the_weights_of_a_key_never_change() -> None:
    values = compare.weight_values("fc.weight", (2, 2), gain=2.0)
    assert values.tolist() == [
        [-1.280179738998413, -2.0349299907684326],
        [0.6525408029556274, -2.2802810668945312],
    ]


@pytest.mark.parametrize("name", compare.names())
def test_recorded_facts_agree_with_themselves(name: str) -> None:
    facts = compare.facts(name)
    assert all(key in facts.state for group in facts.tied for key in group)
    assert bool(facts.inputs) or not facts.outputs
    compare.make_inputs(facts)
