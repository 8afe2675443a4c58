"""`python -m benchmarks [--markdown] [GROUP ...]`: every ratio, or those of groups.

With `--markdown` the lines are rows of a table, one table a group.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import torch

from benchmarks import (
    checking,
    compiled,
    construction,
    forward,
    growth,
    imports,
    inference,
    large,
    memory,
    peers,
    processes,
    weights,
)
from benchmarks.machine import machine
from benchmarks.measure import Cells, Row

GROUPS: dict[str, Callable[[], Iterator[Row]]] = {
    "processes": processes.ratios,
    "checking": checking.ratios,
    "construction": construction.ratios,
    "growth": growth.ratios,
    "large": large.ratios,
    "weights": weights.ratios,
    "memory": memory.ratios,
    "imports": imports.ratios,
    "forward": forward.ratios,
    "compiled": compiled.ratios,
    "inference": inference.ratios,
    "peers": peers.ratios,
}
HEAD = Cells("what", "ratio", "half of the turns", "goal", "met", "amounts")


def main(arguments: list[str]) -> int:
    wanted = [one for one in arguments if one != "--markdown"]
    show = markdown if len(wanted) < len(arguments) else line
    unknown = [name for name in wanted if name not in GROUPS]
    if unknown:
        print(f"no such group: {unknown[0]}; there are: {', '.join(GROUPS)}")
        return 2
    torch.set_num_threads(1)
    print(machine())
    for name in wanted or GROUPS:
        if show is markdown:
            print(f"\n## {name}\n\n{show(HEAD)}\n|{'---|' * len(HEAD)}")
        for one in GROUPS[name]():
            print(show(one.cells()), flush=True)
    return 0


def line(cells: Cells) -> str:
    goal = f"goal {cells.goal}" if cells.goal else ""
    missed = "MISSED" if cells.met == "no" else ""
    between = f"({cells.between})"
    return (
        f"{cells.name:<58} {cells.value:>7} {between:<16} {goal:<10} {missed:<6}"
        f" {cells.amounts}"
    ).rstrip()


def markdown(cells: Cells) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
