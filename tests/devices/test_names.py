"""A device by its name: found, or refused in words that say what there is."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import modelspec
from modelspec.backends.torch.devices import best_device, find_device
from tests.cli.commands import MLP, run

TEXT = "modelspec: 1\nname: Net\nSequential: ['Linear(2, 2)']\n"


def refusal(device: object) -> tuple[str, str]:
    """What a caller reads: the message, and the help."""
    with pytest.raises(modelspec.SpecError) as raised:
        modelspec.loads(TEXT).build(device=device)  # type: ignore[arg-type]
    (one,) = raised.value.diagnostics
    assert one.code == "unknown-device"
    (help,) = one.help
    return one.message, help


def has(monkeypatch: pytest.MonkeyPatch, *, cuda: int = 0, mps: bool = False) -> None:
    """Torch says that the machine has so many devices."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)


@pytest.mark.parametrize(
    ("cuda", "mps", "best"),
    [(1, True, "cuda"), (2, False, "cuda"), (0, True, "mps"), (0, False, "cpu")],
)
def test_auto_is_cuda_then_mps_then_the_processor(
    cuda: int, mps: bool, best: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    has(monkeypatch, cuda=cuda, mps=mps)
    assert best_device() == best


@pytest.mark.parametrize("device", ["cpu", torch.device("cpu"), "meta", "auto"])
def test_what_is_there(
    device: str | torch.device, monkeypatch: pytest.MonkeyPatch
) -> None:
    has(monkeypatch)
    kind = "meta" if device == "meta" else "cpu"
    assert find_device(device) == torch.device(kind)
    weight = modelspec.loads(TEXT).build(device=device).get_parameter("0.weight")
    assert weight.device.type == kind


def test_a_torch_without_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    has(monkeypatch)
    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: False)
    for device in ("cuda", "cuda:7", torch.device("cuda", 7)):
        assert refusal(device) == (
            f"the device '{device}' is not there: this torch is built without CUDA",
            "there are cpu and meta; `auto` takes the best",
        )


def test_a_machine_without_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    has(monkeypatch)
    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: True)
    message, _ = refusal("cuda")
    assert message == "the device 'cuda' is not there: torch finds none on this machine"


@pytest.mark.parametrize(
    ("count", "those"), [(1, "cuda:0"), (4, "cuda:0 to cuda:3")], ids=str
)
def test_a_number_that_no_device_has(
    count: int, those: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    has(monkeypatch, cuda=count)
    message, help = refusal("cuda:7")
    assert message == f"the device 'cuda:7' is not there: this machine has {those}"
    assert help.startswith("there are cpu, cuda:0")


def test_a_device_that_is_there_and_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its driver is too old, another process holds it alone, ..."""

    def empty(*sizes: int, device: torch.device) -> None:
        raise RuntimeError("CUDA error: all devices are busy\nmore")

    has(monkeypatch, cuda=1)
    monkeypatch.setattr(torch, "empty", empty)
    message, _ = refusal("cuda")
    assert message == (
        "the device 'cuda' cannot be used: CUDA error: all devices are busy"
    )


@pytest.mark.parametrize("device", ["mps", "xpu", "hpu", "vulkan"])
def test_devices_of_other_machines(
    device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    has(monkeypatch)
    if device == "xpu" and hasattr(torch, "xpu"):
        monkeypatch.setattr(torch.xpu, "is_available", lambda: False)
    message, help = refusal(device)
    assert message.startswith(f"the device '{device}' is not there: ")
    assert help == "there are cpu and meta; `auto` takes the best"


@pytest.mark.parametrize(
    ("device", "meant"),
    [("CPU", "cpu"), ("gpu", "cuda"), ("GPU", "cuda"), ("cudaa:1", "cuda")],
)
def test_names_that_are_misspelt(device: str, meant: str) -> None:
    found = (f"'{device}' is no device", f"did you mean '{meant}'?")
    assert refusal(device) == found


@pytest.mark.parametrize("device", ["nonsense", "", "cuda:", "cuda:-1", "auto:1", 1.5])
def test_what_is_no_device(device: object) -> None:
    message, help = refusal(device)
    assert message == f"'{device}' is no device"
    assert help == "devices are cpu, cuda, cuda:1, mps, meta and auto"


def test_the_command_line_says_the_same(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(MLP)
    found = run("build", path, "--device", "gpu")
    assert (found.status, found.out) == (2, "")
    assert found.err.startswith(
        "error[unknown-device]: 'gpu' is no device\n   = help: did you mean 'cuda'?\n"
    )
    assert run("build", path, "--device", "auto", "--quiet").status == 0


def test_a_saved_model_is_loaded_onto_a_device(tmp_path: Path) -> None:
    model = modelspec.loads(TEXT).build()
    modelspec.save_model(model, tmp_path / "saved")
    for device in ("cpu", torch.device("cpu"), "auto"):
        again = modelspec.load_model(tmp_path / "saved", device=device)
        weight = again.get_parameter("0.weight")
        assert torch.equal(weight.cpu(), model.get_parameter("0.weight"))
    for device, message in (("gpu", "is no device"), ("cuda:99", "is not there")):
        with pytest.raises(modelspec.SpecError, match=message):
            modelspec.load_model(tmp_path / "saved", device=device)
    with pytest.raises(modelspec.SpecError, match="meta, which holds no values"):
        modelspec.load_model(tmp_path / "saved", device="meta")
