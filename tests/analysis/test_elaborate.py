"""Construction run with stand-ins."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelspec.analysis.elaborate import Elaborator, elaborate
from modelspec.analysis.standins import Module
from modelspec.driver import compile_path, compile_text
from modelspec.policy import Limits, Policy
from modelspec.program.ir import Program

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def resnet() -> Program:
    return compile_path(str(ROOT / "examples/resnet.yaml"), Policy()).require()


def module_at(module: object, path: str) -> Module:
    for part in path.split("."):
        assert isinstance(module, Module)
        module = module.children[part]
    assert isinstance(module, Module)
    return module


def test_tree(resnet: Program) -> None:
    """The tree has the children that the build will have."""
    made = elaborate(resnet, "resnet50").module
    assert made is not None
    assert list(made.children) == [
        *("conv1", "bn1", "relu", "maxpool"),
        *("layer1", "layer2", "layer3", "layer4", "avgpool", "fc"),
    ]
    assert len(module_at(made, "layer3").children) == 6
    assert module_at(made, "layer4.0.downsample.0").type.name == "Conv2d"
    assert module_at(made, "fc").attributes["in_features"] == 2048


def test_required_params(resnet: Program) -> None:
    """Without values for what has no default there is nothing to follow."""
    assert elaborate(resnet).module is None
    assert elaborate(resnet).diagnostics == ()


def test_values_go_over_the_variant(resnet: Program) -> None:
    made = elaborate(resnet, "resnet18", {"num_classes": 7}).module
    assert module_at(made, "fc").attributes["out_features"] == 7


def program_of(body: str) -> Program:
    text = f"modelspec: 1\nname: Net\n{body}"
    compiled = compile_text(text.encode(), Policy())
    assert compiled.program is not None
    return compiled.program


QUIET = {
    "a condition on a tensor": """\
modules:
  if torch.ones(1).sum() > 0:
    a: Linear(4, 4 / 0)
forward: x
""",
    "what may be None": """\
modules:
  fc: Linear(4, 4)
  if self.fc.bias is not None:
    a: Linear(4, 4 // 0)
forward: x
""",
    "what may be an int": """\
modules:
  fc: Conv2d(4, 4, 3)
  if not isinstance(self.fc.kernel_size, int):
    a: Linear(4, 4)
  else:
    b: Linear(4, 4 // 0)
forward: x
""",
    "a loop over a tensor": """\
modules:
  for p in torch.linspace(0, 1, 3):
    a: Dropout(p)
forward: x
""",
    "a number out of a tensor": """\
vars:
  n: int(torch.tensor(3).item())
modules:
  for i in range(n):
    a${i}: Linear(4, 4)
forward: x
""",
    "a function of what may be None": """\
functions:
  size: |
    def size(b) -> int:
        if b is None:
            raise ValueError("no bias")
        return 4
modules:
  fc: Linear(4, 4)
  last: Linear(4, size(self.fc.bias))
""",
    "a rule under a condition that does not hold": """\
params: {norm: bool = false}
Sequential:
  - Linear(4, 4)
  - if norm: BatchNorm1d(4)
init:
  if norm:
    BatchNorm1d: {weight: ones_}
""",
    "what of a text only the build knows": """\
vars:
  parts: "'a b'.split(torch.ones(1))"
  size: round(torch.ones(1))
modules:
  fc: Linear(len(parts), size)
""",
}


@pytest.mark.parametrize("name", QUIET)
def test_what_only_the_build_knows(name: str) -> None:
    """Nothing is said where the way on is not known."""
    assert elaborate(program_of(QUIET[name])).diagnostics == ()


def test_a_block_may_be_named_as_what_is_not_known() -> None:
    """What is said of a block is said, whatever its name."""
    body = """\
Sequential:
  - OpaqueFoo(-1)
blocks:
  OpaqueFoo:
    params: {k: {type: int, min: 0}}
    Sequential:
      - Linear(k, k)
"""
    codes = [one.code for one in elaborate(program_of(body)).diagnostics]
    assert codes == ["param-value"]


LONG = {
    "ten thousand layers in a loop": """\
Sequential:
  - for i in range(10000):
      - Linear(4, 4)
  - Linear(4, 4 // 0)
""",
    "a long value": """\
vars:
  total: sum([i for i in range(100000)])
Sequential:
  - Linear(4, 4 // 0)
""",
    "a long block": """\
blocks:
  Long:
    Sequential:
      - for i in range(100000): Linear(4, 4)
      - ReLU
Sequential:
  - Long
  - Linear(4, 4 // 0)
""",
    "many layers": "Sequential:\n"
    + "  - Linear(4, 4)\n" * 15_000
    + "  - Linear(4 // 0, 4)\n",
}


@pytest.mark.parametrize("name", LONG)
def test_what_takes_long_hides_only_itself(name: str) -> None:
    found = elaborate(program_of(LONG[name])).diagnostics
    assert [one.code for one in found] == ["division-by-zero"]


def test_many_long_loops_come_to_an_end() -> None:
    """What is followed after a loop that takes too long is bounded too."""
    loop = "  - for i in range(1000000): Linear(4, 4)\n"
    elaborator = Elaborator(program_of("Sequential:\n" + 1000 * loop), Limits())
    elaborator.root(None, {})
    assert elaborator.budget.spent < 20_000_000
