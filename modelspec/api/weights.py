"""What a caller says of weights: files, rename rules, the entry that is meant.

In: arguments as the API and the command line take them. Out: a `WeightsRequest`, whose
rules are well-formed, or `SpecError`. Reads no file.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from modelspec.records import dataclass

if TYPE_CHECKING:
    from pathlib import Path

    from modelspec.checkpoint import RenameRule

PathLike: TypeAlias = "str | os.PathLike[str]"
Files: TypeAlias = "PathLike | Iterable[PathLike]"
Renames: TypeAlias = "Mapping[str, str] | Iterable[tuple[str, str]]"


@dataclass(frozen=True, slots=True)
class WeightsRequest:
    """Files that together hold a `state_dict`, and how their names become a model's.

    `key` is the entry of a pickled file that is the `state_dict`; None is all of it.
    """

    paths: tuple[Path, ...]
    rules: tuple[RenameRule, ...] = ()
    key: str | None = None

    def __str__(self) -> str:
        return ", ".join(map(str, self.paths))


def request_weights(
    files: Files | None, renames: Renames | None, key: str | None
) -> WeightsRequest | None:
    """The request that a caller's arguments make; None without files."""
    paths = _paths(files)
    if not paths:
        if renames or key is not None:
            raise TypeError("'rename' and 'weights_key' need 'weights'")
        return None
    if isinstance(renames, str):
        raise TypeError(f"'rename' is a mapping or pairs, got the text {renames!r}")
    from modelspec.checkpoint import read_rules

    pairs = renames.items() if isinstance(renames, Mapping) else renames or ()
    return WeightsRequest(paths, read_rules(pairs), key)


def _paths(files: Files | None) -> tuple[Path, ...]:
    if files is None:
        return ()
    from pathlib import Path

    if isinstance(files, str | os.PathLike):
        return (Path(files),)
    return tuple(map(Path, files))
