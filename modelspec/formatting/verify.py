"""Whether what was written means what was read: black's way of being sure.

In: the trees of a spec before and after. Raises `InternalError` where values, Python,
anchors or comments differ; layout, quotes and brackets may.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from modelspec.diagnostics.diagnostic import InternalError
from modelspec.formatting.emit import written
from modelspec.formatting.texts import Texts, is_string
from modelspec.formatting.tree import Alias, Collection, Node, Part, Scalar


def verify_same(
    before: Collection, after: Collection, texts: Texts, texts_after: Texts
) -> None:
    """Raise for the first difference in meaning."""
    old, new = _meanings(before, texts), _meanings(after, texts_after)
    for one, other in zip(old, new, strict=False):
        if one != other:
            raise InternalError(f"formatting would turn {one!r} into {other!r}")
    if next(old, None) is not None or next(new, None) is not None:
        raise InternalError("formatting would change how much there is in the spec")
    lost = Counter(_comments(before))
    lost.subtract(Counter(_comments(after)))
    for text, count in lost.items():
        if count:
            raise InternalError(f"formatting would lose or repeat the comment {text!r}")


def verify_stable(text: str, again: str) -> None:
    """Raise where formatting once more gives another text."""
    if text == again:
        return
    pairs = enumerate(zip(text.split("\n"), again.split("\n"), strict=False), 1)
    line = next((number for number, (one, other) in pairs if one != other), 0)
    raise InternalError(f"formatting twice differs from once, at line {line}")


def _meanings(node: Node, texts: Texts, *, is_key: bool = False) -> Iterator[object]:
    """What each node means, in order."""
    if isinstance(node, Alias):
        yield "alias", node.name
    elif isinstance(node, Scalar):
        yield "scalar", node.anchor, _meaning(node, texts, is_key)
    else:
        yield "mapping" if node.mapping else "list", node.anchor, len(node.parts)
        for part in node.parts:
            if part.key is not None:
                yield from _meanings(part.key, texts, is_key=True)
            yield from _meanings(part.value, texts)


def _meaning(node: Scalar, texts: Texts, is_key: bool) -> object:
    if not is_key and not is_string(node):
        return "plain", node.text or "null"
    meaning = texts.meaning(node)
    return ("text", node.text) if meaning is None else meaning


def _comments(node: Collection) -> Iterator[str]:
    for part in node.parts:
        yield from _comments_of(part)
    yield from map(written, node.after)


def _comments_of(part: Part) -> Iterator[str]:
    yield from map(written, part.before)
    if part.beside is not None:
        yield written(part.beside)
    if isinstance(part.value, Collection):
        yield from _comments(part.value)
