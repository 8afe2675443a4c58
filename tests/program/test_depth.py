"""Specs that are flat to read but deep in what they mean end in a diagnostic."""

from __future__ import annotations

import time

import pytest

from modelspec.driver import compile_text
from modelspec.policy import Policy

MANY = 3000


def chain_of_uses() -> str:
    blocks = "".join(f"  B{i}: {{Sequential: [B{i + 1}]}}\n" for i in range(MANY))
    return f"blocks:\n{blocks}  B{MANY}: {{Sequential: [ReLU]}}\nSequential: [B0]\n"


def chain_of_bases() -> str:
    blocks = "".join(f"  B{i}: {{extends: B{i + 1}}}\n" for i in range(MANY))
    return f"blocks:\n{blocks}  B{MANY}: {{Sequential: [ReLU]}}\nSequential: [B0]\n"


def chain_of_branches() -> str:
    branches = "".join(f"    elif n == {i}: ReLU\n" for i in range(1, MANY))
    return f"params: {{n: 1}}\nSequential:\n  - if n == 0: ReLU\n{branches}"


def nested_annotation() -> str:
    inside = "tuple[int, " * 25 + "int" + "]" * 25
    text = f"  def forward(self, x, y: {inside} = None):\n      return self.a(x)\n"
    return f"modules: {{a: ReLU}}\nforward: |\n{text}"


@pytest.mark.parametrize(
    "body", [chain_of_uses, chain_of_bases, chain_of_branches, nested_annotation]
)
def test_what_is_deep_ends(body: object) -> None:
    """No exception, no hang; what is refused is refused for its depth."""
    text = f"modelspec: 1\nname: Deep\n{body()}"  # type: ignore[operator]
    started = time.process_time()
    found = compile_text(text.encode(), Policy()).diagnostics
    assert time.process_time() - started < 20
    assert {one.code for one in found if one.is_error} <= {"limit-exceeded"}
