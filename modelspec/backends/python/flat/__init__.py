"""Program -> Program with values put in and loops unrolled: the flat style."""

from modelspec.backends.python.flat.program import flatten

__all__ = ["flatten"]
