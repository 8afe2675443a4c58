"""Built modules are ordinary modules: section 8 of the language."""

from __future__ import annotations

import copy
import io
import pickle
import subprocess
import sys
import traceback
from pathlib import Path

import pytest
import torch
from torch import nn

from modelspec.backends.torch import count_parameters, instantiate
from tests.torch_backend.specs import build, classes_of, rebuild

NET = """
name: Net
params: {width: 8, act: layer = ReLU}
blocks:
  Part:
    params: {n: int}
    constants: {factor: 2}
    Sequential: ["Linear(n, n)", ReLU]
    forward: |
      y = super().forward(x)
      for layer in self:
          if isinstance(layer, nn.Linear):
              y = y + layer(x)
      return y * self.factor
modules:
  body: {Sequential: [Part(width), Part(width)]}
  head: Linear(width, 2)
attributes: {kind: "${act}"}
forward: |
  x = self.kind()(self.body(x))
  return self.head(F.relu(x))
"""


@pytest.fixture
def net() -> nn.Module:
    torch.manual_seed(0)
    made: nn.Module = build(NET)
    return made


def test_copies_and_pickles(net: nn.Module) -> None:
    x = torch.ones(2, 8)
    file = io.BytesIO()
    torch.save(net, file)
    file.seek(0)
    again = torch.load(file, weights_only=False)
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net)), again):
        assert torch.equal(other(x), net(x))
        assert type(other).__name__ == "Net"


def test_pickle_loads_in_another_process(net: nn.Module, tmp_path: Path) -> None:
    path = tmp_path / "net.pkl"
    path.write_bytes(pickle.dumps(net))
    root = Path(__file__).parents[2]
    code = (
        f"import pickle, torch; net = pickle.load(open({str(path)!r}, 'rb'));"
        "print(net(torch.ones(1, 8)).tolist(), type(net).__name__)"
    )
    run = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(run, cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"{net(torch.ones(1, 8)).tolist()} Net"


def test_subclasses_are_left_to_pickle(net: nn.Module) -> None:
    cls = type("Swapped", (type(net),), {})
    net.__class__ = cls
    assert net(torch.ones(1, 8)).shape == (1, 2)
    with pytest.raises(pickle.PicklingError):
        pickle.dumps(net)
    assert isinstance(rebuild(NET, "Part"), type)


def test_compile_export_and_trace(net: nn.Module) -> None:
    x = torch.ones(2, 8)
    want = net(x)
    torch.compiler.reset()
    compiled = torch.compile(net, fullgraph=True, backend="eager")
    assert torch.equal(compiled(x), want)
    assert torch.equal(torch.export.export(net, (x,)).module()(x), want)
    assert torch.equal(torch.jit.trace(net, x)(x), want)


def test_compile_of_what_calls_deep_into_torch() -> None:
    """Dynamo looks for torch's own built-ins among those of our frame."""
    net = build(
        "name: Net\nmodules:\n"
        "  let layer = TransformerEncoderLayer(8, 2, 16, batch_first=True):\n"
        "  a: TransformerEncoder(layer, 2)\n"
    ).eval()
    torch.compiler.reset()
    x = torch.ones(3, 2, 8)
    compiled = torch.compile(net, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(x), net(x))


def test_the_long_tail() -> None:
    net = build(
        "name: Net\nmodules:\n  s: {Sequential: [ReLU, GELU]}\n  l: "
        "{ModuleList: ['Linear(2, 2)']}\nforward: return self.l[0](self.s(x))"
    )
    assert isinstance(net.s[1], nn.GELU)
    assert len(net.s[:1]) == 1
    net.l.append(nn.Linear(2, 2))
    net.add_module("extra", nn.Linear(2, 2))
    assert len(list(net.parameters())) == 6
    seen = []
    net.register_forward_hook(lambda module, given, output: seen.append(output))
    net(torch.ones(1, 2))
    assert len(seen) == 1
    assert net.half().l[0].weight.dtype is torch.float16
    assert (
        str(net.load_state_dict(net.state_dict())) == "<All keys matched successfully>"
    )
    assert not net.eval().training


def test_traceback_shows_the_line_of_the_spec(net: nn.Module) -> None:
    with pytest.raises(RuntimeError) as caught:
        net(torch.ones(1, 3))
    lines = traceback.format_exception(caught.value)
    assert any("x = self.kind()(self.body(x))" in line for line in lines)
    assert any("y = super().forward(x)" in line for line in lines)


def test_device_dtype_and_seed() -> None:
    classes = classes_of("name: Net\nSequential: ['Linear(4, 4)']")
    with torch.device("meta"):
        assert instantiate(classes, {})[0].weight.is_meta  # type: ignore[index]
    made = instantiate(classes, {}, dtype="float64", seed=3)
    torch.manual_seed(3)
    assert torch.equal(made[0].weight, nn.Linear(4, 4, dtype=torch.float64).weight)  # type: ignore[index]


def test_large_layers_draw_no_more_numbers_than_by_hand() -> None:
    """They are measured first, on the meta device."""
    made = instantiate(
        classes_of("name: Net\nSequential: ['Linear(3000, 3000)', 'Linear(2, 2)']"),
        {},
        seed=0,
    )
    torch.manual_seed(0)
    nn.Linear(3000, 3000)
    assert torch.equal(made[1].weight, nn.Linear(2, 2).weight)  # type: ignore[index]


def test_counts() -> None:
    net = build(
        "name: Net\nmodules: {a: 'Linear(2, 3)', b: 'Linear(2, 3)', n: BatchNorm1d(3)}"
        "\ntie: {b.weight: a.weight}\nfreeze: [a.bias]"
    )
    counts = count_parameters(net)
    assert (counts.total, counts.trainable, counts.buffers) == (18, 15, 7)
