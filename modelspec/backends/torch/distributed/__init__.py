"""A module divided among processes by torch's own engine.

Comes in: `parallel` of a Program, a module of it, a mesh. Goes out: the same module,
whose tensors are those of its process. Only this package imports `torch.distributed`
beyond what `import torch` does.
"""

from modelspec.backends.torch.distributed.agreement import require_agreement
from modelspec.backends.torch.distributed.divide import (
    divide,
    mesh_problems,
    shared_names,
)
from modelspec.backends.torch.distributed.loading import load_shards
from modelspec.backends.torch.distributed.values import fill, make_alike
from modelspec.backends.torch.distributed.whole import is_divided

__all__ = [
    "divide",
    "fill",
    "is_divided",
    "load_shards",
    "make_alike",
    "mesh_problems",
    "require_agreement",
    "shared_names",
]
