"""Built without values, then given those of a file: as if made whole and filled."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch
from torch import nn

from modelspec.api import loads
from modelspec.backends.torch import load_weights, save_weights
from modelspec.backends.torch.bare import make_bare

SPECS = {
    "layers": """
inputs: {x: [N, 3, 8, 8]}
modules:
  conv: Conv2d(3, 4, 3)
  norm: BatchNorm2d(4)
forward: "return self.norm(self.conv(x)).flatten(1)"
""",
    "lstm": """
inputs: {x: [N, 5, 3]}
modules:
  rnn: LSTM(3, 4, num_layers=2, batch_first=True)
forward: "return self.rnn(x)[0]"
""",
    "attention": """
inputs: {x: [N, 5, 8]}
modules:
  layer: TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
""",
    "tied": """
inputs: {x: {shape: [N, 5], dtype: int64}}
modules:
  embed: Embedding(7, 4)
  head: Linear(4, 7, bias=False)
tie: {head.weight: embed.weight}
freeze: [embed]
forward: "return self.head(self.embed(x))"
""",
    "computed buffers": """
inputs: {x: [N, 4]}
modules:
  fc: Linear(4, 4)
buffers:
  mask: {value: "torch.tril(torch.ones(4, 4))", persistent: false}
  scale: "torch.arange(4.)"
parameters:
  gain: torch.ones(4)
init:
  Linear: {weight: xavier_uniform_, bias: zeros_}
forward: "return self.fc(x) @ self.mask * self.scale * self.gain"
""",
    "a buffer of a parameter": """
inputs: {x: [N, 4]}
modules:
  fc: Linear(4, 4)
buffers:
  first: {value: "self.fc.weight.detach().clone()", persistent: false}
forward: "return self.fc(x) @ self.first"
""",
    "a drawn buffer": """
inputs: {x: [N, 4]}
modules:
  fc: Linear(4, 4)
buffers:
  noise: {value: "torch.rand(4)", persistent: false}
forward: "return self.fc(x) + self.noise"
""",
    "a parameter drawn like a value": """
inputs: {x: [N, 4]}
modules:
  fc: Linear(4, 4)
parameters:
  gain: torch.randn(4)
forward: "return self.fc(x) + self.gain"
""",
    "views of a buffer": """
inputs: {x: [N, 4]}
buffers:
  a: torch.arange(4.)
  b: {value: "self.a[:2]", persistent: false}
  c: {value: self.a, persistent: false}
forward: "return x * self.c + self.b.sum()"
""",
    "a parameter over a buffer": """
inputs: {x: [N, 4]}
buffers:
  a: torch.arange(4.)
parameters:
  p: self.a
forward: "return x * self.p"
""",
    "parameters over one tensor": """
inputs: {x: [N, 4]}
vars: {base: torch.ones(4)}
parameters:
  p: base
  q: base
forward: "return x * self.p + self.q"
""",
    "a buffer changed by a parameter": """
inputs: {x: [N, 4]}
modules:
  fc: Linear(4, 4)
buffers:
  a: {value: torch.ones(4), persistent: false}
init: |
  self.a.mul_(self.fc.weight.abs().sum())
forward: "return self.fc(x) * self.a"
""",
    "a buffer masked by a parameter": """
inputs: {x: [N, 4]}
modules:
  fc: Linear(4, 4)
buffers:
  a: {value: torch.ones(4), persistent: false}
init: |
  self.a.masked_fill_(self.fc.weight[0] > -9, 0.5)
forward: "return self.fc(x) * self.a"
""",
    "a norm of a parameter": """
inputs: {x: [N, 4]}
modules:
  fc: nn.utils.parametrizations.spectral_norm(Linear(4, 4))
forward: "return self.fc(x)"
""",
}
LONG_WAY = {
    "a buffer of a parameter",
    "a drawn buffer",
    "a buffer changed by a parameter",
    "a buffer masked by a parameter",
    "a norm of a parameter",
}


def spec(name: str) -> str:
    return f"modelspec: 1\nname: Net{SPECS[name]}"


def tensors(module: nn.Module) -> dict[str, torch.Tensor]:
    return dict(module.named_parameters(remove_duplicate=False)) | dict(
        module.named_buffers(remove_duplicate=False)
    )


def shared(named: dict[str, torch.Tensor]) -> list[list[str]]:
    """Names of what lies in one memory."""
    places: dict[int, list[str]] = {}
    for name, one in named.items():
        places.setdefault(one.untyped_storage().data_ptr(), []).append(name)
    return [*places.values()]


@pytest.mark.parametrize("dtype", [None, "float64", "bfloat16"])
@pytest.mark.parametrize("suffix", ["safetensors", "pt"])
@pytest.mark.parametrize("name", SPECS)
def test_as_made_whole(
    tmp_path: Path, name: str, suffix: str, dtype: str | None
) -> None:
    path, compiled = tmp_path / f"w.{suffix}", loads(spec(name))
    save_weights(compiled.build(seed=1), path)
    whole = compiled.build(seed=2, dtype=dtype)
    load_weights(whole, path)
    made = compiled.build(seed=2, dtype=dtype, weights=path)
    wanted, found = tensors(whole), tensors(made)
    assert list(found) == list(wanted)
    for key, tensor in found.items():
        torch.testing.assert_close(tensor, wanted[key], rtol=0, atol=0, msg=key)
        assert type(tensor) is type(wanted[key])
        assert tensor.requires_grad == wanted[key].requires_grad
    assert repr(made) == repr(whole)
    assert shared(found) == shared(wanted)
    assert len({id(one) for one in made.parameters()}) == len([*whole.parameters()])


@pytest.mark.parametrize("name", SPECS)
def test_random_numbers_are_drawn_for_buffers_only(tmp_path: Path, name: str) -> None:
    path, compiled = tmp_path / "w.safetensors", loads(spec(name))
    save_weights(compiled.build(seed=1), path)
    before = torch.get_rng_state()
    compiled.build(weights=path)
    kept = torch.equal(before, torch.get_rng_state())
    assert kept == (name not in {*LONG_WAY, "a parameter drawn like a value"})


def test_gradients_flow_and_the_file_stays(tmp_path: Path) -> None:
    path, compiled = tmp_path / "w.safetensors", loads(spec("tied"))
    save_weights(compiled.build(seed=1), path)
    before = path.read_bytes()
    made = compiled.build(weights=path)
    made.head.requires_grad_(True)
    optimizer = torch.optim.SGD(made.parameters(), lr=1.0)
    made(torch.tensor([[1, 2, 3, 4, 5]])).sum().backward()
    optimizer.step()
    assert made.head.weight is made.embed.weight
    assert not torch.equal(made.head.weight, compiled.build(weights=path).head.weight)
    assert path.read_bytes() == before


def test_tensors_that_a_file_shares_are_two_in_the_model(tmp_path: Path) -> None:
    """As `load_state_dict` copies them; strides are the module's too."""
    text = "modelspec: 1\nname: Net\nSequential:\n- Linear(3, 3)\n- Linear(3, 3)\n"
    base = torch.arange(18.0).reshape(2, 9)
    shared, row = base[0].view(3, 3).t(), base[1][:3]
    state = {
        f"{at}.{n}": v for at in "01" for n, v in (("weight", shared), ("bias", row))
    }
    path = tmp_path / "w.pt"
    torch.save(state, path)
    made = loads(text).build(weights=path)
    assert torch.equal(made[0].weight, shared)
    assert made[0].weight.is_contiguous()
    with torch.no_grad():
        made[0].weight.zero_()
        made[0].bias.zero_()
    assert torch.equal(made[1].weight, shared)
    assert torch.equal(made[1].bias, row)
    assert made[1].bias.untyped_storage().nbytes() == 12


@pytest.mark.parametrize("name", sorted(LONG_WAY))
def test_numbers_drawn_the_long_way_are_drawn_once(tmp_path: Path, name: str) -> None:
    path, compiled = tmp_path / "w.pt", loads(spec(name))
    save_weights(compiled.build(seed=1), path)
    torch.manual_seed(2)
    compiled.build()
    wanted = torch.get_rng_state()
    torch.manual_seed(2)
    compiled.build(weights=path)
    assert torch.equal(torch.get_rng_state(), wanted)


def test_a_lazy_layer_lays_its_weights_out_as_ever(tmp_path: Path) -> None:
    text = "modelspec: 1\nname: Net\nSequential:\n- LazyLinear(3)\n"
    weight = torch.arange(6.0).reshape(2, 3).t()
    torch.save({"0.weight": weight, "0.bias": torch.ones(3)}, tmp_path / "w.pt")
    made = loads(text).build(weights=tmp_path / "w.pt")
    assert torch.equal(made[0].weight, weight)
    assert made[0].weight.is_contiguous()


def test_what_else_holds_a_parameter_is_never_left_without_values() -> None:
    class Holds(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(2, 2)
            self.held = [self.fc.weight]

    bare = make_bare(Holds, None)
    assert bare is not None
    assert not bare.is_complete


def test_other_threads_make_modules_as_ever() -> None:
    started, go_on, found = threading.Event(), threading.Event(), []

    class Waits(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            started.set()
            go_on.wait(10)
            self.fc = nn.Linear(2, 2)

    def other() -> None:
        started.wait(10)
        found.append(nn.Linear(2, 2).weight.is_meta)
        go_on.set()

    thread = threading.Thread(target=other)
    thread.start()
    bare = make_bare(Waits, None)
    thread.join()
    assert found == [False]
    assert bare is not None
    assert bare.module.fc.weight.is_meta
    assert not nn.Linear(2, 2).weight.is_meta


MEASURE = """
import json, struct, sys, modelspec
path, size = sys.argv[1], 4 * 8192 * 8192
entry = {"dtype": "F32", "shape": [8192, 8192], "data_offsets": [0, size]}
header = json.dumps({"weight": entry}).encode()
header += b" " * (-len(header) % 8)
with open(path, "wb") as file:
    file.write(struct.pack("<Q", len(header)) + header)
    file.truncate(file.tell() + size)
text = "modelspec: 1\\nname: Net\\nextends: Linear(8192, 8192, bias=False)\\n"
spec = modelspec.loads(text)
spec.build(device="meta")
def most():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
before = most()
spec.build(weights=path)
print(most() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_no_memory_is_taken_for_what_is_mapped(tmp_path: Path) -> None:
    """A matrix of 256 MiB, of which nothing is read."""
    path = str(tmp_path / "w.safetensors")
    command = [sys.executable, "-c", MEASURE, path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 64 * 1024
