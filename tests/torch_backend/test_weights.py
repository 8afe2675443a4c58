"""Weights in files: whole or not at all, exactly fitting or refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from torch import nn

from modelspec.backends.torch import load_weights, save_weights
from modelspec.diagnostics.diagnostic import SpecError


def net() -> nn.Sequential:
    made = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3), nn.BatchNorm1d(3))
    made[1].weight = made[0].weight
    return made


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_round_trip(tmp_path: Path, suffix: str) -> None:
    path, first, second = tmp_path / f"w{suffix}", net(), net()
    save_weights(first, path)
    load_weights(second, path)
    for key, value in first.state_dict().items():
        assert torch.equal(second.state_dict()[key], value)
    assert second[0].weight is second[1].weight
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_misfits_are_listed(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"w{suffix}"
    save_weights(nn.Sequential(nn.Linear(3, 4), nn.Identity(), nn.Linear(3, 3)), path)
    with pytest.raises(SpecError) as caught:
        load_weights(net(), path)
    found = caught.value.diagnostics[0]
    assert found.code == "weights-mismatch"
    text = "\n".join(found.details)
    assert "1.bias" in text
    assert "0.weight" in text


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    for path in (tmp_path / "no" / "w.pt", tmp_path / "w.safetensors"):
        module = net() if path.suffix == ".pt" else net().to("meta")
        with pytest.raises(SpecError) as caught:
            save_weights(module, path)
        assert caught.value.diagnostics[0].code == "cannot-write"
    assert os.listdir(tmp_path) == []


def test_files_are_never_run(tmp_path: Path) -> None:
    path = tmp_path / "w.pt"
    torch.save(net(), path)
    with pytest.raises(SpecError) as caught:
        load_weights(net(), path)
    found = caught.value.diagnostics[0]
    assert found.code == "unreadable-weights"
    assert "weights_only" not in found.message
