"""The arguments of a built-in function: how many, by which names, of which kind.

Each function gives back what it was asked for, or raises a `Fault` that names the
built-in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from modelspec.pysubset.faults import Fault
from modelspec.pysubset.runtime import Arguments, Keywords, Runtime
from modelspec.pysubset.values import MISSING, NUMBERS, shown


def take_positional(
    name: str, args: Arguments, kwargs: Keywords, least: int, most: int
) -> None:
    """Refuse anything but so many arguments without names."""
    if kwargs:
        raise Fault(
            "unexpected-argument", f"{name} has no argument '{next(iter(kwargs))}'"
        )
    check_count(name, len(args), least, most)


def check_count(name: str, given: int, least: int, most: int) -> None:
    if least <= given <= most:
        return
    wanted = str(least) if least == most else f"{least} to {most}"
    message = f"{name} takes {wanted} arguments, got {given}"
    raise Fault("wrong-argument", message)


def take_named(
    name: str, args: Arguments, kwargs: Keywords, names: tuple[str, ...], least: int
) -> list[Any]:
    """The arguments in the order of their names, MISSING where not given."""
    for key in kwargs:
        if key not in names:
            raise Fault("unexpected-argument", f"{name} has no argument '{key}'")
        if names.index(key) < len(args):
            raise Fault("wrong-argument", f"{name} is given '{key}' twice")
    check_count(name, len(args) + len(kwargs), least, len(names))
    found = [kwargs.get(key, MISSING) for key in names]
    found[: len(args)] = args
    if MISSING in found[:least]:
        missing = names[found.index(MISSING)]
        raise Fault("missing-argument", f"{name} lacks its argument '{missing}'")
    return found


def as_number(name: str, value: object) -> Any:
    if type(value) not in NUMBERS:
        raise Fault("wrong-argument", f"{name} takes a number, got {shown(value)}")
    return value


def as_whole(name: str, value: object) -> int:
    if type(value) not in (int, bool):
        raise Fault("wrong-argument", f"{name} takes an integer, got {shown(value)}")
    return value  # type: ignore[return-value]


def bounded(run: Runtime, value: object) -> object:
    return run.budget.integer(value) if type(value) is int else value


def computed(
    run: Runtime, name: str, function: Callable[..., object], *args: object
) -> object:
    try:
        return run.guard(function, *args)
    except Fault as fault:
        if fault.code != "invalid-value":
            raise
        given = ", ".join(shown(value) for value in args)
        message = f"{name}({given}) is not a number: {fault.message}"
        raise Fault("number-out-of-range", message) from None
