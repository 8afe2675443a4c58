"""Specs that import layers of `my_pkg`."""

from __future__ import annotations

from pathlib import Path

from modelspec import Policy

HERE = Path(__file__).parent
ALLOWED = Policy(allow_imports=("my_pkg",))

NET = """\
modelspec: 1
name: Net
imports:
  python:my_pkg.layers: {FancyAttention: Attention, Gate: Gate, Scale: Scale}
params:
  dim: int = 8
  depth: 2
  mixer: layer = Attention
  mixers: list[layer] = [Attention, partial(Attention, heads=4)]
  outer: layer = partial(Attention, scale=0.5)
inputs: {x: [B, T, 8]}
blocks:
  Halved:
    params: {dim: int}
    extends: Scale(dim)
    parameters: {bias2: "torch.ones(dim)"}
    forward: super().forward(x) + self.bias2
modules:
  first:
    Attention: {dim: "${dim}", heads: 4}
  second: Attention(dim) if depth > 1 else Gate(dim)
  if depth > 2:
    third: Gate(dim)
  else:
    third: null
  body:
    Sequential:
      - for i in range(depth):
        - mixer(dim)
        - Gate(dim)
  chosen: "mixers[1](dim)"
  outer: outer(dim)
  last: Halved(dim)
init:
  Attention: {gamma: zeros_}
  "Scale | Linear": {weight: ones_}
  "*.proj.weight": normal_(std=0.5)
tie: {second.gamma: first.gamma}
freeze: ["chosen.*"]
variants:
  gated: {mixer: Gate, depth: 3}
forward: |
  x = self.body(self.second(self.first(x))) * self.first.scale
  x = self.outer(self.chosen(x))
  if self.third is not None:
      x = self.third(x)
  for m in self.body:
      if isinstance(m, Gate):
          x = m(x)
  return self.last(self.first.doubled(x))
"""


def importing(module: str, *names: str) -> str:
    """A spec that makes layers of these names of a module."""
    listed = "".join(f"\n  - {name}" for name in names)
    imports = f"imports:\n  python:{module}: [{', '.join(names)}]"
    return f"modelspec: 1\nname: Net\n{imports}\nSequential:{listed}\n"
