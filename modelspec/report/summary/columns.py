"""The columns of the table, and the cells of a row as a person reads them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from modelspec.records import dataclass
from modelspec.report.numbers import render_bytes, render_count
from modelspec.report.summary.rows import Row
from modelspec.report.summary.summary import Summary
from modelspec.sizes import Many, Value


@dataclass(frozen=True, slots=True)
class Column:
    """`rank` is how soon it gives way where there is little room; 0 never does."""

    head: str
    cell: Callable[[Summary, Row], str]
    rank: int = 0
    is_number: bool = False


def type_cell(_: Summary, row: Row) -> str:
    """`Bottleneck x3` for three in a row; what is no module is called: `matmul()`."""
    type_ = f"{row.type}()" if row.kind == "operation" else row.type
    return f"{type_} x{len(row.names)}" if row.names else type_


def input_cell(summary: Summary, row: Row) -> str:
    return _shapes(summary, row.inputs)


def output_cell(summary: Summary, row: Row) -> str:
    return _shapes(summary, row.output)


def note_cell(_: Summary, row: Row) -> str:
    return ", ".join(row.notes)


def _shapes(summary: Summary, value: Value | None) -> str:
    """Several of one shape as `3 x [N, T, 64]`."""
    if isinstance(value, Many) and value.kind != "dict":
        if not value.items:
            return ""
        inside = list(dict.fromkeys(_shapes(summary, one) for one in value.items))
        if len(value.items) > 1 and len(inside) == 1:
            return f"{len(value.items)} x {inside[0]}"
    return summary.shape(value)


def _parameters(_: Summary, row: Row) -> str:
    return f"{row.tally.parameters:,}" if row.tally.parameters else _nothing(row)


def _buffers(_: Summary, row: Row) -> str:
    return f"{row.tally.buffers:,}" if row.tally.buffers else ""


def _weights(_: Summary, row: Row) -> str:
    return render_bytes(row.tally.weight_bytes) if row.tally.weight_bytes else ""


def _macs(summary: Summary, row: Row) -> str:
    count = summary.count(row.tally.macs)
    return render_count(count) if count else ""


def _made(summary: Summary, row: Row) -> str:
    count = summary.count(row.tally.made)
    return render_bytes(count) if count else ""


def _nothing(row: Row) -> str:
    """What is registered here and counted elsewhere is told from nothing at all."""
    return "shared" if row.tally.shared else ""


NOTES = Column("", note_cell)
COLUMNS = (
    Column("type", type_cell),
    Column("input", input_cell, rank=2),
    Column("output", output_cell),
    Column("parameters", _parameters, is_number=True),
    Column("buffers", _buffers, rank=3, is_number=True),
    Column("weights", _weights, rank=4, is_number=True),
    Column("mult-adds", _macs, is_number=True),
    Column("activations", _made, rank=1, is_number=True),
    NOTES,
)


def filled(summary: Summary, rows: Sequence[Row]) -> tuple[Column, ...]:
    """The columns that have something to tell of these rows."""
    return tuple(one for one in COLUMNS if any(one.cell(summary, row) for row in rows))
