"""What a call of a built-in function does: Python's own semantics, bounded.

`HANDLERS` has a function for each built-in, looked up by the Python object.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, cast

from modelspec.pysubset.builtin_arguments import (
    take_positional,
)
from modelspec.pysubset.builtin_numbers import NUMERIC
from modelspec.pysubset.builtin_sequences import SEQUENTIAL
from modelspec.pysubset.faults import Fault
from modelspec.pysubset.runtime import (
    Arguments,
    Builtin,
    Keywords,
    Runtime,
    SpecCallable,
)
from modelspec.pysubset.template import text
from modelspec.pysubset.values import PLAIN, in_words, shown


def _str(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    take_positional("str", args, kwargs, 0, 1)
    return text(run, args[0]) if args else ""


def _partial(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    if not args:
        raise Fault("wrong-argument", "partial takes what to call, got nothing")
    function: Any = args[0]
    if type(function) in PLAIN and type(function) is not functools.partial:
        message = f"partial takes what to call, got {in_words(function)}"
        raise Fault("not-callable", message)
    called = cast("Callable[..., object]", function)
    return run.guard(lambda: functools.partial(called, *args[1:], **kwargs))


_TYPES = (int, float, bool, str, list, tuple, dict, set, range)


def _isinstance(run: Runtime, args: Arguments, kwargs: Keywords) -> object:
    take_positional("isinstance", args, kwargs, 2, 2)
    return _is_a(run, args[0], args[1])


def _is_a(run: Runtime, value: object, kind: Any) -> bool:
    if type(kind) is tuple:
        run.weigh(kind)
        return any(_is_a(run, value, one) for one in kind)
    if kind in _TYPES:
        return run.is_plain(value) and isinstance(value, kind)
    if run.is_plain(kind):
        message = f"isinstance takes a type, got {shown(kind)}"
        raise Fault("wrong-argument", message)
    if type(value) in PLAIN or isinstance(value, SpecCallable):
        return False
    return run.world.is_instance(value, kind)


HANDLERS: dict[object, Builtin] = {
    functools.partial: _partial,
    isinstance: _isinstance,
    str: _str,
    **NUMERIC,
    **SEQUENTIAL,
}
