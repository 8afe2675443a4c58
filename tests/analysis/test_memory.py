"""Nothing that was compiled stays in memory after its caller."""

from __future__ import annotations

import gc

import modelspec
from modelspec.diagnostics.span import Source

SPEC = """\
modelspec: 1
name: Net
blocks: {Inner: {params: {n: int}, Sequential: ["Linear(n, n)"]}}
Sequential:
  - for i in range(1, 4):
      - Inner(i)
  - Linear(3, 3)
  - named:
      Linear: {in_features: 3, out_features: 3}
"""


def test_a_spec_that_was_checked_is_gone() -> None:
    for mark in range(3):
        modelspec.check(f"{SPEC}  # mark of a spec {mark}\n")
    gc.collect()
    held = [one for one in gc.get_objects() if type(one) is Source]
    assert not [one for one in held if "# mark of a spec" in one.text]
