"""The recorded facts of public models, read from `facts/<name>.json`.

A file holds where the model comes from and how it is called there; the tensors of its
`state_dict` in order, folded as `tests.zoo.folding` says, `tied` groups of keys that
are one tensor, `transient` buffers that are in no `state_dict`, names of its children;
and, for models small enough to run, the inputs, the gain of the weights, and figures of
the outputs in float64 and eval mode. A `note` says what the figures leave out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.zoo.folding import unfold

FOLDER = Path(__file__).with_name("facts")


@dataclass(frozen=True, slots=True)
class Figures:
    """What is recorded of one tensor's values."""

    shape: tuple[int, ...]
    sum: float
    abs_mean: float
    std: float
    first: tuple[float, ...]
    """The first eight values."""
    sample: tuple[float, ...]
    """Sixteen values spread evenly over the flat tensor."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is recorded of one model."""

    name: str
    family: str
    key_hash: str
    """Of the keys and shapes before they were folded."""
    state: dict[str, str]
    num_params: int
    children: tuple[str, ...]
    tied: tuple[tuple[str, ...], ...]
    transient: dict[str, str]
    inputs: tuple[dict[str, Any], ...]
    outputs: dict[str, Figures]
    buffers: dict[str, Figures]
    """Values of buffers that the model computes while it is constructed."""
    gain: float
    rtol: float


def names() -> list[str]:
    """The names of all models with recorded facts."""
    return sorted(read(path)["name"] for path in FOLDER.glob("*.json"))


def facts(name: str) -> Facts:
    """The facts of one model."""
    data = read(path_of(name))
    return Facts(
        name=data["name"],
        family=data["family"],
        key_hash=data["key_hash"],
        state=dict(unfold(data["state"])),
        num_params=data["num_params"],
        children=tuple(data["children"]),
        tied=tuple(tuple(group) for group in data.get("tied", ())),
        transient=dict(unfold(data.get("transient", ()))),
        inputs=tuple(data.get("inputs", ())),
        outputs={o["name"]: _figures(o) for o in data.get("outputs", ())},
        buffers={k: _figures(v) for k, v in data.get("buffers", {}).items()},
        gain=data.get("gain", 1.0),
        rtol=data.get("rtol", 1e-11),
    )


def path_of(name: str) -> Path:
    """The file of a model; `/` in a name is `-` in its file's name."""
    return FOLDER / f"{name.replace('/', '-')}.json"


def read(path: Path) -> dict[str, Any]:
    """A file as it is written."""
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data


def _figures(data: dict[str, Any]) -> Figures:
    return Figures(
        shape=tuple(data["shape"]),
        sum=data["sum"],
        abs_mean=data["abs_mean"],
        std=data["std"],
        first=tuple(data["first8"]),
        sample=tuple(data["sample16"]),
    )
