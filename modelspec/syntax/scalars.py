"""What a plain scalar means: the YAML 1.2 core schema.

In: the text of a plain scalar. Out: its value, or a `ScalarProblem` where the text
is a number that would be read differently elsewhere, or that does not fit.
`yes`, `no`, `on`, `off`, `12:30` and `1_000` are strings.
"""

from __future__ import annotations

import math
import re

from modelspec.records import dataclass
from modelspec.syntax.nodes import ScalarValue

_CONSTANTS: dict[str, ScalarValue] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF"), math.inf),
    **dict.fromkeys(("+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}
_NUMBER_STARTS = frozenset("+-.0123456789")
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
_LONGEST_SHOWN = 40
_FEW_DIGITS = 18


@dataclass(frozen=True, slots=True)
class ScalarProblem:
    """Why a plain scalar has no value: the parts of a diagnostic."""

    code: str
    message: str
    help: str


def resolve_plain(text: str, integer_bits: int = 64) -> ScalarValue | ScalarProblem:
    """The value of a plain scalar; numbers that do not fit are a problem."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _is_plain_number(text) and int(text) >> (integer_bits - 1) == 0:
        return int(text)
    if text[0] not in _NUMBER_STARTS:
        return text
    if _INTEGER.fullmatch(text):
        if _LEADING_ZERO.fullmatch(text):
            return _ambiguous(text)
        return _integer(text, integer_bits)
    if _FLOAT.fullmatch(text):
        return _float(text)
    return text


def _is_plain_number(text: str) -> bool:
    """Digits, as nearly all numbers are: none that could be read differently."""
    is_short = text.isdecimal() and len(text) <= _FEW_DIGITS
    return is_short and text.isascii() and (text[0] != "0" or text == "0")


def _integer(text: str, bits: int) -> int | ScalarProblem:
    # Python refuses to convert thousands of digits; so many never fit.
    if len(text) <= bits + 2:
        value = int(text, 10 if text.isdigit() or text[0] in "+-" else 0)
        if -(1 << (bits - 1)) <= value < 1 << (bits - 1):
            return value
    return _out_of_range(text, f"an integer of {bits} bits", "integer")


def _float(text: str) -> float | ScalarProblem:
    value = float(text)
    if math.isinf(value):
        return _out_of_range(text, "a float of 64 bits", "float")
    return value


def _ambiguous(text: str) -> ScalarProblem:
    sign, digits = (text[0], text[1:]) if text[0] in "+-" else ("", text)
    decimal = digits.lstrip("0") or "0"
    forms = f"{sign}{decimal}"
    octal = digits.lstrip("0")
    if octal and not set(octal) & set("89") and not sign:
        forms += f", 0o{octal} for the octal number"
    return ScalarProblem(
        "ambiguous-number",
        f"'{_shown(text)}' is octal in some versions of YAML and decimal in others",
        f'Write {_shown(forms)}, or "{_shown(text)}" for the text.',
    )


def _out_of_range(text: str, room: str, kind: str) -> ScalarProblem:
    return ScalarProblem(
        "number-out-of-range",
        f"expected {room}, got {_shown(text)}",
        "Write .inf for infinity." if kind == "float" else "Write a smaller number.",
    )


def _shown(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "..."
