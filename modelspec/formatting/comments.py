"""Comments, and what each of them is about.

In: a tree without comments and its text. Out: the same tree with them. A comment beside
something stays beside it. One on lines of its own belongs to what follows, or, where it
is indented as far as what stands above it and farther than what follows, to the end of
that. Nothing is lost: each comment is hung somewhere.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from modelspec.formatting.tree import Alias, Collection, Comment, Node, Part, Scalar
from modelspec.records import dataclass

_COMMENT = re.compile(r"#[^\n]*")
_HEADER = re.compile(r"[|>][-+0-9]*")
_BLANK_LINE = re.compile(r"\n[ \t]*\n")


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A stretch of text that holds no comments, and the part it ends."""

    start: int
    end: int
    part: Part | None


def attach_comments(root: Collection, text: str) -> None:
    """Hang the comments of a text on its tree."""
    leaves = sorted(_leaves(root, None), key=lambda leaf: (leaf.start, leaf.end))
    comments = list(_find(text, leaves))
    at = 0
    for comment in comments:
        while at < len(leaves) and leaves[at].end <= comment.start:
            at += 1
        before = leaves[at - 1] if at else None
        if not _put_beside(comment, before, text):
            _put_on_lines(comment, root)
    _mark_blank_lines(root, text, [*_ends(leaves), *(_end(one) for one in comments)])
    _hoist(root)


def _leaves(node: Node, part: Part | None) -> Iterator[_Leaf]:
    if isinstance(node, Scalar | Alias):
        yield _Leaf(node.start, node.end, part)
        return
    for inner in node.parts:
        if inner.key is not None:
            yield _Leaf(inner.key.start, inner.key.end, inner)
        yield from _leaves(inner.value, inner)
    if node.flow and node.end > node.start:
        yield _Leaf(node.end - 1, node.end, part)


def _find(text: str, leaves: list[_Leaf]) -> Iterator[Comment]:
    """The comments between the leaves, and beside the headers of blocks."""
    at = 0
    for leaf in leaves:
        yield from _in_gap(text, at, leaf.start)
        at = max(at, leaf.end)
        if header := _HEADER.match(text, leaf.start, leaf.end):
            stop = text.find("\n", leaf.start)
            yield from _in_gap(text, header.end(), at if stop < 0 else min(stop, at))
    yield from _in_gap(text, at, len(text))


def _in_gap(text: str, start: int, stop: int) -> Iterator[Comment]:
    for found in _COMMENT.finditer(text, start, stop):
        at = found.start()
        line = text.rfind("\n", 0, at) + 1
        own = not text[line:at].strip(" \t")
        above = text[text.rfind("\n", 0, max(line - 1, 0)) + 1 : line]
        blank = own and line > 0 and not above.strip()
        yield Comment(found[0].rstrip(), at, at - line, own, blank)


def _put_beside(comment: Comment, before: _Leaf | None, text: str) -> bool:
    """Hang a comment on what stands on its line."""
    if comment.own_line or before is None or before.part is None:
        return False
    if "\n" in text[before.end : comment.start]:
        return False
    part = before.part
    if part.beside is not None:
        part.before.append(part.beside)
    part.beside = comment
    return True


def _put_on_lines(comment: Comment, root: Collection) -> None:
    inside = _innermost(root, comment.start)
    count = _count_until(inside, comment.start)
    above = inside.parts[count - 1] if count else None
    below = inside.parts[count] if count < len(inside.parts) else None
    if above is not None and above.end > comment.start:
        _put_under_key(comment, above)
        return
    place = inside.after if below is None else below.before
    # What stands below a comment is not farther in than the comment.
    ending = None if place else _ending_above(comment, above, inside.column)
    (place if ending is None else ending.after).append(comment)


def _count_until(node: Collection, at: int) -> int:
    """How many parts begin before an offset."""
    return bisect_right(node.parts, at, key=lambda part: part.start)


def _innermost(root: Collection, at: int) -> Collection:
    """The deepest collection around an offset."""
    found = root
    while count := _count_until(found, at):
        value = found.parts[count - 1].value
        if not isinstance(value, Collection) or not value.start <= at < value.end:
            break
        found = value
    return found


def _put_under_key(comment: Comment, part: Part) -> None:
    """A comment between a key and its value."""
    value = part.value
    if isinstance(value, Collection) and not value.flow and value.parts:
        value.parts[0].before.append(comment)
    else:
        part.before.append(comment)


def _ending_above(
    comment: Comment, above: Part | None, column: int
) -> Collection | None:
    """The collection that ends above a comment and is the one it is indented as."""
    found: Collection | None = None
    node = above.value if above is not None else None
    while isinstance(node, Collection) and not node.flow and node.parts:
        if node.column > comment.column or comment.column <= column:
            break
        if found is not None and found.after:
            break  # a comment above has left what is deeper
        found = node
        node = node.parts[-1].value
    return found


def _mark_blank_lines(root: Collection, text: str, ends: list[int]) -> None:
    """Tell the parts that stand below a blank line."""
    ends.sort()
    for part in _all_parts(root):
        at = bisect_right(ends, part.start)
        above = ends[at - 1] if at else 0
        # An empty item ends where it starts.
        while at > 1 and above == part.start:
            at -= 1
            above = ends[at - 1]
        part.blank_before = bool(_BLANK_LINE.search(text, above, part.start))


def _all_parts(node: Node) -> Iterator[Part]:
    if isinstance(node, Collection):
        for part in node.parts:
            yield part
            yield from _all_parts(part.value)


def _ends(leaves: list[_Leaf]) -> Iterator[int]:
    return (leaf.end for leaf in leaves)


def _end(comment: Comment) -> int:
    return comment.start + len(comment.text)


def _hoist(node: Collection) -> None:
    """Comments at the beginning of an item, or in empty brackets, stand before it."""
    for part in node.parts:
        value = part.value
        if not isinstance(value, Collection):
            continue
        _hoist(value)
        if not value.parts:
            part.before += value.after
            value.after = []
        if part.key is None and not value.flow and value.parts:
            first = value.parts[0]
            part.before += first.before
            first.before = []
