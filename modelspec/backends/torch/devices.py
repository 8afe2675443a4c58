"""The devices of this machine, as torch sees them.

Comes in: a device as a caller names it. Goes out: a `torch.device` that is there, or
`SpecError` with the code `unknown-device` that tells which are.
"""

from __future__ import annotations

from typing import Any, NoReturn

import torch

from modelspec.backends.torch.failure import fail, reason
from modelspec.diagnostics.suggest import did_you_mean, suggest

_KNOWN = ("cpu", "cuda", "mps", "meta", "auto")
_CALLED = {"gpu": "cuda", "nvidia": "cuda", "metal": "mps", "apple": "mps"}
"""What people call them besides."""


def best_device() -> str:
    """What `--device auto` is: an accelerator if there is one."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def find_device(device: str | torch.device) -> torch.device:
    """A device that is there and can hold a tensor; `auto` is the best one.

    Raises:
        SpecError: there is none of that name, or it cannot be used.
    """
    try:
        found = torch.device(best_device() if device == "auto" else device)
    except (RuntimeError, TypeError):
        _refuse(device)
    if (lack := _lack(found)) is not None:
        _fail(f"the device '{found}' is not there: {lack}", _present())
    try:
        torch.empty(0, device=found)
    except Exception as error:
        # Which of several exceptions it is depends on how torch was compiled.
        _fail(f"the device '{found}' cannot be used: {reason(error)}", _present())
    return found


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


def _refuse(device: object) -> NoReturn:
    name = str(device)
    near = _CALLED.get(name.casefold()) or suggest(name.partition(":")[0], _KNOWN)
    if near is not None:
        _fail(f"'{name}' is no device", did_you_mean(near))
    _fail(f"'{name}' is no device", "devices are cpu, cuda, cuda:1, mps, meta and auto")


def _fail(message: str, help: str) -> NoReturn:
    fail("unknown-device", message, None, help=help)


def _lack(device: torch.device) -> str | None:
    """Why there is no such device, where that can be told; else None."""
    kind = device.type
    if kind in ("cpu", "meta"):
        return None
    found: Any = torch.backends.mps if kind == "mps" else getattr(torch, kind, None)
    if found is None or not hasattr(found, "is_available"):
        return "this torch has nothing to use one"
    if not found.is_available():
        return _why(kind)
    count = found.device_count() if hasattr(found, "device_count") else 1
    index: int = -1 if str(device) == kind else device.index
    if index >= count:
        only = f"{kind}:0" if count == 1 else f"{kind}:0 to {kind}:{count - 1}"
        return f"this machine has {only}"
    return None


def _why(kind: str) -> str:
    builds: Any = getattr(torch.backends, kind, None)
    if hasattr(builds, "is_built") and not builds.is_built():
        return f"this torch is built without {kind.upper()}"
    return "torch finds none on this machine"


def _present() -> str:
    kinds = ["cpu"]
    if torch.cuda.is_available():
        kinds += [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        kinds.append("mps")
    return f"there are {', '.join(kinds)} and meta; `auto` takes the best"
