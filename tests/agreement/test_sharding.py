"""A built model can be sharded by torch's FSDP, as a handwritten one can."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard

import modelspec

ROOT = Path(__file__).parents[2]


@pytest.fixture
def group() -> Iterator[None]:
    """A group of this process alone; no port is opened."""
    if not dist.is_available():
        pytest.skip("this torch has no distributed package")
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    yield
    dist.destroy_process_group()


@pytest.mark.usefixtures("group")
@pytest.mark.filterwarnings("ignore")
def test_fully_shard() -> None:
    """Sharding swaps the class; outputs stay, and gradients come."""
    model = modelspec.build(ROOT / "examples" / "gpt.yaml:tiny", seed=0).eval()
    tokens = torch.randint(0, 97, (2, 8), generator=torch.Generator().manual_seed(0))
    expected = model(tokens)[0]
    mesh = init_device_mesh("cpu", (1,))
    for block in model.transformer.h:
        fully_shard(block, mesh=mesh)
    fully_shard(model, mesh=mesh)
    assert isinstance(model, modelspec.load(ROOT / "examples/gpt.yaml").module_class())
    torch.testing.assert_close(model(tokens)[0], expected)
    model.train()
    model(tokens, tokens)[1].backward()
    assert all(p.grad is not None for p in model.parameters() if p.requires_grad)
