"""A summary as data: JSON, and CSV with the same figures.

In: a `Summary`. Out: text. Names, figures and shapes are exact; what is symbolic has
its expression beside its number. The keys are told in `docs/summary.md`, and `version`
changes with any of them.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable

from modelspec.report.summary.rows import Row
from modelspec.report.summary.summary import Summary
from modelspec.sizes import (
    Size,
    Tensor,
    Value,
    assume_multiples,
    render_size,
    tensors_of,
)

VERSION = 1


def render_json(summary: Summary, depth: int | None) -> str:
    """One object; a line for each of its keys, and for each row."""
    document = _document(summary, depth)
    rows = document.pop("rows")
    assert isinstance(rows, list)
    lines = [f" {json.dumps(key)}: {json.dumps(one)}" for key, one in document.items()]
    inside = ",\n".join(f"  {json.dumps(row)}" for row in rows)
    lines.append(f' "rows": [\n{inside}\n ]')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def render_csv(summary: Summary, depth: int | None) -> str:
    """A line of names, then a line for each row, the whole first."""
    lines = [_flat(summary, level, row) for level, row in summary.rows(depth)]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(lines[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue()


def _document(summary: Summary, depth: int | None) -> dict[str, object]:
    seen = summary.observation
    inputs = seen.inputs if seen is not None else ()
    return {
        "version": VERSION,
        "name": summary.name,
        "variant": summary.variant,
        "params": dict(summary.params),
        "inputs": [
            {"name": name, **_tensor(summary, tensor)} for name, tensor in inputs
        ],
        "output": _tensors(summary, seen.output if seen is not None else None),
        "sizes": dict(summary.sizes),
        "batch": list(summary.batch),
        "multiples": dict(seen.multiples) if seen is not None else {},
        "note": summary.note,
        "totals": _figures(summary, summary.root),
        "training": _training(summary),
        "rows": [_row(summary, level, row) for level, row in summary.rows(depth)],
    }


def _row(summary: Summary, level: int, row: Row) -> dict[str, object]:
    return {
        "name": row.name,
        "depth": level,
        "kind": row.kind,
        "type": row.type,
        "repeats": list(row.names or (row.name,)),
        "input": _tensors(summary, row.inputs),
        "output": _tensors(summary, row.output),
        "calls": row.calls,
        "own_parameters": row.own,
        **_figures(summary, row),
        "notes": list(row.notes),
    }


def _figures(summary: Summary, row: Row) -> dict[str, object]:
    tally = row.tally
    return {
        "parameters": tally.parameters,
        "frozen_parameters": tally.frozen,
        "shared_parameters": tally.shared,
        "buffers": tally.buffers,
        "weight_bytes": dict(tally.weights),
        "multiply_adds": _size(summary, tally.macs),
        "activation_bytes": _size(summary, tally.made),
    }


def _size(summary: Summary, size: Size) -> dict[str, object] | None:
    """A number for the sizes of the summary, and what it is for any."""
    if summary.observation is None:
        return None
    return {"count": summary.count(size), "expression": _text(summary, size)}


def _training(summary: Summary) -> dict[str, object] | None:
    memory = summary.training
    if memory is None:
        return None
    parts = [
        {"part": one.what, "bytes": one.bytes, "source": one.source}
        for one in memory.lines
    ]
    return {"optimizer": memory.optimizer, "parts": parts, "bytes": memory.total}


def _tensors(summary: Summary, value: Value | None) -> list[dict[str, object]]:
    if value is None:
        return []
    return [_tensor(summary, one) for one in tensors_of(value)]


def _tensor(summary: Summary, tensor: Tensor) -> dict[str, object]:
    """Sizes as numbers, or as text where symbols are in them."""
    shape = [
        size if isinstance(size, int) else _text(summary, size) for size in tensor.shape
    ]
    return {"shape": shape, "dtype": tensor.dtype}


def _text(summary: Summary, size: Size) -> str:
    seen = summary.observation
    if seen is None:
        return render_size(size)
    return render_size(assume_multiples(size, seen.multiples), tuple(seen.sizes))


def _flat(summary: Summary, level: int, row: Row) -> dict[str, object]:
    """One line of CSV."""
    tally = row.tally
    has_run = summary.observation is not None
    return {
        "name": row.name,
        "depth": level,
        "kind": row.kind,
        "type": row.type,
        "repeats": len(row.names or (row.name,)),
        "input": _joined(summary, row.inputs),
        "output": _joined(summary, row.output),
        "calls": row.calls,
        "own_parameters": row.own,
        "parameters": tally.parameters,
        "frozen_parameters": tally.frozen,
        "shared_parameters": tally.shared,
        "buffers": tally.buffers,
        "weight_bytes": tally.weight_bytes,
        "multiply_adds": summary.count(tally.macs) if has_run else "",
        "activation_bytes": summary.count(tally.made) if has_run else "",
        "notes": "; ".join(row.notes),
    }


def _joined(summary: Summary, value: Value | None) -> str:
    return _listed(summary.shape(one) for one in tensors_of(value or "None"))


def _listed(texts: Iterable[str]) -> str:
    return "; ".join(texts)
