"""What a row counts, in networks that tables of other tools get wrong."""

from __future__ import annotations

import pytest
import torch

import modelspec
from modelspec.report.summary import Row, Summary


def summary_of(text: str, **options: object) -> Summary:
    spec = modelspec.loads(f"modelspec: 1\nname: Net\n{text}")
    return spec.summary(**options)  # type: ignore[arg-type]


def rows_of(text: str) -> dict[str, Row]:
    """Rows by name; operations by the name of their module and what is called."""
    found = {}
    for _, row in summary_of(text).rows():
        is_call = row.kind == "operation"
        found[f"{row.name}:{row.type}" if is_call else row.name] = row
    return found


def macs(row: Row, **sizes: int) -> int:
    from modelspec.sizes import evaluate

    return evaluate(row.tally.macs, {"N": 1, **sizes})


def test_parameters_beside_modules() -> None:
    """They have rows of their own, and count in what is around them."""
    rows = rows_of("""
inputs: {x: [N, 8]}
parameters:
  scale: torch.ones(8)
  frozen: {value: torch.zeros(3), requires_grad: false}
buffers:
  mean: torch.zeros(8)
  hidden: {value: torch.zeros(5), persistent: false}
modules:
  fc: Linear(8, 2)
forward: self.fc(x * self.scale - self.mean)
""")
    root = rows[""]
    assert root.own == 8 + 3
    assert root.tally.parameters == 8 + 3 + 18
    assert root.tally.frozen == 3
    assert root.tally.buffers == 8 + 5
    # What the state_dict holds: the transient buffer is no weight.
    assert root.tally.weights == (("float32", 4 * (8 + 3 + 8 + 18)),)
    assert (rows["scale"].type, rows["scale"].tally.parameters) == ("Parameter", 8)
    assert rows["frozen"].notes == ("frozen",)
    assert (rows["mean"].type, rows["mean"].tally.buffers) == ("Buffer", 8)
    assert "hidden" not in rows
    assert list(rows) == ["", "scale", "frozen", "mean", "fc"]


def test_containers_of_parameters() -> None:
    rows = rows_of("""
inputs: {x: [N, 4]}
modules:
  scales: {ParameterList: ["torch.ones(4)", "torch.ones(4)"]}
  named: {ParameterDict: {a: "torch.ones(4, 4)"}}
forward: |
  for one in self.scales:
      x = x * one
  return x @ self.named["a"]
""")
    assert rows["scales"].tally.parameters == 8
    assert rows["named"].tally.parameters == 16
    assert rows[""].tally.parameters == 24
    assert rows["scales"].notes == rows["named"].notes == ()
    assert macs(rows[":matmul"]) == 16


def test_a_layer_that_is_called_several_times() -> None:
    """Its parameters count once, its multiply-adds and activations each time."""
    rows = rows_of("""
inputs: {x: [N, 8]}
modules:
  fc: Linear(8, 8)
forward: |
  for _ in range(3):
      x = self.fc(x)
  return x
""")
    assert rows["fc"].calls == 3
    assert rows["fc"].notes == ("3 calls",)
    assert rows["fc"].tally.parameters == 72
    assert macs(rows["fc"]) == 3 * 64
    assert rows["fc"].tally == rows[""].tally


def test_calls_on_several_shapes() -> None:
    rows = rows_of("""
inputs: {x: [N, 8], y: [M, 8]}
modules: {fc: "Linear(8, 8)"}
forward: self.fc(x), self.fc(y)
""")
    assert rows["fc"].notes == ("2 calls, shapes differ",)
    assert macs(rows["fc"], M=2) == 3 * 64


def test_functions() -> None:
    """What is no module is counted and shown, beside modules and without any."""
    rows = rows_of("""
inputs: {x: [N, 6, 8]}
modules:
  qkv: Linear(8, 24)
  mix: Mix
forward: |
  q, k, v = self.qkv(x).chunk(3, -1)
  return self.mix(F.scaled_dot_product_attention(q, k, v))
blocks:
  Mix:
    forward: x @ x.transpose(1, 2)
""")
    attention = rows[":scaled_dot_product_attention"]
    assert macs(attention) == 2 * 6 * 6 * 8
    assert macs(rows["mix:matmul"]) == macs(rows["mix"]) == 6 * 6 * 8
    assert macs(rows["qkv"]) == 6 * 8 * 24
    whole = macs(attention) + macs(rows["mix"]) + macs(rows["qkv"])
    assert macs(rows[""]) == whole


def test_tied_weights() -> None:
    """They count where they are registered first."""
    rows = rows_of("""
inputs: {x: {shape: [N, T], dtype: int64, max: 10}}
modules:
  embed: Embedding(10, 4)
  scores: Linear(4, 10, bias=False)
tie: {scores.weight: embed.weight}
""")
    assert rows["embed"].tally.parameters == 40
    assert (rows["scores"].tally.parameters, rows["scores"].tally.shared) == (0, 40)
    assert rows["scores"].notes == ("weight is embed.weight",)
    assert rows[""].tally.parameters == 40
    assert rows[""].tally.weight_bytes == 160


def test_a_shared_module() -> None:
    rows = rows_of("""
inputs: {x: [N, 4]}
modules:
  first: {Sequential: ["Linear(4, 4)"]}
  again: self.first
forward: self.again(self.first(x))
""")
    assert rows["again"].notes == ("same as first",)
    assert "again.0" not in rows
    assert rows["first.0"].calls == 2
    assert rows[""].tally.parameters == 20
    assert macs(rows[""]) == macs(rows["first"]) == 32


def test_modules_that_are_not_called() -> None:
    """They are told from those whose children or parameters are used."""
    rows = rows_of("""
inputs: {x: [N, 4]}
modules:
  unused: {Sequential: ["Linear(4, 4)"]}
  idle: Linear(4, 4)
  read: Linear(4, 4)
  listed: {ModuleList: ["Linear(4, 4)"]}
  left_out: null
forward: self.listed[0](x) @ self.read.weight
""")
    assert rows["idle"].notes == ("not called",)
    assert rows["unused"].notes == ()  # a container of torch's is never needed
    assert rows["unused.0"].notes == ("not called",)
    assert rows["read"].notes == rows["listed"].notes == rows["listed.0"].notes == ()
    assert "left_out" not in rows
    assert rows[""].tally.parameters == 80
    assert macs(rows[""]) == 32


def test_a_layer_with_modules_of_its_own() -> None:
    """What attention does with the linear layer in it is part of it."""
    rows = rows_of("""
inputs: {x: [N, T, 8]}
modules: {attention: "MultiheadAttention(8, 2, batch_first=True)"}
forward: self.attention(x, x, x)[0]
""")
    assert list(rows) == ["", "attention"]
    assert rows["attention"].tally.parameters == 4 * 64 + 4 * 8
    # Four projections, scores and their sum.
    assert macs(rows["attention"], T=5) == 4 * 5 * 64 + 2 * 5 * 5 * 8


def test_recurrent_layers() -> None:
    rows = rows_of("""
inputs: {x: [T, N, 5]}
modules: {lstm: "LSTM(5, 7)"}
forward: self.lstm(x)[0]
""")
    assert macs(rows["lstm"], T=3) == 3 * 4 * 7 * (5 + 7)


def test_activations() -> None:
    """Views and what works in place make nothing."""
    rows = rows_of("""
inputs: {x: [N, 6]}
modules:
  fc: Linear(6, 10)
  act: ReLU(inplace=True)
  flat: Flatten
""")
    made = {name: rows[name].tally.made for name in rows}
    summary = {name: str(size) for name, size in made.items()}
    assert summary == {"": "40*N", "fc": "40*N", "act": "0", "flat": "0"}


def test_weights_by_dtype() -> None:
    found = summary_of(
        "inputs: {x: [N, 3, 8, 8]}\nSequential: ['Conv2d(3, 4, 3)', BatchNorm2d(4)]",
        dtype="bfloat16",
    )
    weights = dict(found.root.tally.weights)
    assert weights == {"bfloat16": 2 * (112 + 8 + 8), "int64": 8}


NUMBERED = """
inputs: {x: [N, 8]}
Sequential:
  - for _ in range(4):
      - Linear(8, 8)
  - Linear(8, 2)
"""


def test_repeats() -> None:
    """Equal neighbours are one row, whose figures are those of one of them."""
    rows = rows_of(NUMBERED)
    assert list(rows) == ["", "0", "4"]
    assert rows["0"].names == ("0", "1", "2", "3")
    assert rows["0"].tally.parameters == 72
    assert rows[""].tally.parameters == 4 * 72 + 18


@pytest.mark.parametrize(
    "other", ["Linear(8, 8, bias=False)", "ReLU", "Sequential: ['Linear(8, 8)']"]
)
def test_what_differs_is_no_repeat(other: str) -> None:
    layers = f"Sequential:\n  - Linear(8, 8)\n  - {other}\n  - Linear(8, 8)\n"
    rows = rows_of(f"inputs: {{x: [N, 8]}}\n{layers}")
    assert [name for name in rows if name in ("0", "1", "2")] == ["0", "1", "2"]


def test_names_that_do_not_count_on() -> None:
    """`query` and `key` may be equal; each has its row."""
    rows = rows_of("""
inputs: {x: [N, 8]}
modules:
  query: Linear(8, 8)
  key: Linear(8, 8)
  fc1: Linear(8, 8)
  fc2: Linear(8, 8)
""")
    assert rows["fc1"].names == ("fc1", "fc2")
    assert (rows["query"].names, rows["key"].names) == ((), ())


def test_concrete_sizes() -> None:
    found = summary_of(NUMBERED, input={"x": (5, 8)})
    assert (found.sizes, found.batch) == ({}, ())
    assert found.count(found.root.tally.macs) == 5 * (4 * 64 + 16)
    assert "x [5, 8] -> [5, 2]" in found.text()


def test_symbols_that_count_samples() -> None:
    """They stand first, or are called so; the others have usual sizes."""
    found = summary_of("inputs: {x: [T, B, 4]}\nSequential: ['Linear(4, 4)']")
    assert found.batch == ("B",)
    assert found.sizes["B"] == 1
    assert found.sizes["T"] > 1
    several = summary_of(
        "inputs: {x: [N, 4], y: [B, 4]}\nforward: x @ y.T\nmodules: {f: ReLU}"
    )
    assert several.batch == ("N", "B")
    unknown = summary_of("inputs: {x: [S, 4]}\nSequential: ['Linear(4, 4)']")
    assert unknown.batch == ()


def test_a_run_that_ends_early() -> None:
    """Parameters are there without a run, and it is told why there is none."""
    found = summary_of("""
inputs: {x: [N, 4]}
modules: {fc: "Linear(4, 4)"}
forward: |
  y = self.fc(x)
  while y.abs().sum() > 1:
      y = y / 2
  return y
""")
    assert found.observation is None
    assert found.root.tally.parameters == 20
    assert "depends on the values of a tensor" in found.text()


def test_nothing_is_drawn_and_nothing_is_left() -> None:
    state = torch.random.get_rng_state()
    summary_of(NUMBERED, optimizer="adamw")
    assert torch.equal(torch.random.get_rng_state(), state)


def test_what_the_caller_gets_wrong() -> None:
    with pytest.raises(modelspec.SpecError, match="wrong-input"):
        summary_of(NUMBERED, input={"x": (5, 7)})
    with pytest.raises(modelspec.SpecError, match="wrong-input"):
        summary_of(NUMBERED, input={"z": (5, 8)})
    with pytest.raises(ValueError, match="sgd, sgd-momentum"):
        summary_of(NUMBERED, optimizer="adamwow")
