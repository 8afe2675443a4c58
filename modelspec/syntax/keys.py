"""Keys that are no names: `for`, `if`, `elif`, `else` and `let`, and containers.

Reader, parser and lowering all ask here, so that they agree on what is one. A name may
begin with such a word: `if-branch`, `else-x`, `for${i}`.
"""

from __future__ import annotations

import re

from modelspec.diagnostics.suggest import edit_distance

# The containers of torch under which children stand, which a class can be too; and with
# them those under which tensors stand. What stands under them is no arguments.
MODULE_CONTAINERS = ("Sequential", "ModuleList", "ModuleDict")
CONTAINERS = frozenset((*MODULE_CONTAINERS, "ParameterList", "ParameterDict"))
_NAME_GOES_ON = r"(?!\w|\$|-[\w.-]*(?:\$\{|$))"
_WORD = re.compile(rf"\s*(?:(for|if|elif|else){_NAME_GOES_ON}|(let)\s)")
_NEAR = re.compile(
    r"\s*(?:(for|foreach|while)|(if|when|unless)|(elseif|elsif|elif|else\s+if)|(let))\s+\S",
    re.IGNORECASE,
)
_SLIPPED = re.compile(r"\s*(?P<word>[A-Za-z]{1,5})\s+(?P<rest>(?P<next>\w+).*)", re.S)
_HAS_IN = re.compile(r".*\bin\b")
_HAS_VALUE = re.compile(r"\w+\s*=(?!=)")
_OPERATORS = frozenset({"if", "else", "in", "is", "and", "or", "for"})
_MEANT = ("for", "if", "elif", "let")
_STARTS = frozenset({"fo", "if", "el", "le", "wh", "un"})
_LONGEST_WORD = 5
_BLANKS = frozenset(" \t\n")
# Words that need nothing after them to be seen as control words.
_ALONE = {one: one for one in ("for", "if", "elif", "else")}
_ALONE |= dict.fromkeys(("Else", "ELSE"), "else")
_ELSE = frozenset({"Else", "ELSE", "Else:", "ELSE:"})


def control_word(text: str) -> str | None:
    """The control word a key begins with; for a near miss, the one that was meant."""
    if text.isidentifier():
        return _ALONE.get(text)
    if (
        text[:2].lower() not in _STARTS
        and text[:1] not in _BLANKS
        and not 0 < text.find(" ") <= _LONGEST_WORD
    ):
        return None
    near = _NEAR.match(text)
    if near and near.lastindex:
        return _MEANT[near.lastindex - 1]
    found = _WORD.match(text)
    if found:
        return found.group(1) or found.group(2)
    if text.strip() in _ELSE:
        return "else"
    return _slipped(text) if " " in text.strip() else None


def _slipped(text: str) -> str | None:
    """The word meant by one that is a letter off: `fro i in`, `fi n > 1`, `lte x =`."""
    found = _SLIPPED.match(text)
    if found is None or found["next"] in _OPERATORS:
        return None
    shapes = {"for": _HAS_IN, "let": _HAS_VALUE}
    for meant in _MEANT:
        shape = shapes.get(meant)
        is_shaped = shape is None or shape.match(found["rest"])
        if is_shaped and edit_distance(found["word"].lower(), meant) <= 1:
            return meant
    return None


def is_control_key(text: str) -> bool:
    """Whether a key is a loop, a condition or a `let`, which may be repeated."""
    return control_word(text) is not None


def written_word(text: str) -> str:
    """What stands where a control key has its word: `for`, `foreach`, `else if`."""
    near = _NEAR.match(text)
    if near:
        return text[: near.end() - 1].strip()
    found = re.match(r"\w*", text)
    return found.group() if found else ""
