"""What the flat style leaves out."""

from __future__ import annotations

import modelspec

SPEC = """\
modelspec: 1
name: Net
params: {stride: 1, bias: true, p: 0.5}
inputs: {x: [N, 3, 8, 8]}
blocks:
  Cell:
    params: {cin: int, stride: int = 1}
    inputs: {x: [N, cin, H, W]}
    Sequential:
      - Conv2d(cin, 3, 3, stride=stride)
Sequential:
  - Conv2d(3, 3, 1, stride=stride, padding=0, bias=bias)
  - Cell(3, stride=stride)
  - Cell(3, stride=stride + 1)
  - Dropout(p=p)
"""


def test_what_comes_out_as_the_default_is_left_out() -> None:
    """What the spec itself wrote out stays."""
    text = modelspec.loads(SPEC).source("flat")
    assert "nn.Conv2d(3, 3, 1, padding=0), Cell(), Cell(stride=2), nn.Dropout()" in text
