"""What the summaries of the zoo say, in one table: `sizes.yaml` beside this file.

For each model the symbolic shapes of its outputs, its parameters, and the multiply-adds
of one sample of the usual size.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import torch
import yaml
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import modelspec
from modelspec.api.builder import BuildRequest
from modelspec.api.observing import Observed, observe_spec
from modelspec.api.summary import summarise_observed
from modelspec.report.summary import Summary
from modelspec.sizes import Observation, evaluate
from tests.zoo.entries import Entry

TABLE = Path(__file__).with_name("sizes.yaml")


@cache
def table() -> dict[str, dict[str, Any]]:
    """The table, by name of the model."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(TABLE.read_text("utf-8"))
    return found


def observed(entry: Entry) -> Observed:
    """The model without memory, and its run."""
    request = BuildRequest(variant=entry.variant, params=entry.params)
    return observe_spec(modelspec.load(entry.path), request)


def summary_of(entry: Entry, found: Observed) -> Summary:
    return summarise_observed(found, entry.variant, None)


def line(summary: Summary) -> dict[str, Any]:
    """The line of the table that a summary makes."""
    seen = summary.observation
    if seen is None:
        return {"note": summary.note, "parameters": summary.root.tally.parameters}
    return {
        "output": seen.value_text(seen.output),
        "parameters": summary.root.tally.parameters,
        "macs": summary.count(summary.root.tally.macs),
    }


def counted_by_torch(module: nn.Module, summary: Summary) -> int:
    """Multiply-adds of a run on the device meta, as torch's own counter has them."""
    assert summary.observation is not None
    inputs = _inputs(summary.observation, summary)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module.eval()(*inputs)
    return int(counter.get_total_flops()) // 2


def _inputs(seen: Observation, summary: Summary) -> list[torch.Tensor]:
    return [
        torch.empty(
            [evaluate(size, summary.sizes) for size in tensor.shape],
            dtype=getattr(torch, tensor.dtype),
            device="meta",
        )
        for _, tensor in seen.inputs
    ]
