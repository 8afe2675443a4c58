"""What the caller allows: one immutable value, handed down explicitly.

Made from the command line or the API call. Nothing in a spec can change it, and no
module holds one.
"""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass, field

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what a spec may ask for (section 10 of the language)."""

    file_bytes: int = 8 * 1024 * 1024
    nesting: int = 64
    nodes: int = 1_000_000
    expression_characters: int = 4096
    expression_depth: int = 64
    function_characters: int = 256 * 1024
    steps: int = 10_000_000
    items: int = 1_000_000
    string_characters: int = 1024 * 1024
    integer_bits: int = 64
    modules: int = 1_000_000
    import_files: int = 64
    import_depth: int = 8
    seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class Policy:
    """Limits, the folder out of which imported specs may not reach, and the Python
    modules that a spec may import layers from.

    `allow_imports` are prefixes of module names that end at a dot: `my_pkg` allows
    `my_pkg` and `my_pkg.layers`, never `my_pkg2`. To import a module runs its code, so
    it is imported when a model is made, and only then.

    Raises:
        ValueError: a prefix is no name of a module.
        TypeError: `allow_imports` is one text, or holds something else than texts.
    """

    limits: Limits = field(default_factory=Limits)
    import_root: str | None = None
    allow_imports: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        given: object = self.allow_imports
        if not isinstance(given, (tuple, list)) or not all(
            isinstance(one, str) for one in given
        ):
            message = "allow_imports takes a tuple of module names: ('my_pkg',)"
            raise TypeError(message)
        for one in given:
            if not is_module_name(one):
                raise ValueError(f"allow_imports: {one!r} is no name of a module")
        object.__setattr__(self, "allow_imports", tuple(given))


def is_module_name(text: str) -> bool:
    """Whether a text names a Python module: ASCII names with dots between them, none of
    which is a keyword or begins with two underscores."""
    return all(map(is_plain_name, text.split(".")))


def is_plain_name(text: str) -> bool:
    """Whether a text is an ASCII name, no keyword of Python and no name of its own."""
    is_name = _NAME.fullmatch(text) is not None and not keyword.iskeyword(text)
    return is_name and not text.startswith("__")


def is_within(module: str, prefixes: tuple[str, ...]) -> bool:
    """Whether a module is one of these, or inside one."""
    return any(module == one or module.startswith(f"{one}.") for one in prefixes)
