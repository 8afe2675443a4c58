"""What an expression is: as far as we can tell, and as a type checker sees it.

A `Kind` is a value. `text` is an annotation; `seen` says what the checker knows: the
same (`exact`), nothing (`any`: the result of calling a module), or that it is a tensor
or a module (`union`: an attribute that no class declares).
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from modelspec.trees import expression_tree

Seen = Literal["exact", "any", "union"]


@dataclass(frozen=True, slots=True)
class Kind:
    text: str
    seen: Seen = "exact"
    items: tuple[Kind, ...] = ()

    def opaque(self) -> Kind:
        """The same, of which the checker knows nothing."""
        return replace(self, seen="any", items=tuple(i.opaque() for i in self.items))

    @property
    def is_tensor(self) -> bool:
        return self.text in ("torch.Tensor", "nn.Parameter")

    @property
    def is_module(self) -> bool:
        return self.text.startswith("nn.") and self.text != "nn.Parameter"


TENSOR = Kind("torch.Tensor")
ANY = Kind("Any", "any")
UNION = Kind("torch.Tensor", "union")
NONE = Kind("None")
INT = Kind("int")
FLOAT = Kind("float")
BOOL = Kind("bool")
STR = Kind("str")
SIZE = Kind("torch.Size")
MODULE = Kind("nn.Module")
TENSORS = Kind("tuple[torch.Tensor, ...]")
OBJECT = Kind("object")
EMPTY_LIST = Kind("list[Any]", "exact", (ANY,))
EMPTY_DICT = Kind("dict[str, Any]", "exact", (ANY,))
HIDDEN = "tuple[torch.Tensor, torch.Tensor]"
_LONGEST = 1000
"""Characters of an annotation that a person still writes out. Values that hold others
twice, line after line, would have one without end."""


def tuple_kind(items: Sequence[Kind]) -> Kind:
    if not items:
        return Kind("tuple[()]")
    if sum(len(item.text) for item in items) > _LONGEST:
        return Kind("tuple[Any, ...]")
    return Kind(
        f"tuple[{', '.join(item.text for item in items)}]", "exact", tuple(items)
    )


def list_kind(item: Kind) -> Kind:
    if len(item.text) > _LONGEST:
        return Kind("list[Any]", "exact", (ANY,))
    return Kind(f"list[{item.text}]", "exact", (item,))


def dict_kind(value: Kind, key: str = "str") -> Kind:
    if len(value.text) > _LONGEST:
        return Kind(f"dict[{key}, Any]", "exact", (ANY,))
    return Kind(f"dict[{key}, {value.text}]", "exact", (value,))


def joined(kinds: Sequence[Kind]) -> Kind:
    """One kind for values that may be any of these."""
    unique = list(dict.fromkeys(replace(one, seen="exact") for one in kinds))
    texts = list(dict.fromkeys(one.text for one in unique))
    if len(texts) == 1:
        return unique[0]
    if "Any" in texts:
        return ANY
    tuples = [one for one in unique if one.text.startswith("tuple[") and one.items]
    widths = {len(one.items) for one in tuples}
    if len(tuples) == len(unique) and len(widths) == 1:
        return tuple_kind(
            [joined(column) for column in zip(*_items(unique), strict=True)]
        )
    if set(texts) <= {"int", "float"}:
        return FLOAT
    every = [part for text in texts for part in alternatives(text)]
    parts = list(dict.fromkeys(part for part in every if part != "None"))
    if EMPTY_DICT.text in parts:
        parts = [p for p in parts if p == EMPTY_DICT.text or p[:9] != "dict[str,"]
    if len(parts) > 3 or any(text.startswith("list[") for text in parts[1:]):
        return ANY
    return Kind(" | ".join([*parts, *(["None"] if "None" in every else [])]))


def alternatives(text: str) -> list[str]:
    """The parts of a union, as text."""
    if " | " not in text:
        return [text]
    parts: list[str] = []
    pending = [expression_tree(text).body]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.BinOp):
            pending += [node.right, node.left]
        else:
            parts.append(ast.unparse(node))
    return parts


def common(kinds: Sequence[Kind]) -> Kind:
    """What the items of a display have in common."""
    made = joined(kinds) if kinds else ANY
    return made.opaque() if any(one.seen == "any" for one in kinds) else made


def either(kinds: Sequence[Kind]) -> Kind:
    """One of several values: a checker knows nothing if it knows nothing of any."""
    made = joined(kinds)
    return made.opaque() if all(one.seen == "any" for one in kinds) else made


def merged(states: Sequence[dict[str, Kind]]) -> dict[str, Kind]:
    """What names are where branches meet."""
    found: dict[str, Kind] = {}
    for key in dict.fromkeys(key for state in states for key in state):
        kinds = [state[key] for state in states if key in state]
        if all(one is kinds[0] for one in kinds):
            found[key] = kinds[0]
            continue
        made = joined(kinds)
        found[key] = made.opaque() if any(k.seen == "any" for k in kinds) else made
        if any(one.seen == "union" for one in kinds):
            found[key] = replace(made, seen="union")
    return found


def _items(kinds: Sequence[Kind]) -> list[tuple[Kind, ...]]:
    return [one.items for one in kinds]


def without_none(kind: Kind) -> Kind:
    """What is left of an optional kind once None is ruled out."""
    if kind.text.endswith(" | None"):
        return replace(kind, text=kind.text.removesuffix(" | None"))
    return kind


def annotated(annotation: ast.expr) -> Kind:
    """The kind that an annotation declares."""
    text = ast.unparse(annotation)
    if text == "Any":
        return ANY
    if not isinstance(annotation, ast.Subscript):
        return Kind(text)
    inside = annotation.slice
    items = inside.elts if isinstance(inside, ast.Tuple) else [inside]
    if text.startswith("tuple[") and "..." not in text:
        return tuple_kind([annotated(one) for one in items])
    if text.startswith(("list[", "dict[")):
        return Kind(text, items=(annotated(items[-1]),))
    return Kind(text)
