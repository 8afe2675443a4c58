"""What a module may hold that a spec must not get."""

import os
import os as Os

from torch import nn
from torch.nn import Linear

from my_pkg.layers import Gate

__all__ = ["Gate", "Linear", "Os", "nn", "os"]

instance = nn.ReLU()
number = 3


class NoModule:
    """A class of something else."""


def function(size: int) -> nn.Module:
    return nn.Linear(size, size)


class Claims(nn.Module):
    """Says that it is defined elsewhere, where nothing of its name stands."""

    __module__ = "my_pkg.layers"


class Liar(nn.Module):
    """Says that it is another, which may be imported."""

    __module__ = "my_pkg.layers"
    __qualname__ = "Gate"


class Homeless(nn.Module):
    __module__ = None  # type: ignore[assignment]


def _local() -> type[nn.Module]:
    class Local(nn.Module):
        pass

    return Local


Local = _local()


class _Pretending(type(NoModule)):  # type: ignore[misc]
    def __instancecheck__(cls, instance: object) -> bool:
        return True

    def __subclasscheck__(cls, subclass: type) -> bool:
        return True


class Pretender(metaclass=_Pretending):
    """Says of everything that it is one of it."""


class _Actor:
    """An object whose class is said to be `type`."""

    @property
    def __class__(self):  # type: ignore[no-untyped-def, override]
        return type

    __mro__ = (nn.Module,)
    __bases__ = (nn.Module,)


actor = _Actor()


class Outer:
    class Nested(nn.Module):
        """A class inside another one is found there."""


Nested = Outer.Nested


def __getattr__(name: str) -> object:
    if name == "Conjured":
        return type("Conjured", (nn.Module,), {"__module__": __name__})
    if name == "Failing":
        raise RuntimeError("no such luck")
    raise AttributeError(name)
