"""The YAML parser: the one place that imports yaml.

In: a text. Out: its events, one at a time, from the C parser where it is there.
Composing is left to `composer`, which counts and does not recurse. A syntax error is
raised as `FaultError`, with offsets in characters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

__all__ = [
    "AliasEvent",
    "DocumentStartEvent",
    "Event",
    "FaultError",
    "MappingEndEvent",
    "MappingStartEvent",
    "ScalarEvent",
    "SequenceEndEvent",
    "SequenceStartEvent",
    "parse_events",
]

# Each kind has attributes of its own; the composer's handlers know which.
Event: TypeAlias = Any

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass
class FaultError(Exception):
    """A syntax error: what the parser says, where, and what it was reading."""

    problem: str
    at: int
    context: str = ""
    context_at: int | None = None


def parse_events(text: str, loader: Any = _LOADER) -> Iterator[Event]:
    """The events of a text without byte order mark."""
    parser = loader(text)
    try:
        # Both parsers give None after the last event.
        yield from iter(parser.get_event, None)
    except yaml.MarkedYAMLError as error:
        raise _fault(error, len(text)) from None
    except yaml.YAMLError as error:
        raise FaultError(str(getattr(error, "reason", error)), 0) from None
    finally:
        parser.dispose()


def _fault(error: yaml.MarkedYAMLError, end: int) -> FaultError:
    mark, context = error.problem_mark, error.context_mark
    return FaultError(
        error.problem or "this cannot be read",
        min(mark.index, end) if mark else 0,
        error.context or "",
        context.index if context else None,
    )
