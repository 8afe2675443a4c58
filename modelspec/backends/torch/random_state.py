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


def random_state_of(device: torch.device) -> torch.Tensor:
    """Of the processor and of the device, where that has numbers of its own."""
    states = [torch.get_rng_state()]
    if device.type == "mps":  # there is one at most, which has no number
        states.append(torch.mps.get_rng_state())
    elif device.type not in ("cpu", "meta"):
        states.append(torch.get_device_module(device).get_rng_state(device))
    return torch.cat(states)


def set_random_state(state: torch.Tensor, device: torch.device) -> None:
    """Set back what `random_state_of` was."""
    size = torch.get_rng_state().numel()
    torch.set_rng_state(state[:size])
    if device.type == "mps":
        torch.mps.set_rng_state(state[size:])
    elif device.type not in ("cpu", "meta"):
        torch.get_device_module(device).set_rng_state(state[size:], device)
