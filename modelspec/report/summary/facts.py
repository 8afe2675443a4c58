"""The lines around the table: title, inputs and outputs, totals, what is assumed.

In: a `Summary`. Out: pairs of words and a text, which renderers lay out.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelspec.report.numbers import render_bytes, render_count
from modelspec.report.summary.summary import Summary
from modelspec.report.summary.tally import Tally

_LONG = 10_000


def title(summary: Summary) -> str:
    """`ResNet (resnet50)`."""
    variant = summary.variant
    return summary.name if variant is None else f"{summary.name} ({variant})"


def signature(summary: Summary) -> str:
    """What goes in and comes out: `x [N, 3, H, W] -> [N, 1000]`."""
    seen = summary.observation
    if seen is None:
        return ""
    given = (f"{name} {summary.shape(tensor)}" for name, tensor in seen.inputs)
    return f"{', '.join(given)} -> {summary.shape(seen.output)}"


def totals(summary: Summary) -> Iterator[tuple[str, str]]:
    """The figures of the whole."""
    tally = summary.root.tally
    yield "parameters", f"{tally.parameters:,}{_parts(tally)}"
    if tally.buffers:
        yield "buffers", f"{tally.buffers:,}"
    yield "weights", _weights(tally)
    if summary.observation is not None:
        conditions = at_sizes(summary)
        macs = summary.count(tally.macs)
        short = f" ({render_count(macs)})" if macs >= _LONG else ""
        yield "multiply-adds", f"{macs:,}{short} {conditions}".strip()
        made = render_bytes(summary.count(tally.made))
        yield "activations", f"{made}, all tensors that one forward makes"
    if summary.note is not None:
        yield "no sizes", summary.note


def at_sizes(summary: Summary) -> str:
    """For what the figures are: `for one sample (N = 1, H = 224, W = 224)`."""
    listed = ", ".join(f"{name} = {size}" for name, size in summary.sizes.items())
    if summary.batch:
        return f"for one sample ({listed})"
    return f"for {listed}" if listed else "for the inputs above"


def assumptions(summary: Summary) -> str:
    """What symbols are taken to be, where shapes are written so."""
    seen = summary.observation
    multiples = seen.multiples if seen is not None else {}
    alike: dict[int, list[str]] = {}
    for name, multiple in multiples.items():
        alike.setdefault(multiple, []).append(name)
    parts = [
        f"{' and '.join(names)} {_multiple(len(names), multiple)}"
        for multiple, names in alike.items()
    ]
    return f"shapes are written for {', '.join(parts)}" if parts else ""


def training(summary: Summary) -> Iterator[tuple[str, str, str]]:
    """What training takes: kind, bytes, source; the last line is the total."""
    memory = summary.training
    if memory is None:
        return
    for line in memory.lines:
        yield line.what, render_bytes(line.bytes), line.source
    missing = "" if len(memory.lines) > 3 else "activations and "
    yield "total", render_bytes(memory.total), f"without {missing}temporary memory"


def _parts(tally: Tally) -> str:
    if not tally.frozen:
        return ""
    return f", {tally.parameters - tally.frozen:,} trained, {tally.frozen:,} frozen"


def _weights(tally: Tally) -> str:
    each = [f"{render_bytes(size)} {dtype}" for dtype, size in tally.weights]
    if len(each) < 2:
        return each[0] if each else "none"
    return f"{render_bytes(tally.weight_bytes)}: {', '.join(each)}"


def _multiple(count: int, multiple: int) -> str:
    return f"a multiple of {multiple}" if count == 1 else f"multiples of {multiple}"
