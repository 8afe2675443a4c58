"""What guarded code calls: steps are counted, and values are kept from growing.

Built methods are plain Python and run without bounds in a user's hands. While *we* run
them (an `init` text, the trial run), their guarded form runs in their place (see
`guarding`), and asks here before each loop, and before each operation whose result can
be larger than what it is given. Tensors are not looked at: on meta they take no memory.
"""

from __future__ import annotations

import operator
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import Any

from torch import SymInt, Tensor, nn

from modelspec.policy import Limits
from modelspec.pysubset.clock import Clock

_BITS = 4096
_LOOK = 256
_LONG_NUMBER = re.compile(r"\d{5}")

BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "*": operator.mul,
    "**": operator.pow,
    "<<": operator.lshift,
    "%": operator.mod,
    "+=": operator.iadd,
    "*=": operator.imul,
    "**=": operator.ipow,
    "<<=": operator.ilshift,
    "%=": operator.imod,
}

_CONVERSIONS: dict[str, Callable[[Any], str]] = {"s": str, "r": repr, "a": ascii}


class EndlessError(Exception):
    """A method of the spec ran longer, or made more, than allowed."""


def _number(value: Any) -> Any:
    """What a symbolic size is for the run: as large as it, and as long to compute."""
    return value.node.hint if isinstance(value, SymInt) else value


class Guard:
    """The bounds of one run at a time."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._steps = 0
        self._look = 0
        self._is_first = True
        self._deadline = 0.0

    @contextmanager
    def timed(self, clock: Clock) -> Iterator[None]:
        """A new run, for which there is what the clock leaves."""
        began = time.thread_time()
        self._steps = self._look = 0
        self._is_first = not clock.spent
        self._deadline = began + self._limits.seconds - clock.spent
        try:
            yield
        finally:
            clock.spent += time.thread_time() - began

    def step(self, count: int = 1) -> bool:
        """True, as long as the run may go on."""
        self._steps += count
        if self._steps > self._look:
            if self._steps > self._limits.steps:
                most = f"{self._limits.steps:,} steps"
                raise EndlessError(f"it ran for more than {most}")
            if time.thread_time() > self._deadline:
                most = f"{self._limits.seconds:g} seconds"
                runs = "it ran" if self._is_first else "this and what ran before it ran"
                raise EndlessError(f"{runs} for more than {most}")
            self._look = min(self._steps + _LOOK, self._limits.steps)
        return True

    def items(self, value: Iterable[Any]) -> Iterator[Any]:
        """What a loop goes through."""
        for item in value:
            self.step()
            yield item

    def whole(self, value: Any) -> Any:
        """A value all of whose items are about to be copied."""
        if isinstance(value, Sized) and not isinstance(value, (Tensor, nn.Module)):
            try:
                self._grow(len(value))
            except OverflowError:
                self._refuse()
        return value

    def binary(self, symbol: str, left: Any, right: Any) -> Any:
        self.step()
        sign = symbol.rstrip("=")
        one, other = _number(left), _number(right)
        if isinstance(one, int) and isinstance(other, int):
            self._integer(sign, one, other)
        elif isinstance(left, (str, list, tuple)) and sign == "%":
            self._format(str(left))
        elif isinstance(left, (str, list, tuple)) or isinstance(
            right, (str, list, tuple)
        ):
            self._repeated(sign, left, right)
        return BINARY[symbol](left, right)

    def call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """A built-in function that goes through what it is given."""
        if function is pow and len(args) == 2:
            return self.binary("**", *args)
        for one in (*args, *kwargs.values()):
            self.whole(one)
        if getattr(function, "__name__", "") == "linspace":
            counts = [one for one in (*args[2:], *kwargs.values()) if type(one) is int]
            self._grow(max(counts, default=0))
        return function(*args, **kwargs)

    def method(self, owner: Any, name: str, *args: Any, **kwargs: Any) -> Any:
        """A method of strings or lists that makes or becomes something larger."""
        if isinstance(owner, str) and name == "format":
            self._format(owner)
        if isinstance(owner, (str, list, dict, set)):
            # To ask for the length of a tensor makes a size of the inputs a number.
            taken = [
                one for one in args if name == "extend" or not isinstance(one, Tensor)
            ]
            sizes = [len(one) for one in taken if isinstance(one, Sized)]
            many = max([1, *sizes]) if name in ("replace", "join") else 1
            self._grow((len(owner) + sum(sizes)) * many)
            args = tuple(self._joined(one) if name == "join" else one for one in args)
        return getattr(owner, name)(*args, **kwargs)

    def formatted(self, value: Any, format: str, conversion: int) -> str:
        self._format(format)
        if conversion != -1:
            value = _CONVERSIONS[chr(conversion)](value)
        return f"{value:{format}}"

    def _integer(self, sign: str, left: int, right: int) -> None:
        bits = left.bit_length()
        if sign == "*":
            bits += right.bit_length()
        elif sign == "**":
            bits *= max(1, right)
        elif sign == "<<":
            bits += max(0, right)
        if bits > _BITS:
            raise EndlessError(f"an integer has more than {_BITS:,} bits")

    def _repeated(self, sign: str, left: Any, right: Any) -> None:
        size = len(left) if isinstance(left, Sized) else 1
        if isinstance(right, int):
            size *= max(0, right)
        elif isinstance(right, Sized) and not isinstance(right, (Tensor, nn.Module)):
            size += len(right)
        elif isinstance(left, int):
            size = max(0, left) * len(right)
        if isinstance(left, int) and isinstance(right, Sized):
            size = max(0, left) * len(right)
        self._grow(size)

    def _joined(self, value: Any) -> Any:
        if not isinstance(value, (list, tuple)):
            return value
        self._grow(sum(len(one) for one in value if isinstance(one, str)))
        return value

    def _format(self, text: str) -> None:
        if _LONG_NUMBER.search(text):
            self._refuse()

    def _grow(self, size: int) -> None:
        if size > self._limits.items:
            self._refuse()
        self.step(size // 16)

    def _refuse(self) -> None:
        most = self._limits.items
        raise EndlessError(f"a value has more than {most:,} items")
