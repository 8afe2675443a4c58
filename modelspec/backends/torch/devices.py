"""The devices of this machine, as torch sees them."""

from __future__ import annotations

import torch


def best_device() -> str:
    """What `--device auto` is: an accelerator if there is one."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def describe_devices() -> list[str]:
    """A line for each device, the processor first."""
    lines = [f"cpu: {torch.get_num_threads()} threads"]
    if torch.cuda.is_available():
        for index in range(torch.cuda.device_count()):
            found = torch.cuda.get_device_properties(index)
            memory = found.total_memory / 2**30
            lines.append(f"cuda:{index}: {found.name}, {memory:.0f} GiB")
    if torch.backends.mps.is_available():
        lines.append("mps")
    return lines
