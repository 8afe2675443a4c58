"""Names that begin as control keys do, and control keys that stand twice."""

from __future__ import annotations

from modelspec.driver import compile_text
from modelspec.policy import Policy

SPEC = b"""\
modelspec: 1
name: Net
params: {deep: true, wide: false}
Sequential:
  if-branch: ReLU
  else-x: ReLU
  for i in range(2):
    for-${i}: Tanh
    if${i}: Tanh
  if deep: {a: ReLU}
  "else:": {b: ReLU}
  if wide: {c: ReLU}
  "else:": {d: ReLU}
"""


def test_names_like_keys() -> None:
    assert compile_text(SPEC, Policy()).diagnostics == ()
