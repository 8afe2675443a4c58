"""What is known of a tensor without its values."""

from __future__ import annotations

import re

from modelspec.records import dataclass

_SIZED = re.compile(r"(u?int|float|bfloat|complex)(\d+)")


@dataclass(frozen=True, slots=True)
class Entry:
    """A dtype as torch calls it (`bfloat16`), and a shape.

    The shape is None where a lazy layer has yet to learn it; any fits.
    """

    dtype: str
    shape: tuple[int, ...] | None

    def __str__(self) -> str:
        return self.dtype if self.shape is None else f"{self.dtype} {list(self.shape)}"


def fits(given: Entry, wanted: Entry) -> bool:
    """Whether a tensor of a file can fill one of a model.

    The shapes are the same. Floating dtypes are converted into one another, integers
    into wider ones only, so that none changes its value; other kinds never.
    """
    if wanted.shape is not None and given.shape != wanted.shape:
        return False
    if given.dtype == wanted.dtype:
        return True
    kind, bits = _kind(given.dtype)
    other, more = _kind(wanted.dtype)
    if kind in ("int", "uint"):
        return other in ("int", kind) and bits < more
    return kind == other


def _kind(dtype: str) -> tuple[str, int]:
    found = _SIZED.match(dtype)
    if found is None:
        return dtype, 0
    return found[1].removeprefix("b"), int(found[2])
