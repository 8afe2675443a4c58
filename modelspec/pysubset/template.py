"""Values as text: `str`, f-strings, `str.format` and `%`, of bounded length.

Widths and precisions are read before Python acts on them; fields of `str.format`
are plain names and positions, without attributes or indices.
"""

from __future__ import annotations

import re
from typing import Any

from modelspec.pysubset.faults import Fault, limit
from modelspec.pysubset.runtime import Arguments, Keywords, Runtime
from modelspec.pysubset.values import (
    CONTAINERS,
    NUMBERS,
    SCALARS,
    VIEWS,
    in_words,
    kind_of,
)

_SPEC = re.compile(
    r"(?:.?[<>=^])?[-+ ]?z?\#?0?(?P<width>[0-9]*)[,_]?"
    r"(?:\.(?P<precision>[0-9]+))?[bcdeEfFgGosxX%]?",
    re.DOTALL,
)
_PERCENT = re.compile(
    r"%(?:\((?P<name>[^()]*)\))?[-+ #0]*(?P<width>\*|[0-9]*)"
    r"(?:\.(?P<precision>\*|[0-9]*))?[hlL]?(?P<kind>.?)",
    re.DOTALL,
)
_KINDS = tuple("diouxXeEfFgGcrsa%")
_MOST_DIGITS = 1000
"""A number with more digits after the point is no number anybody wants to read."""


def text(run: Runtime, value: Any, *, quoted: bool = False) -> str:
    """`str(value)`, or `repr(value)` where quoted."""
    kind = type(value)
    if kind is str and not quoted:
        return str(value)
    if kind in NUMBERS or value is None or value is ...:
        return str(value)
    if kind is str or kind is range or kind is slice:
        written = repr(value)
    elif kind in CONTAINERS:
        plain = run.weigh(value)
        written = str(run.guard(repr, value)) if plain else _nested(run, value)
    elif run.is_plain(value):
        message = f"expected a value with a text, got {in_words(value)}"
        raise Fault("wrong-argument", message)
    else:
        written = run.world.text(value)
    run.budget.characters(len(written))
    return written


def _nested(run: Runtime, value: Any) -> str:
    """A container that holds opaque values; `weigh` has seen to its depth."""
    kind = type(value)
    if kind not in CONTAINERS:
        return text(run, value, quoted=True)
    if kind is dict:
        pairs = (f"{_nested(run, k)}: {_nested(run, v)}" for k, v in value.items())
        return "{" + ", ".join(pairs) + "}"
    inner = ", ".join(_nested(run, item) for item in value)
    run.budget.characters(len(inner))
    if kind is tuple:
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if kind is set:
        return "{" + inner + "}"
    if kind in VIEWS:
        return f"{kind_of(value)}([{inner}])"
    return f"[{inner}]"


def converted(run: Runtime, value: Any, conversion: str) -> Any:
    """What `!s`, `!r` and `!a` make of a value."""
    if conversion == "s":
        return text(run, value)
    if conversion == "r":
        return text(run, value, quoted=True)
    written = ascii(value) if type(value) is str else text(run, value, quoted=True)
    written = written.encode("ascii", "backslashreplace").decode("ascii")
    run.budget.characters(len(written))
    return written


def formatted(run: Runtime, value: Any, spec: str) -> str:
    """`format(value, spec)`."""
    if not spec:
        return text(run, value)
    found = _SPEC.fullmatch(spec)
    if found is None:
        raise Fault("invalid-format", f"`{spec[:40]}` is no format Python knows")
    _check_size(run, found["width"], found["precision"], value)
    if type(value) not in SCALARS or value is None or value is ...:
        message = f"{kind_of(value)} takes no format, got `{spec[:40]}`"
        raise Fault("invalid-format", message, "write it without `:` and format")
    try:
        written = format(value, spec)
    except (ValueError, TypeError, OverflowError) as error:
        raise Fault("invalid-format", str(error)) from None
    run.budget.characters(len(written))
    return written


def _check_size(
    run: Runtime, width: str | None, precision: str | None, value: object
) -> None:
    if len(width or "") > 9 or len(precision or "") > 9:
        raise limit("a format asks for too many characters")
    run.budget.characters(int(width or 0))
    if type(value) is not str and int(precision or 0) > _MOST_DIGITS:
        raise limit(f"a format asks for more than {_MOST_DIGITS} digits")


# str.format


def fill(run: Runtime, template: str, args: Arguments, kwargs: Keywords) -> str:
    """`template.format(*args, **kwargs)`."""
    fields = _Fields(run, args, kwargs)
    run.budget.characters(len(template))
    return fields.fill(template, nested=False)


class _Fields:
    def __init__(self, run: Runtime, args: Arguments, kwargs: Keywords) -> None:
        self.run = run
        self.args = args
        self.kwargs = kwargs
        self.next = 0
        self.numbered = False

    def fill(self, template: str, *, nested: bool) -> str:
        # Needed by few specs, and takes a millisecond to import.
        from string import Formatter

        written: list[str] = []
        size = 0
        try:
            parts = list(Formatter().parse(template))
        except ValueError as error:
            raise Fault("invalid-format", str(error)) from None
        for literal, name, spec, conversion in parts:
            written.append(literal)
            size += len(literal)
            if name is not None:
                if nested and "{" in (spec or ""):
                    raise Fault("invalid-format", "a format is nested too deep")
                written.append(self._field(name, spec or "", conversion))
                size += len(written[-1])
            self.run.budget.characters(size)
        return "".join(written)

    def _field(self, name: str, spec: str, conversion: str | None) -> str:
        value = self._value(name)
        if conversion is not None:
            if conversion not in ("r", "s", "a"):
                raise Fault("invalid-format", f"`!{conversion}` is no conversion")
            value = converted(self.run, value, conversion)
        if "{" in spec or "}" in spec:
            spec = self.fill(spec, nested=True)
        return formatted(self.run, value, spec)

    def _value(self, name: str) -> object:
        if name.isidentifier():
            if name in self.kwargs:
                return self.kwargs[name]
            raise Fault("unknown-key", f"the format names `{name}`, which is not given")
        if name == "":
            if self.numbered:
                message = "a format mixes numbered and unnumbered fields"
                raise Fault("invalid-format", message)
            index = self.next
            self.next += 1
        elif name.isascii() and name.isdigit() and len(name) < 10:
            if self.next:
                message = "a format mixes numbered and unnumbered fields"
                raise Fault("invalid-format", message)
            self.numbered = True
            index = int(name)
        else:
            message = f"`{{{name[:40]}}}` reaches into a value, which a format may not"
            raise Fault("invalid-format", message, "write an f-string")
        if index < len(self.args):
            return self.args[index]
        message = f"the format has a field {index}, with {len(self.args)} values given"
        raise Fault("index-out-of-range", message)


# %


def percent(run: Runtime, template: str, values: Any) -> str:
    """`template % values`."""
    run.budget.characters(len(template))
    given = values if type(values) is tuple else (values,)
    plain = run.weigh(values)
    size = len(template)
    for found in _PERCENT.finditer(template):
        if "*" in (found["width"], found["precision"]):
            message = "`*` is not possible in a format"
            raise Fault("invalid-format", message, "write an f-string")
        if found["kind"] not in _KINDS:
            from modelspec.pysubset.mistakes import printable

            message = f"`{printable(found[0])}` is no format Python knows"
            raise Fault("invalid-format", message)
        _check_size(run, found["width"], found["precision"], 0)
        size += int(found["width"] or 0)
    written = template.count("%")
    for value in given[:1] if type(values) is dict else given:
        size += len(text(run, value, quoted=True)) * (
            written if type(values) is dict else 1
        )
    # Every value may be written out once, a mapping's as often as there are fields.
    run.budget.characters(size)
    if not plain:
        message = "cannot format this value with `%`"
        raise Fault("invalid-format", message, "write an f-string")
    try:
        result = str(template % values)
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise Fault("invalid-format", str(error)) from None
    run.budget.characters(len(result))
    return result
