"""The standard blocks: section 9 of the language.

Their names and signatures are known here, so that a spec which uses none of them costs
nothing; each is a spec of its own, read when its name is first met. What goes wrong in
one is told where the user calls it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from modelspec.diagnostics.diagnostic import Diagnostic, InternalError
from modelspec.diagnostics.span import Source, Span
from modelspec.policy import Limits
from modelspec.resources import standard_path

if TYPE_CHECKING:
    from modelspec.spec.standard import StandardBlock

STANDARD_BLOCKS = {
    "Residual": "layers",
    "Concat": "branches, dim=1",
    "Add": "branches",
    "DropPath": "p, mode='row'",
    "Permute": "dims",
    "LayerNorm2d": "channels, eps=1e-6",
    "ConvNormAct": (
        "in_channels, out_channels, kernel_size=3, stride=1, padding=None, groups=1, "
        "dilation=1, norm=BatchNorm2d, act=ReLU, bias=None"
    ),
    "SqueezeExcite": "channels, squeeze, act=ReLU, gate=Sigmoid",
    "MLP": "in_features, hidden_features, out_features=None, act=GELU, dropout=0.0",
    "SelfAttention": "dim, heads, bias=True, causal=False, dropout=0.0",
}
# Under these stand children, in a list or a mapping.
TAKE_CHILDREN = frozenset(("Residual", "Concat", "Add"))
_LONGEST = 40


def standard_source(name: str) -> Source:
    """The text of a standard block."""
    from modelspec.syntax.source import read_source

    path = standard_path(name)
    source = read_source(str(path), Limits(), name=f"standard/{path.name}")
    if isinstance(source, Diagnostic):
        raise InternalError(source.message)
    return replace(source, is_standard=True)


def described_blocks() -> tuple[StandardBlock, ...]:
    """What people are told of the standard blocks, by name."""
    from modelspec.spec.standard import standard_blocks

    return standard_blocks()


def signature_help(source: Source) -> tuple[str, ...]:
    """How a block is called, if the source is that of a standard block."""
    name = source.stem
    return (f"{name}({STANDARD_BLOCKS[name]})",) if source.is_standard else ()


def told_at_use(found: Diagnostic, use: Span) -> Diagnostic | None:
    """What went wrong inside a standard block, told at the user's call of it.

    None where it went wrong, or is used, elsewhere."""
    span = found.span
    if span is None or not span.source.is_standard or use.source.is_standard:
        return None
    inside = " ".join(span.text.split())
    name = span.source.stem
    return replace(
        found,
        span=use,
        note=f"at `{inside}` in {name}" if len(inside) <= _LONGEST else f"in {name}",
        help=(*found.help, *signature_help(span.source)),
        fix=None,
        labels=tuple(one for one in found.labels if not one.span.source.is_standard),
    )
