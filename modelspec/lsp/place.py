"""What may stand at a cursor: the language's rules from key to key.

In: a `Cursor`, and which names take children under them. Out: a `Place`: the block it
is in, and what is wanted there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal, TypeAlias

from modelspec.lsp.cursor import Cursor
from modelspec.lsp.flow import ITEM
from modelspec.records import dataclass
from modelspec.syntax.keys import CONTAINERS, MODULE_CONTAINERS, control_word

Wanted: TypeAlias = Literal[
    "nothing",
    "file keys",
    "block keys",
    "param keys",
    "input keys",
    "owned keys",
    "arguments",
    "argument",
    "module",
    "expression",
    "method",
    "type",
    "dtype",
    "size",
    "init key",
    "init leaf",
    "init value",
    "path",
    "variant keys",
    "budget keys",
    "parallel keys",
    "mixed precision keys",
    "computing dtype",
    "style",
    "imported",
]

_TAKE_CHILDREN = CONTAINERS | {"OrderedDict"}
_OWNED = frozenset(("parameters", "buffers"))
TakesChildren: TypeAlias = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Place:
    """`block` is the name of a block of the file, None for the file's own. `detail` is
    the type whose arguments are wanted, the argument, or the imported file. `text` is
    the expression that is being typed, or the start of a key."""

    wanted: Wanted
    block: str | None
    text: str
    detail: str = ""
    argument: str = ""


def read_place(cursor: Cursor, takes_children: TakesChildren) -> Place:
    keys, block = cursor.keys, None
    if keys[:1] == ("blocks",):
        if len(keys) == 1:
            return Place("nothing", None, cursor.text)
        block, keys = keys[1], keys[2:]
    if cursor.is_comment:
        return Place("nothing", block, "")
    wanted, detail, argument = _Rules(cursor, takes_children).wanted(keys, block)
    text = cursor.text
    if wanted in ("argument", "nothing", "path") and "${" in text:
        if "}" not in text[text.rindex("${") :]:
            wanted, text = "expression", text[text.rindex("${") + 2 :]
    elif cursor.is_bare and control_word(text) and " " in text:
        wanted = "expression"
    if not cursor.is_text:
        text = re.sub(r"""^['"]?(?:\$\{)?""", "", text)
    return Place(wanted, block, text, detail, argument)


def _without_control(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Loops and conditions belong to what they stand in; items of theirs to its."""
    found: list[str] = []
    for key in keys:
        if not control_word(key) and not (key == ITEM and found[-1:] == [ITEM]):
            found.append(key)
    return tuple(found)


class _Rules:
    def __init__(self, cursor: Cursor, takes_children: TakesChildren) -> None:
        self._cursor, self._takes = cursor, takes_children

    def wanted(
        self, keys: tuple[str, ...], block: str | None
    ) -> tuple[Wanted, str, str]:
        cursor = self._cursor
        if not keys:
            if not cursor.is_bare:
                return "nothing", "", ""
            return ("file keys" if block is None else "block keys"), "", ""
        section, tail = keys[0], keys[1:]
        tail = _without_control(tail)
        if section in ("forward", "methods") or (section == "init" and cursor.is_text):
            return (
                "method",
                "init" if section == "init" else (tail or ("forward",))[0],
                "",
            )
        if section in MODULE_CONTAINERS or section == "modules":
            return self._children(tail)
        if section == "extends":
            return self._module(tail)
        return self._section(section, tail), tail[0] if tail else "", ""

    # --- modules ------------------------------------------------------------------

    def _children(self, tail: tuple[str, ...]) -> tuple[Wanted, str, str]:
        if not tail:
            return "nothing", "", ""
        return (
            self._module(tail[1:])
            if tail[0] != "OrderedDict"
            else self._children(tail[1:])
        )

    def _module(self, tail: tuple[str, ...]) -> tuple[Wanted, str, str]:
        if not tail:
            return "module", "", ""
        name = tail[0].strip()
        bare = name.removeprefix("torch.").removeprefix("nn.")
        if bare in _TAKE_CHILDREN or "(" in name or self._takes(name):
            return self._children(tail[1:])
        return self._arguments(bare, tail[1:])

    def _arguments(self, type_: str, tail: tuple[str, ...]) -> tuple[Wanted, str, str]:
        if not tail:
            return ("arguments" if self._cursor.is_bare else "argument"), type_, ""
        if len(tail) > 1 and tail[1][:1].isupper():
            return self._arguments(tail[1], tail[2:])
        return "argument", type_, "" if tail[0] == ITEM else tail[0]

    # --- the rest -----------------------------------------------------------------

    def _section(self, section: str, tail: tuple[str, ...]) -> Wanted:
        bare, depth = self._cursor.is_bare, len(tail)
        match section:
            case "params":
                return self._param(tail)
            case "vars":
                return "expression" if depth == 1 else "nothing"
            case "parameters" | "buffers":
                if depth == 1 and bare:
                    return "owned keys"
                return "expression" if depth else "nothing"
            case "inputs":
                return self._input(tail)
            case "init":
                if depth == 0:
                    return "init key"
                return "init leaf" if depth == 1 and bare else "init value"
            case "tie" | "freeze":
                return "path"
            case "variants":
                return "variant keys" if depth == 1 and bare else "nothing"
            case "budget":
                return "budget keys" if depth == 0 and bare else "nothing"
            case "parallel":
                return self._parallel(tail)
            case "imports":
                return "imported" if depth else "nothing"
            case "functions":
                return "expression" if self._cursor.is_text else "nothing"
        return "nothing"

    def _parallel(self, tail: tuple[str, ...]) -> Wanted:
        bare = self._cursor.is_bare
        match tail:
            case ():
                return "parallel keys" if bare else "nothing"
            case ("mixed_precision",):
                return "mixed precision keys" if bare else "computing dtype"
            case ("mixed_precision", "cast_forward_inputs"):
                return "nothing"
            case ("mixed_precision", _):
                return "computing dtype"
            case ("plan",):
                return "path"
            case ("plan", _):
                return "style"
            case ("fsdp" | "activation_checkpointing", *_):
                return "path"
        return "nothing"

    def _param(self, tail: tuple[str, ...]) -> Wanted:
        bare = self._cursor.is_bare
        if len(tail) == 1:
            if bare:
                return "param keys"
            return "expression" if "=" in self._cursor.text else "type"
        last = tail[1] if len(tail) > 1 else ""
        return (
            "type" if last == "type" else "argument" if last == "default" else "nothing"
        )

    def _input(self, tail: tuple[str, ...]) -> Wanted:
        bare = self._cursor.is_bare
        if len(tail) == 1:
            return "input keys" if bare else "nothing"
        if len(tail) == 2 and tail[1] == "dtype":
            return "dtype"
        return "size" if ITEM in tail[1:] else "argument"
