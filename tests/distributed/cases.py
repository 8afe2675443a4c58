"""Which specs are divided among how many processes, and in which ways."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import torch

HERE = Path(__file__).parent / "specs"
ZOO = Path(__file__).parents[2] / "examples" / "zoo"


@dataclass(frozen=True)
class Case:
    """`dp` and `tp` are sizes of the mesh; 0 where it has no such dimension. `way` is
    where the values come from. `inputs` is the shape of one sample, `below` what its
    integers are below, `dtype` the one in which it runs."""

    name: str
    spec: str
    dp: int
    tp: int
    way: str
    inputs: tuple[int, ...]
    below: int | None = None
    params: dict[str, object] = field(default_factory=dict)
    dtype: str = "float32"

    @property
    def processes(self) -> int:
        return (self.dp or 1) * (self.tp or 1)

    def batch(self, size: int) -> torch.Tensor:
        generator = torch.Generator().manual_seed(1)
        shape = (size, *self.inputs)
        if self.below is None:
            return torch.randn(shape, generator=generator)
        return torch.randint(0, self.below, shape, generator=generator)

    def __str__(self) -> str:
        return f"{self.name}, dp={self.dp}, tp={self.tp}, from {self.way}"


def _tokens(name: str, spec: str, dp: int, tp: int, way: str, **params: object) -> Case:
    return Case(name, spec, dp, tp, way, (8,), 20, params)


TIED, SEQUENCE = str(HERE / "tied.yaml"), str(HERE / "sequence.yaml")
KEPT = str(HERE / "kept.yaml")
STATE, SHARDED = str(HERE / "state.yaml"), str(HERE / "sharded.yaml")
LLAMA = str(ZOO / "hf_llama.yaml")
_SMALL = {
    "vocab_size": 98,
    "hidden_size": 48,
    "intermediate_size": 80,
    "num_hidden_layers": 2,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
}

CASES = [
    _tokens("tied", TIED, 1, 2, "values"),
    _tokens("tied", TIED, 1, 2, "meta"),
    _tokens("tied", TIED, 2, 1, "weights"),
    _tokens("tied", TIED, 1, 2, "source"),
    _tokens("sequence", SEQUENCE, 1, 2, "meta"),
    _tokens("sharded", SHARDED, 2, 0, "source"),
    Case("state", STATE, 2, 0, "meta", (4,)),
    Case("state", STATE, 2, 0, "values", (4,)),
    _tokens("kept", KEPT, 1, 2, "values"),
    _tokens("kept", KEPT, 2, 1, "weights"),
    _tokens("tied", TIED, 2, 2, "values"),
    _tokens("uneven", TIED, 2, 2, "weights", dim=6, hidden=10, vocab=22),
    _tokens("tied", TIED, 2, 2, "source"),
    _tokens("kept", KEPT, 2, 2, "meta"),
    _tokens("kept", KEPT, 2, 2, "source"),
    _tokens("sequence", SEQUENCE, 2, 2, "weights"),
    _tokens("sequence", SEQUENCE, 1, 4, "meta", hidden=36),
    _tokens("sharded", SHARDED, 4, 0, "meta", dim=6, hidden=9, vocab=21),
    Case("state", STATE, 4, 0, "weights", (4,)),
    Case(
        *("llama", LLAMA, 2, 2, "meta", (8,), 20),
        {**_SMALL, "tie_word_embeddings": True},
        "bfloat16",
    ),
    Case("llama", LLAMA, 2, 2, "source", (8,), 20, _SMALL, "bfloat16"),
]
