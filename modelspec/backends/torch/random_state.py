"""Torch's random numbers, kept while something is made or run only to be looked at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch


@contextmanager
def keep_random_state() -> Iterator[None]:
    """What is drawn inside leaves torch's random numbers as they were.

    Those of each CUDA device too, where CUDA is in use; nothing begins to use it.
    """
    cuda: Any = torch.cuda  # without types
    count = cuda.device_count() if cuda.is_initialized() else 0
    with torch.random.fork_rng(devices=range(count)):
        yield
