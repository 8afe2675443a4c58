"""Colours of the full format: a function from a style and a text to a text."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Paint: TypeAlias = Callable[[str, str], str]

_STYLES = {
    "error": "\x1b[1;31m",
    "warning": "\x1b[1;33m",
    "gutter": "\x1b[1;34m",
    "label": "\x1b[1;34m",
    "title": "\x1b[1m",
    "help": "\x1b[1;36m",
}
_RESET = "\x1b[0m"


def paint_plain(style: str, text: str) -> str:
    return text


def paint_ansi(style: str, text: str) -> str:
    return f"{_STYLES[style]}{text}{_RESET}" if text else ""
