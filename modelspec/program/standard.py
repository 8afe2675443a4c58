"""The standard blocks: section 9 of the language.

Their names are known here, so that a spec which uses none of them costs nothing; each
is a spec of its own, read when its name is first met.
"""

from __future__ import annotations

from dataclasses import replace

from modelspec.diagnostics.diagnostic import Diagnostic, InternalError
from modelspec.diagnostics.span import Source
from modelspec.policy import Limits
from modelspec.resources import standard_path

STANDARD_BLOCKS = (
    "Residual",
    "Concat",
    "Add",
    "DropPath",
    "Permute",
    "LayerNorm2d",
    "ConvNormAct",
    "SqueezeExcite",
    "MLP",
    "SelfAttention",
)


def standard_source(name: str) -> Source:
    """The text of a standard block."""
    from modelspec.syntax.source import read_source

    path = standard_path(name)
    source = read_source(str(path), Limits(), name=f"standard/{path.name}")
    if isinstance(source, Diagnostic):
        raise InternalError(source.message)
    return replace(source, is_standard=True)
