"""Program -> readable source of `nn.Module` classes. Never imports torch."""

from modelspec.backends.python.emit import (
    HEADER,
    MARKER,
    Style,
    emit_module,
)
from modelspec.backends.python.package import Member, emit_package
from modelspec.backends.python.reach import reachable

__all__ = [
    "HEADER",
    "MARKER",
    "Member",
    "Style",
    "emit_module",
    "emit_package",
    "reachable",
]
