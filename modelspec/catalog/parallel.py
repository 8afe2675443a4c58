"""Ways to divide a layer among processes: what a `plan` may say, without torch.

The classes are those of `torch.distributed.tensor.parallel`, with the arguments of
their constructors, all of which are given by name; the short names are those of the
tensor parallel plans of huggingface's configurations.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

ArgumentKind: TypeAlias = Literal["layout", "layouts", "layouts by name", "flag", "int"]

_PREPARE_INPUT: Mapping[str, ArgumentKind] = {
    "input_layouts": "layouts",
    "desired_input_layouts": "layouts",
    "input_kwarg_layouts": "layouts by name",
    "desired_input_kwarg_layouts": "layouts by name",
}
_PREPARE_OUTPUT: Mapping[str, ArgumentKind] = {
    "output_layouts": "layouts",
    "desired_output_layouts": "layouts",
}
_LAYER: Mapping[str, ArgumentKind] = {
    "input_layouts": "layout",
    "output_layouts": "layout",
    "use_local_output": "flag",
}

STYLES: Mapping[str, Mapping[str, ArgumentKind]] = {
    "ColwiseParallel": _LAYER,
    "RowwiseParallel": _LAYER,
    "SequenceParallel": {"sequence_dim": "int", "use_local_output": "flag"},
    "PrepareModuleInput": {**_PREPARE_INPUT, "use_local_output": "flag"},
    "PrepareModuleOutput": {**_PREPARE_OUTPUT, "use_local_output": "flag"},
    "PrepareModuleInputOutput": {
        **_PREPARE_INPUT,
        "use_local_input": "flag",
        **_PREPARE_OUTPUT,
        "use_local_output": "flag",
    },
}
"""The arguments of each class."""

REQUIRED: Mapping[str, frozenset[str]] = {
    "PrepareModuleOutput": frozenset(_PREPARE_OUTPUT),
    "PrepareModuleInputOutput": frozenset(_PREPARE_OUTPUT),
}
PAIRS = (
    ("input_layouts", "desired_input_layouts"),
    ("input_kwarg_layouts", "desired_input_kwarg_layouts"),
    ("output_layouts", "desired_output_layouts"),
)
"""What is there and what is wanted: as many of the one as of the other."""

LAYOUTS: Mapping[str, int] = {"Shard": 1, "Replicate": 0}
"""How many dimensions each layout names."""

SHORT_STYLES: Mapping[str, str] = {
    "colwise": "ColwiseParallel()",
    "rowwise": "RowwiseParallel()",
    "sequence": "SequenceParallel()",
    "colwise_rep": "ColwiseParallel(output_layouts=Replicate())",
    "rowwise_rep": "RowwiseParallel(input_layouts=Replicate())",
    "sequence_parallel": "SequenceParallel()",
}
"""What each short name is short for."""

COMPUTING_DTYPES = ("bfloat16", "float16", "float32", "float64")
"""What layers compute in: dtypes of mixed precision."""
