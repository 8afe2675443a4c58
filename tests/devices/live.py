"""The memory of tensors while something runs, counted and not measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

MAPS = Path("/proc/self/maps")


class Live(TorchDispatchMode):
    """Counts the bytes of all tensors that operations of torch make, while they live.

    `peak` is the most there were at once on a kind of device; what is mapped from a
    file of weights is not made. That is known on Linux only.
    """

    def __init__(self) -> None:
        super().__init__()
        self.peak: dict[str, int] = {}
        self._made: dict[int, tuple[Any, str, int]] = {}

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        given = {self._key(one) for one in tree_leaves((args, kwargs))}
        made = func(*args, **(kwargs or {}))
        for one in tree_leaves(made):
            if isinstance(one, torch.Tensor) and self._key(one) not in given:
                self._add(one.untyped_storage())
        return made

    def _add(self, storage: torch.UntypedStorage) -> None:
        if storage.device.type == "cpu" and _is_mapped(storage.data_ptr()):
            return
        reference: Any = StorageWeakRef
        made = (reference(storage), storage.device.type, storage.nbytes())
        self._made[storage._cdata] = made
        now: dict[str, int] = {}
        for key, (alive, device, size) in list(self._made.items()):
            if alive.expired():
                del self._made[key]
            else:
                now[device] = now.get(device, 0) + size
        for device, size in now.items():
            self.peak[device] = max(self.peak.get(device, 0), size)

    def _key(self, value: object) -> int | None:
        if not isinstance(value, torch.Tensor):
            return None
        return value.untyped_storage()._cdata


def _is_mapped(address: int) -> bool:
    for line in MAPS.read_text().splitlines():
        if line.endswith(".safetensors"):
            start, _, end = line.split()[0].partition("-")
            if int(start, 16) <= address < int(end, 16):
                return True
    return False
