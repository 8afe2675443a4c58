"""The rows of a summary: a tree of modules, their own tensors and operations.

Comes in: what a module holds, and what a run on it showed, if there was one. Goes out:
the `Row` of the whole module. A row's figures are of all that is in it, so that those
of its children and of what it does itself add up to them. What is registered in
several places counts where it was met first: its parameters once, its multiply-adds
and activations as often as it is called.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import field
from typing import Literal, TypeAlias

from modelspec.records import dataclass
from modelspec.report.summary.tally import Tally, tally_of
from modelspec.sizes import Many, Observation, Size, Step, Tensor, Value
from modelspec.sizes.contents import HeldModule, HeldTensor

RowKind: TypeAlias = Literal["module", "parameter", "buffer", "operation"]


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One row and those in it.

    `name` is dotted, as in the `state_dict`; that of an operation is the module that
    calls it, and its `type` what is called. `names` are those of all equal neighbours
    that the row stands for, and its figures are those of one of them. `inputs` and
    `output` are those of the first of `calls` calls; None is a module that is not
    called. `own` counts the elements of parameters that it registers itself.
    """

    name: str
    kind: RowKind
    type: str
    tally: Tally
    own: int = 0
    inputs: Value | None = None
    output: Value | None = None
    calls: int = 0
    notes: tuple[str, ...] = ()
    children: tuple[Row, ...] = ()
    names: tuple[str, ...] = field(default=())

    def walk(self, depth: int = 0) -> Iterator[tuple[int, Row]]:
        """Itself and all rows in it, each with how deep it stands."""
        yield depth, self
        for child in self.children:
            yield from child.walk(depth + 1)


def build_rows(held: HeldModule, seen: Observation | None) -> Row:
    """The row of the whole module."""
    return _Rows(held, seen).module(held)


class _Rows:
    def __init__(self, held: HeldModule, seen: Observation | None) -> None:
        self._has_run = seen is not None
        self._calls: dict[str, list[Step]] = defaultdict(list)
        self._operations: dict[str, list[Step]] = defaultdict(list)
        self._busy: set[str] = set()
        """Modules in which something happens, and all around them."""
        for step in seen.steps if seen is not None else ():
            self._add(step)

    def _add(self, step: Step) -> None:
        if step.kind == "module":
            self._calls[step.path].append(step)
            self._mark(step.path)
        elif step.kind == "operation":
            self._operations[step.path].append(step)
        elif step.kind != "input":
            self._mark(step.path.rpartition(".")[0])

    def _mark(self, path: str) -> None:
        while path and path not in self._busy:
            self._busy.add(path)
            path = path.rpartition(".")[0]

    # --- modules ----------------------------------------------------------------

    def module(self, held: HeldModule) -> Row:
        children = tuple(self._children(held))
        calls = self._calls[held.path] if not held.is_shared else []
        done = self._operations[held.path] if not held.is_shared else []
        hidden = [] if children else [t for c in held.children for t in c.all_tensors()]
        tally = tally_of([*held.tensors, *hidden]).plus(
            Tally(
                macs=_sum(one.macs for one in (*calls, *done)),
                made=_sum(one.made for one in (*calls, *done)),
            ),
            *(one.tally for one in children if one.kind == "module"),
        )
        return Row(
            held.path,
            "module",
            held.type,
            tally,
            sum(one.elements for one in held.tensors if one.kind == "parameter"),
            _given(calls[0]) if calls else None,
            calls[0].output if calls else None,
            len(calls),
            tuple(self._notes(held, calls, tally)),
            children,
        )

    def _children(self, held: HeldModule) -> Iterator[Row]:
        """Own tensors, then modules, as in the `state_dict`; then operations.

        The modules in a layer of torch's that it does not call, and whose parameters
        it uses itself, are part of the layer.
        """
        is_open = held.holder != "layer" or any(
            child.path in self._busy for child in held.children
        )
        if (held.children and is_open) or not held.path:
            yield from (_tensor_row(one) for one in held.tensors if one.is_saved)
            yield from map(self.module, held.children)
        if held.holder == "block" or (held.children and is_open):
            for one in self._operations[held.path]:
                if one.macs != 0:
                    yield _operation_row(one)

    def _notes(
        self, held: HeldModule, calls: list[Step], tally: Tally
    ) -> Iterator[str]:
        if held.is_shared:
            yield f"same as {held.first}"
            return
        yield from _tensor_notes(held)
        if 0 < tally.parameters == tally.frozen:
            yield "frozen"
        elif tally.frozen:
            yield f"{tally.frozen:,} frozen"
        if len(calls) > 1:
            differ = len({one.output for one in calls}) > 1
            yield f"{len(calls)} calls" + (", shapes differ" if differ else "")
        is_idle = self._has_run and not calls and held.path not in self._busy
        if is_idle and held.holder != "container" and held.path:
            yield "not called"


def _tensor_notes(held: HeldModule) -> Iterator[str]:
    for one in held.tensors:
        if one.shape is None:
            yield "sizes are not known yet"
            break
    for one in held.tensors:
        if one.is_shared:
            name = one.path.rpartition(".")[2]
            yield f"{name} is {one.first}"


def _tensor_row(held: HeldTensor) -> Row:
    shape = None if held.shape is None else Tensor(held.shape, held.dtype)
    notes = [f"same as {held.first}"] if held.is_shared else []
    tally = tally_of([held])
    if tally.frozen:
        notes.append("frozen")
    type_ = "Parameter" if held.kind == "parameter" else "Buffer"
    own = held.elements if held.kind == "parameter" else 0
    return Row(held.path, held.kind, type_, tally, own, None, shape, 0, tuple(notes))


def _operation_row(step: Step) -> Row:
    tally = Tally(macs=step.macs, made=step.made)
    return Row(
        step.path, "operation", step.label, tally, 0, _given(step), step.output, 1
    )


def _given(step: Step) -> Value:
    """The tensors that a step takes: one, or a tuple."""
    tensors = tuple(edge.tensor for edge in step.edges)
    return tensors[0] if len(tensors) == 1 else Many("tuple", tensors)


def _sum(sizes: Iterable[Size]) -> Size:
    return sum(sizes, start=0)
