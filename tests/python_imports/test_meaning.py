"""Layers of Python modules in specs, as far as nobody imports them: what they may be
called, where they may stand, and that nothing is said of what nobody knows."""

from __future__ import annotations

from pathlib import Path

import pytest

import modelspec
from modelspec import Policy, SpecError
from tests.python_imports.specs import ALLOWED, NET
from tests.schema.plain import plain_spec
from tests.schema.test_schema import VALIDATOR

HEAD = """\
modelspec: 1
name: Net
imports:
  python:my_pkg.layers: [FancyAttention, Gate]
  python:my_pkg.more: {Chain: Sequence}
"""

RIGHT = {
    "arguments": """
Sequential:
  - Gate(1, 2, 3, more=nn.Linear(2, 3))
  - FancyAttention
""",
    "mapping": """
Sequential:
  - Gate: {dim: 4, kind: text}
  - Gate: [1, 2]
  - FancyAttention:
""",
    "in containers": """
Sequential:
  a: Gate
  b:
    ModuleList:
      - Gate
      - FancyAttention: 3
forward: self.a(x)
""",
    "params": """
params:
  a: layer = Gate
  b: list[layer] = [Gate, ReLU]
  c: layer | None = Gate
Sequential:
  - a(3)
  - b[0](3)
  - c(1)
""",
    "dict": """
Sequential:
  - '{"relu": ReLU, "gate": Gate}["gate"]()'
""",
    "partial": """
Sequential:
  - partial(Gate, size=3)(4)
""",
    "lists": """
ModuleList: ${[Gate(i) for i in range(3)]}
forward: self[0](x)
""",
    "attributes": """
modules:
  a: Gate(3)
  b: Linear(self.a.size, self.a.other[2])
""",
    "of the class": """
modules:
  a: Linear(Gate.expansion, 4)
""",
    "items": """
modules:
  a: Sequence(3)
  b: Linear(self.a[0].size, len(self.a))
  c: self.a[1:]
forward: self.c(self.b(x))
""",
    "added": """
Sequential: ${Sequence(3) + Sequence(4)}
""",
    "truth": """
modules:
  a: Sequence(3)
  b: Linear(1, 1) if self.a else Linear(1, 1 // (1 if self.a else 0))
""",
    "methods": """
params: {act: layer = Gate}
modules:
  a: Gate(3)
  all:
    ModuleList:
      - Gate(3)
      - Gate(4)
  other: act()
forward: |
  y = self.a.run(x, self.a.mode)
  for one in self.all:
      y = one.run(y.state)
  z = self.a(x)
  return self.all[0](x).last_state * z.thing + self.other.gain
""",
    "items of a container": """
Sequential: [Gate, ReLU]
forward: |
  for one in self:
      x = one.run(x).last
  return self[0](x).hidden
""",
    "methods that tensors have too": """
modules:
  a: Gate(3)
  all: {Sequential: [Gate, ReLU]}
forward: |
  y = self.a.unfold(x, mode="same")
  for one in self.all:
      y = one.unfold(y, mode="same")
  return self.a(x).unfold(x, mode="same") + y.unfold(mode="same")
""",
    "isinstance": """
modules:
  a: Gate(3)
  b: Linear(1, 1 // (0 if isinstance(self.a, Linear) else 1))
  c: Linear(1, 1 // (1 if isinstance(self.a, FancyAttention) else 0))
  d: Linear(1, 1 // (1 if isinstance(self.a, nn.Module) else 0))
""",
    "same": """
params:
  a: layer = Gate
modules:
  b: Linear(3, 1 // (1 if a == FancyAttention else 0))
  c: Linear(3, 1 // (1 if a == Gate else 0))
""",
    "init": """
modules:
  a: Gate(3)
init:
  Gate: {anything: zeros_}
  "Gate | Linear": {other: zeros_}
  a.deep.weight: ones_
  "*.x": ones_
""",
    "tie": """
modules:
  a: Gate(3)
  b: Linear(3, 3)
tie: {a.proj.weight: b.weight}
freeze: [a.b.c, "a.*"]
""",
    "extends": """
extends: Gate(3)
modules:
  more: Linear(self.proj.size, 3)
forward: super().forward(self.more(self.other(x))) + len(self)
""",
    "replaced": """
extends: Gate(3)
modules:
  proj.0: Linear(3, 3)
""",
    "parameters": """
modules:
  a: Gate(3)
parameters:
  w: torch.zeros(self.a.n)
""",
    "variants": """
params: {a: layer = ReLU}
Sequential:
  - a()
variants:
  other: {a: Gate}
""",
    "children": """
blocks:
  B:
    params: {c: children}
    Sequential: ${c}
Sequential:
  - B: [Gate, ReLU]
""",
    "a type for children": """
params: {a: layer = Gate}
blocks:
  B:
    params: {c: children}
    Sequential: ${c}
Sequential:
  - B: ${Sequence(3)}
""",
}


@pytest.mark.parametrize("text", RIGHT.values(), ids=RIGHT)
def test_nothing_is_said_of_what_nobody_knows(text: str) -> None:
    found = modelspec.check(f"{HEAD}{text}\n", policy=ALLOWED)
    assert [one for one in found if one.is_error] == []
    source = modelspec.loads(f"{HEAD}{text}\n", policy=ALLOWED)
    for style in ("parametric", "flat"):
        compile(source.source(style), "net.py", "exec")


@pytest.mark.parametrize("text", [*RIGHT.values(), NET], ids=[*RIGHT, "all of it"])
def test_the_schema_takes_them(text: str, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(text if text is NET else f"{HEAD}{text}", encoding="utf-8")
    assert list(VALIDATOR.iter_errors(plain_spec(path))) == []


WRONG = {
    "a class for a number": (
        "param-type",
        "params: {n: int = Gate}\nSequential: [ReLU]",
    ),
    "misspelt": ("unknown-name", "Sequential: [Gaet]"),
    "known to be a module": (
        "division-by-zero",
        "modules:\n  a: Gate(3)\n"
        "  b: Linear(1, 1 // (0 if isinstance(self.a, nn.Module) else 1))",
    ),
    "auto": ("misplaced-auto", "inputs: {x: [N, 3]}\nSequential: [Gate(auto)]"),
    "children": ("takes-no-children", "Sequential: [Gate(3): [ReLU]]"),
    "twice": (
        "duplicate-block",
        "blocks: {Gate: {Sequential: [ReLU]}}\nSequential: [Gate]",
    ),
    "its own arguments": ("unknown-name", "Sequential: ['Gate(nobody)']"),
}


@pytest.mark.parametrize(("code", "text"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_all_the_same(code: str, text: str) -> None:
    found = modelspec.check(f"{HEAD}{text}\n", policy=ALLOWED)
    assert [one.code for one in found if one.is_error] == [code]


READS = [
    "x.thing",
    "self.a(x).thing.more",
    "self.a.thing.more",
    "self.a.run(x).thing.more",
    "self.a._thing",
    "self.a(x)._thing",
    "self.a.register_forward_hook(x)",
    "self.a.load_state_dict(x)",
    "self.b.thing",
    "self.b(x).thing",
    "Gate.thing",
    "[y.thing for y in x]",
]


@pytest.mark.parametrize("text", READS)
def test_what_may_not_be_read(text: str) -> None:
    """Of what a module gives nothing is read on, as it may lead anywhere."""
    spec = f'{HEAD}modules:\n  a: Gate(3)\n  b: ReLU\nforward: "{text}"\n'
    found = modelspec.check(spec, policy=ALLOWED)
    assert [one.code for one in found if one.is_error] == ["unknown-attribute"]


@pytest.mark.parametrize(
    "first",
    [
        "y = x",
        "y = self.a(x).thing",
        "y, z = self.a(x), x",
        "y = self.a(x) + 1",
        "y += x",
    ],
)
def test_a_name_that_may_be_something_else(first: str) -> None:
    text = f"  y = self.a(x)\n  {first}\n  return y.thing"
    spec = f"{HEAD}modules:\n  a: Gate(3)\nforward: |\n{text}\n"
    found = modelspec.check(spec, policy=ALLOWED)
    assert [one.code for one in found if one.is_error] == ["unknown-attribute"]


def test_what_nothing_uses_is_told_and_left_out() -> None:
    spec = modelspec.loads(f"{HEAD}Sequential: [Gate]\n", policy=ALLOWED)
    told = [(one.code, one.span.text) for one in spec.diagnostics if one.span]
    assert told == [("unused-block", "FancyAttention"), ("unused-block", "Chain")]
    assert "Gate" in spec.source()
    assert "FancyAttention" not in spec.source()


def test_one_class_has_one_name_in_all_files(tmp_path: Path) -> None:
    """Also where another file calls a block of its own so."""
    for name, text in {
        "a.yaml": "blocks: {A: {Sequential: [Gate, Mine]}}",
        "b.yaml": "blocks: {Gate: {Sequential: [ReLU]}, B: {Sequential: [Gate]}}",
    }.items():
        imports = "imports: {python:my_pkg.layers: {Gate: Gate, Other: Mine}}\n"
        head = imports if name == "a.yaml" else ""
        (tmp_path / name).write_text(f"modelspec: 1\n{head}{text}\n")
    net = tmp_path / "net.yaml"
    net.write_text(
        "modelspec: 1\nname: Net\nimports:\n  a.yaml: [A]\n  b.yaml: [B]\n"
        "  python:my_pkg.layers: {Gate: Door, Other: Other}\n"
        "Sequential: [A, B, Door, Other]\n"
    )
    source = modelspec.load(net, policy=ALLOWED).source()
    assert "from my_pkg.layers import Gate as Door\n" in source
    assert "from my_pkg.layers import Other\n" in source
    assert "super().__init__(Door(), Other())" in source
    assert "super().__init__(A(), B(), Door(), Other())" in source
    assert "class Gate(nn.Sequential)" in source


def test_names_that_others_have_already(tmp_path: Path) -> None:
    """Two modules with classes of one name, one of them imported by another file."""
    (tmp_path / "a.yaml").write_text(
        "modelspec: 1\nimports: {python:my_pkg2: [Gate]}\n"
        "blocks: {A: {Sequential: [Gate]}}\n"
    )
    net = tmp_path / "net.yaml"
    net.write_text(
        "modelspec: 1\nname: Net\nimports:\n"
        "  a.yaml: [A]\n  python:my_pkg.layers: [Gate]\n"
        "Sequential: [A, Gate(4), 'Linear(4, 4)']\n"
    )
    spec = modelspec.load(net, policy=Policy(allow_imports=("my_pkg", "my_pkg2")))
    assert "from my_pkg.layers import Gate\n" in spec.source()
    assert "from my_pkg2 import Gate as MyPkg2Gate\n" in spec.source()
    made = spec.build()
    assert [type(one).__module__ for one in (made[0][0], made[1])] == [  # type: ignore[index]
        "my_pkg2",
        "my_pkg.gates",
    ]


def test_the_names_of_torch_and_of_standard_blocks_may_be_taken() -> None:
    taken = "{Gate: Linear, Scale: Residual}"
    head = f"modelspec: 1\nname: Net\nimports:\n  python:my_pkg.layers: {taken}\n"
    spec = modelspec.loads(
        f"{head}Sequential: [Linear(4), 'nn.Linear(4, 4)', Residual(4)]\n",
        policy=ALLOWED,
    )
    assert "super().__init__(Linear(4), nn.Linear(4, 4), Residual(4))" in spec.source()
    names = [type(one).__name__ for one in spec.build().children()]
    assert names == ["Gate", "Linear", "Scale"]


def test_values_given_as_text() -> None:
    """`--set act=Gate` means what it means in the spec."""
    from modelspec.api.builder import BuildRequest

    spec = modelspec.loads(
        f"{HEAD}params: {{act: layer = Gate}}\nSequential: [act()]\n", policy=ALLOWED
    )
    made = spec.make(BuildRequest(texts={"act": "partial(Gate, dim=2)"}))
    assert made is not None


AUTO = f"{HEAD}inputs: {{x: [N, 3, 8]}}\nSequential: [Gate(8), 'Linear(auto, 4)']\n"


def test_sizes_left_to_auto_are_for_a_build_to_know() -> None:
    spec = modelspec.loads(AUTO, policy=ALLOWED)
    assert spec.build()[1].in_features == 8  # type: ignore[index]
    with pytest.raises(SpecError) as error:
        spec.source()
    (found,) = error.value.diagnostics
    assert found.code == "auto-not-inferred"
    assert found.span is not None
    assert found.span.text == "Gate"


def test_a_build_writes_the_source_of_it(tmp_path: Path) -> None:
    from modelspec.cli import main

    path, source = tmp_path / "net.yaml", tmp_path / "net.py"
    path.write_text(AUTO)
    command = ["build", str(path), "--allow-import", "my_pkg", "-o", str(source), "-q"]
    assert main(command) == 0
    assert "nn.Linear(8, 4)" in source.read_text()
    command = ["generate", str(path), "--allow-import=my_pkg", "-o", str(source)]
    assert main(command) == 1


def test_fmt_compares_what_a_spec_means(tmp_path: Path) -> None:
    from modelspec.cli import main

    path = tmp_path / "net.yaml"
    path.write_text(f"{HEAD}Sequential:   ['Gate( 4 )',   FancyAttention]\n")
    assert main(["fmt", str(path)]) == 0
    assert main(["fmt", str(path), "--check", "--allow-import", "my_pkg"]) == 0
    assert main(["check", str(path), "--allow-import", "my_pkg", "-q"]) == 0
