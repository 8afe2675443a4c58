"""What the target torch offers: layers, functions, tensor methods and their signatures.

In: the JSON tables that `scripts/write_catalog.py` writes into `schemas/`. Out: frozen
values, looked up by name; `None` or an empty tuple for what is not there. Never imports
torch, never raises for a name it does not know, and reads nothing before it is asked.
"""

from modelspec.catalog.signature import (
    Parameter,
    ParameterKind,
    Problem,
    ProblemKind,
    Signature,
    bind_overloads,
)
from modelspec.catalog.tables import Catalog, Layer, load_catalog

__all__ = [
    "Catalog",
    "Layer",
    "Parameter",
    "ParameterKind",
    "Problem",
    "ProblemKind",
    "Signature",
    "bind_overloads",
    "load_catalog",
]
