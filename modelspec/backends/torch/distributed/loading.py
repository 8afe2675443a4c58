"""Files of weights into a divided module: every process reads its own part.

Torch's distributed checkpoints know which part that is; here is what they read from:
the tensors of files of any format, mapped where that can be, under the model's names.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

import torch
from torch import nn
from torch.distributed.checkpoint.default_planner import DefaultLoadPlanner
from torch.distributed.checkpoint.metadata import (
    ChunkStorageMetadata,
    Metadata,
    StorageMeta,
    TensorProperties,
    TensorStorageMetadata,
)
from torch.distributed.checkpoint.planner import LoadPlan, LoadPlanner
from torch.distributed.checkpoint.state_dict_loader import load
from torch.distributed.checkpoint.storage import StorageReader
from torch.futures import Future

from modelspec.backends.torch.weights.reading import Held, entry_of


def load_shards(module: nn.Module, held: Mapping[str, Held]) -> None:
    """Fill a divided module with what files hold for it; all processes call it."""
    own = module.state_dict()
    load({name: own[name] for name in held}, storage_reader=_Reader(held))


def keep_part(own: torch.Tensor, whole: torch.Tensor) -> None:
    """Fill a tensor with its process's part of a whole one, which every process has."""
    reader = _Reader({_ONE: Held(entry_of(whole), lambda: whole)})
    planner = DefaultLoadPlanner()
    planner.set_up_planner({_ONE: own.detach()}, reader.read_metadata(), True)
    reader.read_data(planner.create_local_plan(), planner)


_ONE = "tensor"


class _Reader(StorageReader):
    """Tensors by name, as a checkpoint in which each is one piece."""

    def __init__(self, held: Mapping[str, Held]) -> None:
        self._held = held

    def reset(self, checkpoint_id: str | os.PathLike[str] | None = None) -> None:
        """There is one checkpoint."""

    @classmethod
    def validate_checkpoint_id(cls, checkpoint_id: str | os.PathLike[str]) -> bool:
        return False

    def read_metadata(self) -> Metadata:
        return Metadata(
            {name: _described(one) for name, one in self._held.items()},
            storage_meta=StorageMeta(),
        )

    def set_up_storage_reader(
        self, metadata: Metadata, is_coordinator: bool, *args: object, **kwargs: object
    ) -> None:
        """The files are open."""

    def prepare_local_plan(self, plan: LoadPlan) -> LoadPlan:
        return plan

    def prepare_global_plan(self, plans: list[LoadPlan]) -> list[LoadPlan]:
        return plans

    def read_data(self, plan: LoadPlan, planner: LoadPlanner) -> Future[None]:
        for item in plan.items:
            part = self._held[item.storage_index.fqn].read()
            sizes = zip(item.storage_offsets, item.lengths, strict=True)
            for at, (start, length) in enumerate(sizes):
                part = part.narrow(at, start, length)
            target = planner.resolve_tensor(item).detach()
            target.copy_(part)
            planner.commit_tensor(item, target)
        done: Future[None] = Future()
        done.set_result(None)
        return done


def _described(held: Held) -> TensorStorageMetadata:
    size = torch.Size(held.entry.shape or ())
    whole = ChunkStorageMetadata(torch.Size([0] * len(size)), size)
    properties = TensorProperties(getattr(torch, held.entry.dtype))
    return TensorStorageMetadata(properties, size, [whole])
