"""The tensors of a model as short lines, and back, exactly and in order.

A line is a key and what is known of its tensor: `fc.weight [10,64]` is a Parameter in
float32, `mask buffer bool[8]` a buffer of another type. Three things are written once:

- tensors of one module that are alike and follow one another: `norm.weight|bias [64]`;
- the five of a batch normalisation: `bn1 BatchNorm[64]`;
- runs that repeat with a counter: `for i in 0..3:` over lines with `{i}` in their
  keys, indented by two spaces. Loops nest, with the counters i, j, k, ...
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

Tensors = list[tuple[str, str]]
"""Keys in order, each with what is known of its tensor."""

COUNTERS = "ijkl"
_BATCH_NORM = (
    ("weight", "[{}]"),
    ("bias", "[{}]"),
    ("running_mean", "buffer [{}]"),
    ("running_var", "buffer [{}]"),
    ("num_batches_tracked", "buffer int64[]"),
)
_NUMBER = re.compile(r"(?<![\d{])\d+")


def unfold(lines: Sequence[str]) -> Tensors:
    """Every tensor that the lines stand for."""
    return [tensor for line in _unrolled(lines) for tensor in _expanded(line)]


def fold(tensors: Tensors) -> list[str]:
    """The lines for some tensors; `unfold` gives the same tensors again."""
    return _rolled(_joined(_with_batch_norms(tensors)), COUNTERS)


# Loops ------------------------------------------------------------------------------


def _unrolled(lines: Sequence[str]) -> Iterator[str]:
    place = 0
    while place < len(lines):
        header = re.fullmatch(r"for (\w) in (\d+)\.\.(\d+):", lines[place])
        place += 1
        if header is None:
            yield lines[place - 1]
            continue
        counter, first, last = header[1], int(header[2]), int(header[3])
        start = place
        while place < len(lines) and lines[place].startswith("  "):
            place += 1
        body = [line[2:] for line in lines[start:place]]
        for value in range(first, last + 1):
            filled = [line.replace(f"{{{counter}}}", str(value)) for line in body]
            yield from _unrolled(filled)


def _rolled(lines: list[str], counters: str) -> list[str]:
    """The lines with runs folded, longest first; loops inside loops too."""
    found: list[str] = []
    place = 0
    while place < len(lines):
        run = _longest_run(lines, place) if counters else None
        if run is None:
            found.append(lines[place])
            place += 1
            continue
        at, size, first, last = run
        counter, rest = counters[0], counters[1:]
        body = lines[place : place + size]
        numbered = [_renumbered(line, at, f"{{{counter}}}") for line in body]
        found.append(f"for {counter} in {first}..{last}:")
        found += [f"  {line}" for line in _rolled(numbered, rest)]
        place += size * (last - first + 1)
    return found


def _longest_run(lines: list[str], start: int) -> tuple[int, int, int, int] | None:
    """Where the counted number stands, lines in one round, first and last number."""
    key = lines[start].split(" ")[0]
    runs = []
    for number in _NUMBER.finditer(key):
        at, first = number.start(), int(number[0])
        head = key[: number.end()]
        size = 1
        while start + size < len(lines) and _begins(lines[start + size], head):
            size += 1
        body = lines[start : start + size]
        last = first
        while _round(lines, start, size, last + 1 - first) == [
            _renumbered(line, at, str(last + 1)) for line in body
        ]:
            last += 1
        if last > first:
            runs.append((at, size, first, last))
    return max(runs, key=lambda run: run[1] * (run[3] - run[2] + 1), default=None)


def _round(lines: list[str], start: int, size: int, index: int) -> list[str]:
    return lines[start + size * index : start + size * (index + 1)]


def _begins(line: str, head: str) -> bool:
    """Whether a key begins so; a longer number is another one."""
    return line.startswith(head) and not line[len(head) : len(head) + 1].isdigit()


def _renumbered(line: str, at: int, number: str) -> str:
    """The line with another number where one stands."""
    return line[:at] + _NUMBER.sub(number, line[at:], count=1)


# Tensors of one module --------------------------------------------------------------


def _expanded(line: str) -> Iterator[tuple[str, str]]:
    key, kind = line.split(" ", 1)
    batch_norm = re.fullmatch(r"BatchNorm\[(\d+)\]", kind)
    if batch_norm is not None:
        for name, shape in _BATCH_NORM:
            yield f"{key}.{name}", shape.format(batch_norm[1])
        return
    owner, dot, names = key.rpartition(".")
    for name in names.split("|"):
        yield owner + dot + name, kind


def _with_batch_norms(tensors: Tensors) -> Tensors:
    found: Tensors = []
    place = 0
    while place < len(tensors):
        owner = tensors[place][0].rpartition(".")[0]
        size = re.sub(r"[^\d]", "", tensors[place][1])
        norm = (owner, f"BatchNorm[{size}]")
        five = tensors[place : place + len(_BATCH_NORM)]
        if owner and five == list(_expanded(" ".join(norm))):
            found.append(norm)
            place += len(five)
        else:
            found.append(tensors[place])
            place += 1
    return found


def _joined(tensors: Tensors) -> list[str]:
    lines: list[str] = []
    owner, kind = "", ""
    for key, described in tensors:
        home, _, name = key.rpartition(".")
        alike = lines and (home, described) == (owner, kind)
        if alike and not described.startswith("BatchNorm") and not name.isdigit():
            head = lines.pop().removesuffix(f" {described}")
            lines.append(f"{head}|{name} {described}")
        else:
            lines.append(f"{key} {described}")
        owner, kind = home, described
    return lines
