"""What the caller allows: one immutable value, handed down explicitly.

Made from the command line or the API call. Nothing in a spec can change it, and no
module holds one.
"""

from __future__ import annotations

from dataclasses import dataclass, field


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
    """Limits, and the folder out of which imported specs may not reach."""

    limits: Limits = field(default_factory=Limits)
    import_root: str | None = None
