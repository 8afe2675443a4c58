"""The table of what inputs determine is what the layers of torch say themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch
from torch import nn

from modelspec.catalog import load_catalog
from modelspec.catalog.determined import Determined, determined, determined_of

# torch warns of how nn.Transformer, made as its own example makes it, will not be fast.
pytestmark = pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")

WIDTH = 12
OTHERS: dict[str, dict[str, Any]] = {
    "Linear": {"out_features": 5},
    "Bilinear": {"out_features": 5},
    "AdaptiveLogSoftmaxWithLoss": {"n_classes": 9, "cutoffs": [3]},
    "LinearCrossEntropyLoss": {"num_classes": 9},
    "GroupNorm": {"num_groups": 3},
    "MultiheadAttention": {"num_heads": 3},
    "Transformer": {"nhead": 3, "num_encoder_layers": 1, "num_decoder_layers": 1},
    "TransformerEncoderLayer": {"nhead": 3},
    "TransformerDecoderLayer": {"nhead": 3},
}
ROWS = [(n, one) for n in load_catalog().layer_names for one in determined_of(n)]


def _others(layer: str) -> dict[str, Any]:
    if layer.startswith("Conv"):
        return {"out_channels": 5, "kernel_size": 1}
    if layer.startswith(("RNN", "LSTM", "GRU")):
        return {"hidden_size": 5}
    if layer.startswith("InstanceNorm"):
        return {"affine": True}
    return OTHERS.get(layer, {})


def _shape(layer: str, width: int) -> list[int]:
    """A shape whose size is `width` where the layer looks, and another elsewhere."""
    for count in (1, 2, 3):
        if layer.endswith(f"{count}d"):
            return [2, width, *[4] * count]
    if layer in ("SyncBatchNorm", "GroupNorm", "PReLU"):
        return [2, width, 4, 4]
    if layer.endswith("Cell") or "Loss" in layer:
        return [2, width]
    return [3, 2, width]


def _call(layer: str, module: nn.Module, widths: Mapping[str, int]) -> None:
    inputs = load_catalog().layer(layer)
    assert inputs is not None
    assert inputs.forward is not None
    names = [one.name for one in inputs.forward.parameters if one.default is None]
    names = [one for one in names if not one.startswith("target")]
    tensors = [torch.zeros(_shape(layer, widths.get(name, WIDTH))) for name in names]
    if "Loss" in layer:
        tensors.append(torch.zeros(2, dtype=torch.int64))
    module.eval()(*tensors)


@pytest.mark.parametrize(("layer", "row"), ROWS, ids=lambda one: str(one)[:40])
def test_an_input_of_the_size_is_taken_and_of_another_is_not(
    layer: str, row: Determined
) -> None:
    """Each argument against its own input; the others have the default width."""
    make: Callable[..., nn.Module] = getattr(nn, layer)
    sizes = {one.argument: WIDTH for one in determined_of(layer)}
    module = make(**sizes, **_others(layer))
    _call(layer, module, {})
    with pytest.raises((RuntimeError, ValueError, AssertionError)):
        _call(layer, module, {row.input: WIDTH + 3})


def test_every_size_of_an_input_is_in_the_table() -> None:
    """Names that sizes of inputs have, in any layer; a subclass is another's table."""
    named = {row.argument for _, row in ROWS}
    catalog = load_catalog()
    found = {
        (name, parameter.name)
        for name in catalog.layer_names
        for layer in [catalog.layer(name)]
        if layer is not None and layer.forward is not None
        for parameter in layer.signature.parameters
        if parameter.name in named
    }
    assert found - {(name, row.argument) for name, row in ROWS} == set()


def test_what_is_given_out_is_not_determined() -> None:
    assert determined("Linear", "out_features") is None
    assert determined_of("Embedding") == ()
