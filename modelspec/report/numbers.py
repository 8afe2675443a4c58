"""Large numbers for people: `4.09 G`, `102.2 MB`, `25.6M`. Units are powers of 1000."""

from __future__ import annotations

_COUNTS = ("", "K", "M", "G", "T", "P")
_SHORT = ("", "k", "M", "G", "T", "P")
_BYTES = ("bytes", "kB", "MB", "GB", "TB", "PB")


def render_count(count: int) -> str:
    """Operations in a table, to three digits: `590`, `4.09 G`."""
    size, unit = _scaled(count, len(_COUNTS), 999.5)
    if not unit:
        return f"{count}"
    digits = 2 if size < 10 else 1 if size < 100 else 0
    return f"{size:.{digits}f} {_COUNTS[unit]}"


def render_short_count(count: int) -> str:
    """What stands in a picture, to three digits without noughts: `590`, `25.6M`."""
    size, unit = _scaled(count, len(_SHORT), 999.5)
    return f"{size:.3g}{_SHORT[unit]}" if size < 999.5 else f"{size:.0f}{_SHORT[unit]}"


def render_bytes(count: int) -> str:
    """Memory, to one digit after the point: `102.2 MB`."""
    size, unit = _scaled(count, len(_BYTES), 999.95)
    return f"{size:.1f} {_BYTES[unit]}" if unit else f"{count} bytes"


def _scaled(count: int, units: int, most: float) -> tuple[float, int]:
    """From `most` on a number would be shown as 1000 of a unit: it is one of the
    next."""
    size, unit = float(count), 0
    while size >= (most if unit else 1000) and unit < units - 1:
        size, unit = size / 1000, unit + 1
    return size, unit
