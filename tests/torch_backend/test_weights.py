"""Weights in files: whole or not at all, exactly fitting or refused."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from modelspec.backends.torch import load_weights, save_weights
from modelspec.checkpoint import read_rules
from modelspec.diagnostics.diagnostic import Diagnostic, SpecError

SUFFIXES = [".pt", ".pth", ".bin", ".safetensors"]
State = dict[str, torch.Tensor]


def net() -> nn.Sequential:
    made = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3), nn.BatchNorm1d(3))
    made[1].weight = made[0].weight
    made.register_buffer("scale", torch.ones(2), persistent=False)
    return made


def copied(module: nn.Module) -> State:
    return {name: value.clone() for name, value in module.state_dict().items()}


def saved(state: State, path: Path) -> Path:
    if path.suffix == ".safetensors":
        save_file(state, path)
    else:
        torch.save(state, path)
    return path


def same(left: State, right: State) -> bool:
    pairs = [(left[name], right[name]) for name in left]
    return left.keys() == right.keys() and all(torch.equal(*pair) for pair in pairs)


def refusal(module: nn.Module, *paths: Path, key: str | None = None) -> Diagnostic:
    """What loading is refused with; the module is as before."""
    before = copied(module)
    with pytest.raises(SpecError) as caught:
        load_weights(module, *paths, key=key)
    assert same(copied(module), before)
    (found,) = caught.value.diagnostics
    return found


def table(found: Diagnostic) -> str:
    assert found.code == "weights-mismatch"
    return "\n".join(found.details)


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_round_trip(tmp_path: Path, suffix: str) -> None:
    path, first, second = tmp_path / f"w{suffix}", net(), net()
    save_weights(first, path)
    load_weights(second, path)
    assert same(copied(first), copied(second))
    assert second[0].weight is second[1].weight
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_misfits_are_listed(tmp_path: Path, suffix: str) -> None:
    """Before a single tensor is loaded, those that would fit among them."""
    state = copied(net())
    del state["1.bias"], state["2.running_mean"]
    state |= {name: torch.ones(4, 3) for name in ("0.weight", "1.weight")}
    state["0.bias"] = torch.ones(3, dtype=torch.int64)
    told = table(refusal(net(), saved(state, tmp_path / f"w{suffix}")))
    assert told.split("\n") == [
        "missing: in the model, not in the file",
        "  1.bias          float32 [3]",
        "  2.running_mean  float32 [3]",
        "of another shape or dtype",
        "  {0,1}.weight    model float32 [3, 3], file float32 [4, 3]  x2",
        "  0.bias          model float32 [3], file int64 [3]",
    ]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("left_out", ["0.weight", "1.weight", None])
def test_tied_tensors(tmp_path: Path, suffix: str, left_out: str | None) -> None:
    """They are in a file under one of their names or under all."""
    module, state = net(), copied(net())
    state["1.weight"] = state["0.weight"].clone()
    if left_out is not None:
        del state[left_out]
    wanted = next(state[one] for one in ("0.weight", "1.weight") if one in state)
    load_weights(module, saved(state, tmp_path / f"w{suffix}"))
    assert module[0].weight is module[1].weight
    assert torch.equal(module[0].weight, wanted)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_tied_tensors_that_differ(tmp_path: Path, suffix: str) -> None:
    """One of them would be lost without a word."""
    state = copied(net())
    state["1.weight"] = state["0.weight"] + 1
    found = refusal(net(), saved(state, tmp_path / f"w{suffix}"))
    assert "'0.weight' and '1.weight' are one tensor in the model" in found.message


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_buffers_that_are_not_persistent(tmp_path: Path, suffix: str) -> None:
    """They are not expected, and not taken either, but by a rule that drops them."""
    module, state = net(), {**copied(net()), "scale": torch.zeros(2)}
    path = saved(state, tmp_path / f"w{suffix}")
    found = refusal(module, path)
    assert "  scale  float32 [2]" in table(found)
    assert found.help == ("did you mean --rename 'scale='? Then all fits.",)
    load_weights(module, path, rules=read_rules([("scale", "")]))
    assert module.scale.tolist() == [1, 1]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_floats_are_converted(tmp_path: Path, suffix: str) -> None:
    """To the dtype that the module has, integers kept as they are."""
    path = saved(copied(net().half()), tmp_path / f"w{suffix}")
    module = net().to(torch.float64)
    load_weights(module, path)
    assert {one.dtype for one in module.parameters()} == {torch.float64}
    assert module[2].num_batches_tracked.dtype == torch.int64


def test_files_from_before_batches_were_counted(tmp_path: Path) -> None:
    state = copied(net())
    del state["2.num_batches_tracked"]
    module = net()
    load_weights(module, saved(state, tmp_path / "w.pt"))
    assert torch.equal(module[2].running_mean, state["2.running_mean"])
    assert module[2].num_batches_tracked == 0


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_several_files(tmp_path: Path, suffix: str) -> None:
    state, module = copied(net()), net()
    state["1.weight"] = state["0.weight"].clone()
    first, second = tmp_path / f"1{suffix}", tmp_path / f"2{suffix}"
    names = list(state)
    saved({name: state[name] for name in names[:3]}, first)
    saved({name: state[name] for name in names[3:]}, second)
    assert load_weights(module, first, second) == len(names)
    assert same(copied(module), state)
    assert table(refusal(net(), first)).count("\n") > 2
    assert "once more" in refusal(net(), first, second, first).message


def test_lazy_layers_learn_their_shapes(tmp_path: Path) -> None:
    path = saved(copied(nn.Linear(3, 4)), tmp_path / "w.pt")
    module = nn.LazyLinear(4)
    load_weights(module, path)
    assert module.weight.shape == (4, 3)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_nothing_is_loaded_into_meta(tmp_path: Path, suffix: str) -> None:
    """It would be lost: such a module has no memory."""
    path = saved(copied(nn.Linear(3, 3)), tmp_path / f"w{suffix}")
    with pytest.raises(SpecError) as caught:
        load_weights(nn.Linear(3, 3, device="meta"), path)
    assert caught.value.diagnostics[0].code == "unknown-device"


def test_a_module_without_state(tmp_path: Path) -> None:
    for suffix in (".pt", ".safetensors"):
        path = tmp_path / f"w{suffix}"
        save_weights(nn.ReLU(), path)
        assert load_weights(nn.ReLU(), path) == 0


def test_entries_of_a_checkpoint(tmp_path: Path) -> None:
    """Which is the state_dict is never guessed, also if there is one only."""
    path, module, state = tmp_path / "w.pt", net(), copied(net())
    torch.save({"epoch": 3, "ema": state, "model": state, "log": {"a": 1}}, path)
    found = refusal(module, path)
    assert found.details == (
        "epoch: a value of type int",
        f"ema: a dict of {len(state)} tensors",
        f"model: a dict of {len(state)} tensors",
        "log: a dict of 1 entries",
    )
    meant = "say which entry is meant: --weights-key ema or --weights-key model"
    assert found.help == (meant,)
    assert refusal(module, path, key="modle").help == ("did you mean 'model'?",)
    assert "of type int" in refusal(module, path, key="epoch").message
    assert refusal(module, path, key="log").details == ("a: a value of type int",)
    load_weights(module, path, key="ema")
    assert torch.equal(module[0].bias, state["0.bias"])


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_key_into_a_state_dict(tmp_path: Path, suffix: str) -> None:
    path = saved({"w": torch.ones(1)}, tmp_path / f"w{suffix}")
    for key in ("model", "w"):
        assert refusal(net(), path, key=key).code == "unreadable-weights"


def test_other_things_beside_tensors(tmp_path: Path) -> None:
    """They are shown first, however many tensors there are."""
    path = tmp_path / "w.pt"
    torch.save({**{str(at): torch.ones(1) for at in range(40)}, "loss": 0.5}, path)
    found = refusal(net(), path)
    assert found.details[0] == "loss: a value of type float"
    assert found.details[-1] == "... and 29 more"


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_a_link_to_a_file(tmp_path: Path, suffix: str) -> None:
    """Caches of downloads are folders of links to files without suffix."""
    saved(copied(nn.Linear(3, 3)), tmp_path / f"w{suffix}").rename(tmp_path / "blob")
    (tmp_path / f"w{suffix}").symlink_to(tmp_path / "blob")
    load_weights(nn.Linear(3, 3), tmp_path / f"w{suffix}")


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    for path in (tmp_path / "no" / "w.pt", tmp_path / "w.safetensors"):
        module = net() if path.suffix == ".pt" else net().to("meta")
        with pytest.raises(SpecError) as caught:
            save_weights(module, path)
        assert caught.value.diagnostics[0].code == "cannot-write"
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda path: None, "file-not-found"),
        (lambda path: path.mkdir(), "not-a-file"),
        (os.mkfifo, "not-a-file"),
        (lambda path: path.symlink_to(path), "unreadable-file"),
        (lambda path: path.symlink_to("/dev/zero"), "not-a-file"),
        (lambda path: path.symlink_to(path.parent / "none"), "file-not-found"),
    ],
    ids="missing folder fifo loop device dangling".split(),
)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_is_no_file(
    tmp_path: Path, suffix: str, make: Callable[[Path], None], code: str
) -> None:
    path = tmp_path / f"w{suffix}"
    make(path)
    assert refusal(net(), path).code == code


def test_suffixes(tmp_path: Path) -> None:
    found = refusal(net(), tmp_path / "w.onnx")
    assert found.code == "unknown-suffix"
    assert found.message.startswith("weights are .safetensors, .pt, .pth or .bin")
