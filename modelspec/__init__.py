"""modelspec compiles networks written in YAML to torch modules and their source.

What is exported is imported on first use: `import modelspec` reads nothing else, and
torch is imported only by what builds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelspec.api import (
        Spec,
        build,
        check,
        distribute,
        load,
        load_model,
        loads,
        save_model,
    )
    from modelspec.diagnostics.diagnostic import Diagnostic, SpecError
    from modelspec.policy import Limits, Policy

__version__ = "0.1.0"

__all__ = [
    "Diagnostic",
    "Limits",
    "Policy",
    "Spec",
    "SpecError",
    "build",
    "check",
    "distribute",
    "load",
    "load_model",
    "loads",
    "save_model",
]

_HOMES = {
    "Diagnostic": "modelspec.diagnostics.diagnostic",
    "Limits": "modelspec.policy",
    "Policy": "modelspec.policy",
    "SpecError": "modelspec.diagnostics.diagnostic",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'modelspec' has no attribute '{name}'")
    from importlib import import_module

    value: object = getattr(import_module(_HOMES.get(name, "modelspec.api")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
