"""Large numbers for people: `4.09 G`, `102.2 MB`. Units are powers of 1000."""

from __future__ import annotations

_COUNTS = ("", "K", "M", "G", "T", "P")
_BYTES = ("bytes", "kB", "MB", "GB", "TB", "PB")


def render_count(count: int) -> str:
    """Operations, to three digits: `590`, `4.09 G`."""
    size, unit = _scaled(count, len(_COUNTS))
    if not unit:
        return f"{count}"
    digits = 2 if size < 10 else 1 if size < 100 else 0
    return f"{size:.{digits}f} {_COUNTS[unit]}"


def render_bytes(count: int) -> str:
    """Memory, to one digit after the point: `102.2 MB`."""
    size, unit = _scaled(count, len(_BYTES))
    return f"{size:.1f} {_BYTES[unit]}" if unit else f"{count} bytes"


def _scaled(count: int, units: int) -> tuple[float, int]:
    size, unit = float(count), 0
    # What would be shown as 1000 of a unit is one of the next.
    while size >= 999.95 and unit < units - 1:
        size, unit = size / 1000, unit + 1
    return size, unit
