"""What `build` tells of a module that was made.

In: plain values, collected in a `BuildReport`. Out: aligned text for a terminal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from modelspec.diagnostics.cells import printable
from modelspec.records import dataclass
from modelspec.report.numbers import render_bytes

_LONGEST_VALUE = 60


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What is known of a built module; shapes as text, `float32[2, 10]`."""

    name: str
    variant: str | None
    params: Mapping[str, object]
    parameters: int
    trainable: int
    buffers: int
    bytes: int
    inputs: Sequence[tuple[str, str]]
    output: Sequence[tuple[str, str]]
    note: str | None
    device: str
    dtype: str
    seconds: float
    weights: str | None = None


def render_built(report: BuildReport) -> str:
    """A heading, then one fact a line."""
    title = report.name
    if report.variant is not None:
        title += f" ({printable(report.variant)})"
    rows = list(_rows(report))
    widest = max(len(key) for key, _ in rows)
    lines = [f"  {key:<{widest}}  {value}".rstrip() for key, value in rows]
    return "\n".join([title, *lines])


def _rows(report: BuildReport) -> Iterator[tuple[str, str]]:
    for name, value in report.params.items():
        yield f"param {name}", render_value(value)
    yield "parameters", f"{report.parameters:,}{_trainable(report)}"
    yield "buffers", f"{report.buffers:,}"
    yield "size", render_bytes(report.bytes)
    for name, shape in report.inputs:
        yield f"input {name}", shape
    for path, shape in report.output:
        yield f"output{path}", shape
    if report.note is not None:
        yield "run", report.note
    if report.weights is not None:
        yield "weights", printable(report.weights)
    yield "made in", f"{report.seconds:.2f} s, {report.dtype} on {report.device}"


def _trainable(report: BuildReport) -> str:
    if report.trainable == report.parameters:
        return ""
    return f", {report.trainable:,} of them trainable"


def render_value(value: object) -> str:
    """A param's value as a spec has it, on one line that is not too long."""
    text = printable(_written(value).split("\n")[0])
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 3] + "..."


def _written(value: object) -> str:
    """A value as a spec has it: types by their names."""
    if isinstance(value, type):
        return value.__name__
    if isinstance(value, list | dict) or type(value) is tuple:
        return _display(value)
    if isinstance(value, partial):
        given = [value.func, *value.args]
        named = [f"{name}={_written(one)}" for name, one in value.keywords.items()]
        return f"partial({', '.join([*map(_written, given), *named])})"
    return repr(value)


def _display(
    value: list[object] | dict[object, object] | tuple[object, ...],
) -> str:
    """What holds other values: types among them by their names too."""
    if isinstance(value, dict):
        pairs = (f"{_written(key)}: {_written(one)}" for key, one in value.items())
        return f"{{{', '.join(pairs)}}}"
    inside = ", ".join(map(_written, value))
    if isinstance(value, list):
        return f"[{inside}]"
    return f"({inside},)" if len(value) == 1 else f"({inside})"
