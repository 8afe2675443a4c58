"""What is written where several texts would do: each decision, seen in its text."""

from __future__ import annotations

from pathlib import Path

import pytest

import modelspec

HEAD = "modelspec: 1\nname: M\n"


def source(folder: Path, spec: str, style: str = "parametric") -> str:
    path = folder / "m.yaml"
    path.write_text(HEAD + spec, encoding="utf-8")
    return modelspec.load(path).source(style)


DECISIONS = {
    "a frozen module is frozen as a whole": (
        'modules: {a: "Linear(4, 4)", b: "Linear(4, 4)"}\nfreeze: ["a.*"]\n',
        "        self.a.requires_grad_(False)\n",
    ),
    "what is shared is frozen under each of its names": (
        "modules: {a: \"Linear(4, 4)\", b: self.a}\nfreeze: ['b.w*']\n",
        "self.named_parameters(remove_duplicate=False)",
    ),
    "a computed parameter is no module": (
        "params: {n: 2}\n"
        "parameters: {'for i in range(n)': {'p${i}': 'torch.ones(4)'}}\n"
        'modules: {fc: "Linear(4, 4)"}\n'
        "freeze: [{'for i in range(n)': 'p${i}'}]\n",
        'self.get_parameter(f"p{i}").requires_grad_(False)',
    ),
    "neighbouring rules that say the same are one": (
        'modules: {a: "Linear(4, 4)", b: "Conv1d(4, 4, 1)"}\n'
        "init: {Linear: {weight: zeros_}, Conv1d: {weight: zeros_}}\n",
        "if isinstance(module, (nn.Linear, nn.Conv1d)):",
    ),
    "a condition alone in the last branch joins its test": (
        'modules: {a: "Linear(4, 4)"}\ninit: {Linear: {bias: zeros_}}\n',
        "if isinstance(module, nn.Linear) and module.bias is not None:",
    ),
    "a default that is made anew leaves None free": (
        'params: {act: "layer | None = partial(LeakyReLU, 0.2)"}\n'
        "modules:\n  if act is not None:\n    a: act()\n  else:\n    a: Identity\n",
        "        if act is ...:\n            act = partial(nn.LeakyReLU, 0.2)\n",
    ),
    "a parameter that may be None is registered": (
        'params: {scale: "float | None = 1.0"}\n'
        "parameters: {g: scale * torch.ones(4) if scale is not None else None}\n"
        'modules: {fc: "Linear(4, 4)"}\n',
        'self.register_parameter(\n            "g", nn.Parameter(scale * '
        "torch.ones(4)) if scale is not None else None\n",
    ),
    "a var that is only read as an attribute is one": (
        'params: {n: 4}\nvars: {m: n * 2}\nmodules: {fc: "Linear(4, 4)"}\n'
        "forward: self.fc(x) * self.m\n",
        "        self.m = n * 2\n",
    ),
    "a constant that is a list belongs to the class": (
        'constants: {labels: [low, high]}\nmodules: {fc: "Linear(4, 4)"}\n',
        '    labels: ClassVar[list[str]] = ["low", "high"]\n',
    ),
    "keywords in a dict are keywords": (
        'Sequential: [\'Linear(**{"in_features": 4, "out_features": 2})\']\n',
        "nn.Linear(in_features=4, out_features=2)",
    ),
    "parentheses of the user stay": (
        'modules: {fc: "Linear(4, 4)"}\nforward: (x @ x.mT) * 0.5\n',
        "return (x @ x.mT) * 0.5",
    ),
}


@pytest.mark.parametrize(("spec", "text"), DECISIONS.values(), ids=DECISIONS)
def test_decision_is_seen_in_the_text(spec: str, text: str, tmp_path: Path) -> None:
    assert text in source(tmp_path, spec)


def test_flat_style_keeps_what_differs_in_a_recursive_block(tmp_path: Path) -> None:
    """A block that makes itself keeps the argument by which it ends."""
    spec = (
        "blocks:\n  A:\n    params: {n: int, width: int}\n    modules:\n"
        "      fc: Linear(width, width)\n      if n > 0:\n"
        "        rest: A(n - 1, width)\n      else:\n        rest: Identity\n"
        "Sequential: ['A(2, 4)']\n"
    )
    text = source(tmp_path, spec, "flat")
    assert "def __init__(self, n: int) -> None:" in text
    assert "self.fc = nn.Linear(4, 4)" in text


def test_flat_style_writes_the_block_that_is_extended(tmp_path: Path) -> None:
    spec = (
        "blocks:\n  Net: {params: {n: int}, modules: {a: 'Linear(n, n)'}}\n"
        "extends: Net(4)\nmodules: {b: 'Linear(4, 3)'}\n"
    )
    text = source(tmp_path, spec, "flat")
    assert "class Net(nn.Module):" in text
    assert "self.a = nn.Linear(4, 4)" in text


def test_names_of_many_pieces(tmp_path: Path) -> None:
    """Whether a name may be one that is computed takes no longer for more pieces."""
    pieces, name = "${i}a" * 25, "a" * 60
    written = source(
        tmp_path,
        "params: {n: 2}\n"
        "modules:\n"
        f"  for i in range(n):\n    {pieces}b: Linear(4, 4)\n"
        f"  {name}: Linear(4, 4)\n"
        f"tie: {{{name}.weight: {'0a' * 25}b.weight}}\n"
        f"forward: self.{name}(x)\n",
    )
    assert f"return self.{name}(x)" in written
