"""What a built module was built of, for as long as it lives.

A module itself holds nothing of ours, so it is noted here beside it: the Program and
what the caller asked for. A copy, or what was read from a pickle, has no note.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from modelspec.api.builder import BuildRequest
from modelspec.records import dataclass

if TYPE_CHECKING:
    from torch import nn

    from modelspec.api.spec import Spec


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    spec: Spec
    request: BuildRequest


_origins: WeakKeyDictionary[nn.Module, Origin]
_origins = WeakKeyDictionary()


def note_origin(module: nn.Module, spec: Spec, request: BuildRequest) -> None:
    _origins[module] = Origin(spec, request)


def origin_of(module: nn.Module) -> Origin | None:
    """What a module was built of; None for those that `build` did not return."""
    return _origins.get(module)
