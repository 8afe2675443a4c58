"""Where in the spec an exception of a running method came from.

Comes in: an exception and the sources of a program. Goes out: spans of the spec's own
lines that were running, innermost last, and the module whose `forward` failed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Set
from itertools import islice
from types import CodeType, FrameType, TracebackType

from torch import nn

from modelspec.backends.torch.methods import file_name
from modelspec.diagnostics.span import Source, Span


def spec_spans(
    error: BaseException,
    sources: Mapping[str, Source],
    unwritten: Set[CodeType] = frozenset(),
) -> list[Span]:
    """The stretches of spec files on the traceback, the innermost last.

    Code that no file holds (`unwritten`: a default `forward`) is left out.
    """
    found = []
    for step in _steps(error):
        code = step.tb_frame.f_code
        source = sources.get(code.co_filename)
        if source is not None and code not in unwritten:
            found.append(_span(step, source))
    return found


def sources_by_file(sources: tuple[Source, ...]) -> dict[str, Source]:
    """Sources under the names that their code objects carry."""
    return {file_name(source): source for source in sources}


def failed_module(error: BaseException) -> nn.Module | None:
    """The innermost module whose method was running."""
    innermost = None
    for step in _steps(error):
        owner = step.tb_frame.f_locals.get("self")
        if isinstance(owner, nn.Module):
            innermost = owner
    return innermost


def outermost_module(error: BaseException) -> nn.Module | None:
    """The module that was called first: what the names of others start from."""
    for step in _steps(error):
        owner = step.tb_frame.f_locals.get("self")
        if isinstance(owner, nn.Module):
            return owner
    return None


def _steps(error: BaseException) -> Iterator[TracebackType]:
    step = error.__traceback__
    while step is not None:
        yield step
        step = step.tb_next


def running_span(
    sources: Mapping[str, Source], unwritten: Set[CodeType] = frozenset()
) -> Span | None:
    """The innermost stretch of a spec file that is running now."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        source = sources.get(code.co_filename)
        if source is not None and code not in unwritten:
            return _span_at(code, frame.f_lasti, frame.f_lineno, source)
        frame = frame.f_back
    return None


def _span(step: TracebackType, source: Source) -> Span:
    return _span_at(step.tb_frame.f_code, step.tb_lasti, step.tb_lineno, source)


def _span_at(code: CodeType, instruction: int, number: int, source: Source) -> Span:
    """With columns where Python keeps them (3.11), else the line's text."""
    if sys.version_info >= (3, 11):
        place = next(islice(code.co_positions(), instruction // 2, None), None)
        if place is not None:
            line, last, column, end = place
            if line and last and column is not None and end is not None:
                start = source.offset(line, column)
                return Span(source, start, max(start, source.offset(last, end)))
    text = source.line(number)
    indent = len(text) - len(text.lstrip())
    start = source.line_starts()[number - 1]
    return Span(source, start + indent, start + len(text.rstrip()))
