"""Examples equal the public models they are named after, by recorded facts."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import modelspec
from tests.agreement.cases import case_named
from tests.reference import compare


@dataclass(frozen=True, slots=True)
class Twin:
    """The recorded model and the spec, variant and params that give it."""

    facts: str
    spec: str
    variant: str | None = None
    params: dict[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        return case_named(self.spec).path


TINY_GPT = {"block_size": 32, "vocab_size": 97, "n_head": 4, "n_embd": 48}
RESNETS = [
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "resnext50_32x4d",
    "resnext101_32x8d",
    "resnext101_64x4d",
    "wide_resnet50_2",
    "wide_resnet101_2",
]
TWINS = [
    *(Twin(name, "examples/resnet", name) for name in RESNETS),
    Twin("timm/resnet18", "examples/resnet", "resnet18"),
    Twin(
        "resnet50_dilated",
        "examples/resnet",
        "resnet50",
        {"replace_stride_with_dilation": [False, True, True]},
    ),
    Twin(
        "resnet18_zero_init",
        "examples/resnet",
        "resnet18",
        {"zero_init_residual": True, "num_classes": 10},
    ),
    Twin("alexnet", "examples/alexnet"),
    Twin("nanogpt_gpt2", "examples/gpt", "gpt2"),
    Twin("nanogpt_tiny", "examples/gpt", None, {**TINY_GPT, "n_layer": 3}),
    Twin(
        "nanogpt_tiny_nobias_loss",
        "examples/gpt",
        None,
        {**TINY_GPT, "n_layer": 2, "bias": False},
    ),
    Twin("gpt2", "gpt2_conv1d"),
    Twin("tiny-gpt2", "gpt2_conv1d", "tiny"),
    Twin("rnn_lm_gru", "examples/lstm_lm", "tiny"),
    Twin("rnn_lm_lstm_tied", "examples/lstm_lm", "tiny_tied"),
    Twin("d2l_4.1_mlp", "examples/mlp"),
    Twin("d2l_4.1_mysequential", "examples/my_sequential"),
    Twin("d2l_4.1_modulelist", "examples/module_list"),
    Twin("d2l_4.1_fancymlp", "examples/fancy_mlp"),
    Twin("d2l_4.1_nested", "examples/nest_mlp"),
    Twin("d2l_4.4_mylistdense", "examples/my_dense"),
    Twin("d2l_4.4_mydictdense", "examples/my_dict_dense"),
    Twin("super_resolution", "examples/super_resolution"),
    Twin("mnist_cnn", "examples/mnist_cnn"),
    Twin("time_sequence", "examples/time_sequence"),
    Twin("vae", "examples/vae"),
    Twin("dcgan_generator", "examples/dcgan_generator"),
    Twin("dcgan_discriminator", "examples/dcgan_discriminator"),
]


@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.facts)
def test_spec_equals_the_recorded_model(twin: Twin) -> None:
    """Keys, shapes, order, ties, and outputs where they are recorded."""
    facts = compare.facts(twin.facts)
    device = None if facts.outputs else "meta"
    module = modelspec.build(twin.path, twin.variant, device=device, params=twin.params)
    assert (
        compare.differences(module, facts, call=call, adapt=ADAPT.get(twin.facts)) == []
    )


ADAPT = {"vae": lambda output: output[1:]}
"""The first output of the VAE is drawn at random and not recorded."""


CONSTANT = compare.uniform("rand_weight", (20, 20))


def call(module: nn.Module, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Runs a model with the constant that its record names, if it has one."""
    for name, buffer in module.named_buffers():
        if name.rpartition(".")[2] == "rand_weight":
            buffer.copy_(CONSTANT)
    with torch.no_grad():
        return module(*args, **kwargs)


def test_every_recorded_model_is_compared() -> None:
    """No record lies about that nothing is compared with."""
    assert {twin.facts for twin in TWINS} == set(compare.names())
