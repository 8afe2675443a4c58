"""The operations that everything else is built of, each within the budget.

Truth, iteration, length and calls, for plain values here, for opaque ones through the
world. Each raises a `Fault` where it refuses and never another exception for a
spec's values.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from modelspec.pysubset.budget import Budget
from modelspec.pysubset.faults import EvaluationError, Fault, limit
from modelspec.pysubset.values import (
    CONTAINERS,
    LAZY,
    NUMBERS,
    PLAIN,
    SCALARS,
    VIEWS,
    in_words,
    kind_of,
)
from modelspec.pysubset.world import World

Arguments: TypeAlias = list[object]
Keywords: TypeAlias = dict[str, object]
Builtin: TypeAlias = "Callable[[Runtime, Arguments, Keywords], object]"

_DEEPEST_VALUE = 64


class SpecCallable:
    """A function of the spec, as the runtime sees it."""

    __slots__ = ()

    def run(self, args: Arguments, kwargs: Keywords) -> object:
        raise NotImplementedError


class Runtime:
    def __init__(
        self, world: World, budget: Budget, builtins: dict[object, Builtin]
    ) -> None:
        self.world = world
        self.budget = budget
        self.builtins = builtins

    def is_plain(self, value: object) -> bool:
        if type(value) in PLAIN or isinstance(value, SpecCallable):
            return True
        return self.builtin(value) is not None

    def builtin(self, value: object) -> Builtin | None:
        if isinstance(value, type) or callable(value):
            try:
                return self.builtins.get(value)
            except TypeError:
                return None
        return None

    # Truth and identity

    def truth(self, value: object) -> bool:
        if value is True or value is False:
            return value
        if type(value) in PLAIN or self.is_plain(value):
            return bool(value)
        return self.world.truth(value)

    # Size

    def weigh(self, value: object) -> bool:
        """Charge for all that a comparison, a hash or a text would go through.

        Whether all of it is plain. What is nested too deep for Python's own
        recursion is refused.
        """
        plain = True
        level: list[object] = [value]
        for _ in range(_DEEPEST_VALUE):
            inner: list[object] = []
            for one in level:
                kind = type(one)
                if kind in SCALARS:
                    if kind is str:
                        self.budget.charge(len(one) >> 4)  # type: ignore[arg-type]
                elif kind in CONTAINERS:
                    self._open(one, inner)
                elif kind is not range and not self.is_plain(one):
                    plain = False
            if not inner:
                return plain
            level = inner
        raise limit(f"a value is nested more than {_DEEPEST_VALUE} deep")

    def _open(self, value: object, into: list[object]) -> None:
        self.budget.charge(len(value))  # type: ignore[arg-type]  # a container
        if isinstance(value, dict):
            into.extend(key for key in value if type(key) not in NUMBERS)
            value = value.values()
        items: Iterable[object] = value  # type: ignore[assignment]
        into.extend(item for item in items if type(item) not in NUMBERS)

    def length(self, value: object) -> int:
        kind = type(value)
        if kind in CONTAINERS or kind is str:
            return len(value)  # type: ignore[arg-type]
        if kind is range:
            return self.range_length(value)  # type: ignore[arg-type]
        if self.is_plain(value):
            message = f"expected a value with a length, got {in_words(value)}"
            raise Fault("wrong-argument", message)
        return self.world.length(value)

    def range_length(self, value: range) -> int:
        try:
            return len(value)
        except OverflowError:
            raise limit("a range has more items than 64 bits can count") from None

    # Iteration

    def iterate(self, value: object) -> Iterator[object]:
        """The caller charges for what it takes."""
        kind = type(value)
        if kind is list or kind is tuple or kind is range or kind is str:
            return iter(value)  # type: ignore[call-overload, no-any-return]
        if kind in LAZY or kind is dict or kind is set or kind in VIEWS:
            return self._drain(iter(value))  # type: ignore[call-overload]
        if self.is_plain(value):
            message = f"expected something to go through, got {in_words(value)}"
            advice = "for a number of times write `range(n)`" if kind is int else ""
            raise Fault("not-iterable", message, advice)
        return self.world.iterate(value)

    def _drain(self, items: Iterator[object]) -> Iterator[object]:
        """Iterators that may fail on the way."""
        while True:
            try:
                item = next(items)
            except StopIteration:
                return
            except (Fault, EvaluationError):
                raise
            except RecursionError:
                raise limit("this goes too deep") from None
            except (RuntimeError, ValueError, TypeError, OverflowError) as error:
                raise Fault("invalid-value", str(error)) from None
            yield item

    def listed(self, value: object) -> list[object]:
        """All items, in a new list."""
        kind = type(value)
        budget = self.budget
        if kind in CONTAINERS or kind is str:
            budget.items(len(value))  # type: ignore[arg-type]
            return list(value)  # type: ignore[call-overload, no-any-return]
        if kind is range:
            budget.items(self.range_length(value))  # type: ignore[arg-type]
            return list(value)  # type: ignore[call-overload, no-any-return]
        found: list[object] = []
        most = budget.limits.items
        for item in self.iterate(value):
            budget.charge(1)
            found.append(item)
            if len(found) > most:
                budget.items(len(found))
        return found

    # Calls

    def call(self, function: object, args: Arguments, kwargs: Keywords) -> object:
        if isinstance(function, SpecCallable):
            return function.run(args, kwargs)
        if type(function) is functools.partial:
            merged = {**function.keywords, **kwargs}
            return self.call(function.func, [*function.args, *args], merged)
        builtin = self.builtin(function)
        if builtin is not None:
            return builtin(self, args, kwargs)
        if type(function) in PLAIN:
            message = f"expected something to call, got {in_words(function)}"
            raise Fault("not-callable", message)
        return self.call_world(function, args, kwargs)

    def call_world(self, function: object, args: Arguments, kwargs: Keywords) -> object:
        for index, value in enumerate(args):
            if type(value) in LAZY:
                args[index] = self.listed(value)
            elif type(value) is range:
                self.budget.items(self.range_length(value))
        for name, value in kwargs.items():
            if type(value) in LAZY:
                kwargs[name] = self.listed(value)
            elif type(value) is range:
                self.budget.items(self.range_length(value))
        self.budget.check_time()
        return self.world.call(function, args, kwargs)

    def guard(
        self, function: Callable[..., object], *args: object, **kwargs: object
    ) -> object:
        """One of Python's own operations, its errors made faults."""
        try:
            return function(*args, **kwargs)
        except (Fault, EvaluationError):
            raise
        except ZeroDivisionError:
            raise Fault("division-by-zero", "division by zero") from None
        except (RecursionError, MemoryError):
            raise limit("a value is too large") from None
        except OverflowError as error:
            raise Fault("number-out-of-range", _sentence(error)) from None
        except TypeError as error:
            for one in (*args, *kwargs.values()):
                kind_of(one)  # Python's sentence names it
            raise Fault("wrong-argument", _sentence(error)) from None
        except Exception as error:
            # Also what opaque values inside a list raise when they are compared.
            raise Fault("invalid-value", _sentence(error)) from None


def _sentence(error: Exception) -> str:
    text = str(error).split("\n")[0][:200]
    return text or type(error).__name__
