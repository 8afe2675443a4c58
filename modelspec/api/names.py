"""How a spec is named: `mlp.yaml`, `resnet.yaml:resnet50`, `C:\\nets\\mlp.yaml`.

In: what a caller wrote. Out: the path and the variant, or None where none is named.
"""

from __future__ import annotations

import os


def split_name(text: str) -> tuple[str, str | None]:
    """Cut at the last colon, unless the whole is a file and the part before is not."""
    head, colon, tail = text.rpartition(":")
    if not (colon and head and tail) or _is_path(head, tail):
        return text, None
    if os.path.exists(text) and not os.path.exists(head):
        return text, None
    return head, tail


def _is_path(head: str, tail: str) -> bool:
    """Whether the colon is inside of a path: a folder's, or that of a drive."""
    if "/" in tail or "\\" in tail:
        return True
    return os.name == "nt" and len(head) == 1 and head.isalpha()
