"""Drafts made simpler: what a reader of a picture would not miss is folded.

Each function takes the draft of everything and changes it in place: operations that
nothing comes of go, views in a row become one, and a group around a single thing gives
way to it.
"""

from __future__ import annotations

from modelspec.report.graph.drafts import Draft

CONTAINERS = frozenset({"Sequential", "ModuleList", "ModuleDict"})
_MOST_NAMED = 3


def fold(top: Draft) -> None:
    """All of it."""
    drop_unused(top)
    join_views(top)
    unwrap(top)


def consumers_of(top: Draft) -> dict[int, list[Draft]]:
    """For each leaf, by its id, the leaves that take its tensors."""
    found: dict[int, list[Draft]] = {}
    for one in top.leaves():
        for source, _ in one.sources:
            taking = found.setdefault(id(source), [])
            if not taking or taking[-1] is not one:
                taking.append(one)
    return found


def drop_unused(top: Draft) -> None:
    """Take away operations and parameters whose tensors nobody takes."""
    groups = [one for one in top.walk() if one.children]
    used = {key: len(taking) for key, taking in consumers_of(top).items()}
    for one in sorted(top.leaves(), key=lambda leaf: -leaf.order):
        step = one.step
        if step is None or step.kind in ("module", "input") or used.get(id(one)):
            continue
        _remove(one)
        for source in {id(source): source for source, _ in one.sources}.values():
            used[id(source)] -= 1
    for group in reversed(groups):
        if not group.children and group is not top:
            _remove(group)


def join_views(top: Draft) -> None:
    """One node for operations in a row that only move elements around."""
    consumers = consumers_of(top)
    for one in sorted(top.leaves(), key=lambda leaf: leaf.order):
        taking = consumers.get(id(one), [])
        if not _is_view(one) or len(taking) != 1:
            continue
        last = taking[0]
        if not _is_view(last) or last.parent is not one.parent:
            continue
        if len({id(source) for source, _ in last.sources}) != 1:
            continue
        last.label = _joined(one.label, last.label)
        last.sources, last.inputs = one.sources, one.inputs
        for source, _ in one.sources:
            after = consumers[id(source)]
            consumers[id(source)] = [last if leaf is one else leaf for leaf in after]
        _remove(one)


def unwrap(top: Draft) -> None:
    """A group around one group has its children; one around one leaf is that leaf."""
    groups = [one for one in top.walk() if one.children and one is not top]
    for group in reversed(groups):
        while len(group.children) == 1 and group.children[0].children:
            group.adopt(group.children[0].children)
        if len(group.children) == 1:
            _stand_for(group, group.children[0])


def _stand_for(group: Draft, only: Draft) -> None:
    """A leaf that does what a group does takes the group's place and name.

    Of a container it keeps its own type: `Sequential` would say less.
    """
    parent = group.parent
    assert parent is not None
    only.parent = parent
    parent.children = [only if one is group else one for one in parent.children]
    if group.label not in CONTAINERS:
        only.label = group.label
    only.name, only.paths, only.step = group.name, group.paths, group.step


def _is_view(one: Draft) -> bool:
    is_operation = one.step is not None and one.step.kind == "operation"
    return one.kind == "layout" and is_operation


def _joined(first: str, last: str) -> str:
    names = [*first.split(" · "), last]
    if len(names) > _MOST_NAMED:
        names = [names[0], "…", names[-1]]
    return " · ".join(names)


def _remove(one: Draft) -> None:
    parent = one.parent
    assert parent is not None
    parent.children = [child for child in parent.children if child is not one]
