"""What a device has free for tensors, and the refusal where that will not do.

Comes in: a device, and bytes that are wanted on it. Goes out: nothing, or `SpecError`
with the code `limit-exceeded`. Nothing is allocated to find out. On the processor it
is what the system says is available, less where a control group, as containers and
batch systems have them, leaves less; files that it only caches count as free. On an
accelerator it is what its driver tells, and what torch holds there without using it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from modelspec.backends.torch.failure import fail
from modelspec.records import dataclass

UNBOUNDED = 2**62
"""More than any device has: nobody tells how much."""

ADVICE = "build on the device meta to see shapes without memory"


def require_room(module: nn.Module, device: str | torch.device | None) -> None:
    """Refuse a module on meta that a device has no room for; None is the default one.

    Raises:
        SpecError: its tensors take more than the device has free.
    """
    place = torch.get_default_device() if device is None else torch.device(device)
    require_free(type(module).__name__, bytes_of(module), place)


def require_free(name: str, wanted: int, device: torch.device) -> None:
    """Refuse what needs more bytes than a device has free; `name` is what does.

    Raises:
        SpecError: it is more.
    """
    if device.type != "meta":
        require_within(name, wanted, device, free_bytes(device))


def require_within(name: str, wanted: int, device: torch.device, free: int) -> None:
    """Refuse what needs more bytes than the device was found to have free."""
    if wanted > free:
        fail("limit-exceeded", no_room(name, wanted, device, free), None, help=ADVICE)


def no_room(name: str, wanted: int, device: torch.device, free: int) -> str:
    """The words for it."""
    return f"{name} needs {_shown(wanted)}, the device {device} has {_shown(free)} free"


def bytes_of(made: object) -> int:
    """What tensors take, be they on a device or as large on meta."""
    if isinstance(made, nn.Module):
        return sum(bytes_of(one) for one in (*made.parameters(), *made.buffers()))
    if isinstance(made, torch.Tensor):
        return 0 if is_lazy(made) else made.numel() * made.element_size()
    if isinstance(made, (list, tuple)):
        return sum(bytes_of(one) for one in made)
    return 0


def is_exhausted(error: BaseException) -> bool:
    """Whether an exception says that a device had no memory for a tensor."""
    if isinstance(error, (MemoryError, torch.cuda.OutOfMemoryError)):
        return True
    words = ("DefaultCPUAllocator", "MPS backend out of memory", "out of memory")
    return isinstance(error, RuntimeError) and any(one in str(error) for one in words)


def free_bytes(device: torch.device) -> int:
    """What a device has free, as far as that can be known."""
    match device.type:
        case "cpu":
            return min(_available_bytes(), group_bytes())
        case "cuda":
            free = int(torch.cuda.mem_get_info(device)[0])
            held = torch.cuda.memory_reserved(device)
            return free + held - torch.cuda.memory_allocated(device)
        case "mps":
            mps: Any = torch.mps  # older releases do not tell
            most = getattr(mps, "recommended_max_memory", lambda: UNBOUNDED)()
            return max(0, int(most) - int(mps.current_allocated_memory()))
    return UNBOUNDED


def _available_bytes() -> int:
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            for line in lines:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:  # no Linux: what there is, in use or not
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return UNBOUNDED


# --- control groups -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Files:
    """Where a version of control groups tells its bound and what is used of it.

    `cached` are the rows of its statistics that are taken back when memory is short.
    """

    bound: str
    used: str
    cached: tuple[str, str]


_FIRST = _Files(
    "memory.limit_in_bytes",
    "memory.usage_in_bytes",
    ("total_inactive_file", "total_active_file"),
)
_SECOND = _Files("memory.max", "memory.current", ("inactive_file", "active_file"))


def group_bytes(
    root: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")
) -> int:
    """What control groups leave this process, which is in one and all around it.

    `own` tells which; inside a container only the root may be there.
    """
    try:
        rows = [line.split(":", 2) for line in own.read_text("utf-8").splitlines()]
    except OSError:
        return UNBOUNDED
    least = UNBOUNDED
    for _, controllers, path in (row for row in rows if len(row) == 3):
        if controllers == "":
            folders, files = [root, root / "unified"], _SECOND
        elif "memory" in controllers.split(","):
            folders, files = [root / "memory"], _FIRST
        else:
            continue
        for folder in folders:
            around = (_left(one, files) for one in _down(folder, path))
            least = min(least, *around)
    return least


def _down(root: Path, path: str) -> Iterator[Path]:
    yield root
    for part in path.strip("/").split("/"):
        if part in ("", ".."):
            return
        root /= part
        yield root


def _left(group: Path, files: _Files) -> int:
    """What a group leaves; UNBOUNDED where it has no bound or is not there."""
    try:
        text = (group / files.bound).read_text("ascii").strip()
        if text == "max" or int(text) >= UNBOUNDED:
            return UNBOUNDED
        used = int((group / files.used).read_text("ascii"))
        rows = (group / "memory.stat").read_text("ascii").splitlines()
        counts = dict(row.split() for row in rows)
        cached = sum(int(counts.get(name, 0)) for name in files.cached)
        return max(0, int(text) - used + min(cached, used))
    except (OSError, ValueError):
        return UNBOUNDED


def _shown(count: int) -> str:
    if count < 1024:
        return f"{count} bytes"
    size, units = count / 1024, ["KiB", "MiB", "GiB", "TiB"]
    while size >= 1024 and len(units) > 1:
        size /= 1024
        units.pop(0)
    return f"{size:,.0f} {units[0]}" if size >= 100 else f"{size:.1f} {units[0]}"
