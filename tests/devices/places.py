"""The devices that tests run on: the processor, and CUDA where there is one."""

from __future__ import annotations

import pytest
import torch

needs_cuda = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]

EACH = ["cpu", pytest.param("cuda", marks=needs_cuda)]
"""For `parametrize`: the same test on each."""

MET = ["cpu", *(pytest.param(one, marks=needs_cuda) for one in ("cuda", "cuda:0"))]
"""As a caller names them."""
