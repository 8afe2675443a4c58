"""Keys that are no names: `for`, `if`, `elif`, `else` and `let` (language, 2)."""

from __future__ import annotations

import re

_CONTROL = re.compile(r"for\s.*\sin\b.*|(?:if|elif|let)[\s(\[].*|else", re.DOTALL)


def is_control_key(text: str) -> bool:
    """Whether a key is a loop, a condition or a `let`, which may be repeated."""
    return _CONTROL.fullmatch(text) is not None
