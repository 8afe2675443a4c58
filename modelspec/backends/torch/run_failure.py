"""Why a trial run ended early: the spec's fault, or no values to go on with.

Comes in: what was raised. Goes out: a diagnostic at the innermost line of the spec
that was running, with the layer's name and torch's reason in one sentence.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from torch import nn

from modelspec.backends.torch.failure import reason
from modelspec.backends.torch.guard import EndlessError
from modelspec.backends.torch.places import find_place
from modelspec.backends.torch.tracebacks import (
    failed_module,
    outermost_module,
    spec_spans,
)
from modelspec.diagnostics.diagnostic import Diagnostic, Label
from modelspec.diagnostics.span import Span
from modelspec.program.ir import Block

if TYPE_CHECKING:
    from modelspec.backends.torch.classes import ModuleClasses

_MOST_LABELS = 16

_WITHOUT_VALUES = (
    "cannot be called on meta tensors",
    "raises unimplemented by default, as a correct data-independent implementation",
    "no fake impl or Meta kernel registered",
    "only integer tensors of a single element can be converted to an index",
)
_OF_DEVICES = re.compile(
    r"\bmeta\b.*\bdevice\b|\bdevice\b.*\bmeta\b|\bmeta tensor\b|CPU .* but got .* meta",
    re.IGNORECASE,
)


def depends_on_values(error: BaseException) -> bool:
    """Whether a run could only go on with the values of a tensor."""
    if any(text in str(error) for text in _WITHOUT_VALUES):
        return True
    kinds = _kinds_of_fakes()
    return isinstance(error, kinds) or isinstance(error.__cause__, kinds)


def is_beyond_meta(error: BaseException) -> bool:
    """Whether it was the device meta that failed, and a fake one may not."""
    if depends_on_values(error) or not isinstance(error, (RuntimeError, ValueError)):
        return False
    return _OF_DEVICES.search(str(error)) is not None


def _kinds_of_fakes() -> tuple[type[BaseException], ...]:
    """The exceptions of fake tensors, if there are any: their import takes long."""
    fakes = sys.modules.get("torch._subclasses.fake_tensor")
    shapes = sys.modules.get("torch.fx.experimental.symbolic_shapes")
    names = (
        "DataDependentOutputException",
        "DynamicOutputShapeException",
        "UnsupportedFakeTensorException",
        "UnsupportedOperatorException",
    )
    found = [getattr(fakes, name, None) for name in names]
    found.append(getattr(shapes, "GuardOnDataDependentSymNode", None))
    return tuple(kind for kind in found if isinstance(kind, type))


def describe_failure(
    error: Exception, inputs: str, block: Block, classes: ModuleClasses
) -> Diagnostic:
    """A failed run in one sentence, at the innermost line of the spec."""
    spans = spec_spans(error, classes.sources, classes.unwritten)
    module, root = failed_module(error), outermost_module(error)
    path = "" if root is None else _path_of(module, root)
    what = describe_reason(error)
    place = None
    if root is not None and path:
        what = f"'{path}' ({type(module).__name__}): {what}"
        place = find_place(root, path, classes.block_of)
    span, labels = _innermost(spans, place)
    endless = isinstance(error, (EndlessError, MemoryError, RecursionError))
    return Diagnostic(
        "limit-exceeded" if endless else "forward-error",
        f"the run on {inputs} failed: {what}",
        span or block.span,
        help=_advice(what, block),
        labels=labels,
    )


def _innermost(
    spans: list[Span], place: Span | None
) -> tuple[Span | None, tuple[Label, ...]]:
    if not spans:
        return place, ()
    labels = [Label(span, "called here") for span in reversed(spans[:-1])]
    if place is not None:
        labels.insert(0, Label(place, "this layer"))
    distinct = {label.span: label for label in reversed(labels)}
    kept = [one for one in labels if distinct[one.span] is one]
    return spans[-1], tuple(kept[:_MOST_LABELS])


def _path_of(module: nn.Module | None, root: nn.Module) -> str:
    names = (name for name, one in root.named_modules() if one is module)
    return next(names, "")


# --- words ----------------------------------------------------------------------------

_REWORDED: Mapping[str, str] = {
    r"a and b must have same reduction dim, but got \[(\d+), (\d+)\] X \[(\d+), (\d+)\]"
    r".*": r"mat1 and mat2 shapes cannot be multiplied (\1x\2 and \3x\4)",
    r"Attempting to broadcast a dimension of length .* had torch\.Size\((\[[^]]*\])\); "
    r"but expected shape should be broadcastable to (\[[^]]*\]).*": (
        r"the shapes \2 and \1 cannot be broadcast together"
    ),
    r"Calculated padded input size per channel: (\(.*?\))\. Kernel size: (\(.*?\))\. "
    r"Kernel size can't be greater than actual input size": (
        r"the kernel \2 is larger than the padded input \1"
    ),
    r"Given input size: \((.*?)\)\. Calculated output size: \((.*?)\)\. Output size is "
    r"too small": r"an input of \1 would give an output of \2",
}


def describe_reason(error: Exception) -> str:
    """Torch's first sentence about shapes or types, without its trimmings."""
    if isinstance(error, RecursionError):
        return "modules or methods call each other without end, or nest too deep"
    text = reason(error)
    for pattern, words in _REWORDED.items():
        text = re.sub(f"^{pattern}$", words, text)
    text = re.sub(r"torch\.Size\((\[[^]]*\])\)", r"\1", text)
    text = re.sub(r"^The following operation failed.*?:\s*", "", text)
    if type(error) in (KeyError, IndexError, AttributeError, TypeError, ValueError):
        return text.rstrip(".")
    return re.split(r"(?<=[a-z\])])\. (?=[A-Z])", text, maxsplit=1)[0].rstrip(".")


_RANK_OF_IMAGES = 4


def _advice(what: str, block: Block) -> tuple[str, ...]:
    """How to run on other sizes, where the spec leaves some open."""
    symbols = (one for one in block.inputs if any(map(_is_symbol, one.shape or ())))
    one = next(symbols, None)
    if one is None or not any(word in what for word in ("shape", "size", "expected")):
        return ()
    shape = one.shape or ()
    other = "224" if len(shape) == _RANK_OF_IMAGES else "16"
    sizes = [
        str(size) if isinstance(size, int) else other if at else "2"
        for at, size in enumerate(shape)
    ]
    given = f"--input {one.name}={'x'.join(sizes)}"
    return (f"sizes of symbols can be given, as in `{given}`",)


def _is_symbol(size: object) -> bool:
    return isinstance(size, str)
