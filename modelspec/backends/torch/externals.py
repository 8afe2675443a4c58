"""Classes of Python modules, as layer types: all that imports what a spec names.

Comes in: the externals of a Program, which the caller allowed by a prefix. Goes out:
the class of each by its name, or `SpecError` with all that cannot be taken. A class is
taken if it is an `nn.Module` that the modules so allowed define: it is held against the
place that it says it comes from, object for object. What a module merely imports from
elsewhere, functions and other values are refused. No dotted name is walked: a module is
found by `import` alone, a class is one attribute of it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import ModuleType
from typing import TypeAlias

from torch import nn

from modelspec.backends.torch.failure import reason
from modelspec.diagnostics.diagnostic import InternalError, Report, SpecError
from modelspec.diagnostics.suggest import suggest
from modelspec.policy import is_within
from modelspec.program.ir import External

Classes: TypeAlias = "Mapping[str, type[nn.Module]]"

_CODE = "python-layer"
_MOST_SUGGESTED = 16
_NOT_FOUND = (
    "install it, or add the folder that it is in to PYTHONPATH; the folder of a spec"
    " is not searched",
)


def import_layers(externals: Sequence[External]) -> dict[str, type[nn.Module]]:
    """The classes by their names in the Program; each module is imported by this call,
    unless it was before.

    Raises:
        SpecError: a module cannot be imported, or a name in it cannot be taken.
    """
    report = Report()
    found: dict[str, type[nn.Module]] = {}
    failed: set[str] = set()
    for one in externals:
        module = None if one.module in failed else _module(one, report)
        if module is None:
            failed.add(one.module)
            continue
        layer = _layer(module, one, report)
        if layer is not None:
            found[one.name] = layer
    if report.failed:
        raise SpecError(report.found)
    return found


def _module(one: External, report: Report) -> ModuleType | None:
    """The module; told once, however many names are taken of it."""
    if not is_within(one.module, one.within):
        raise InternalError(f"the module {one.module} was not allowed")
    try:
        return import_module(one.module)
    except ModuleNotFoundError as error:
        if error.name is not None and is_within(one.module, (error.name,)):
            advice = () if "." in error.name else _NOT_FOUND
            message = f"there is no Python module '{error.name}'"
            report.error(_CODE, message, one.span, help=advice)
            return None
        _cannot_import(one, error, report)
    except (Exception, SystemExit) as error:
        _cannot_import(one, error, report)
    return None


def _cannot_import(one: External, error: BaseException, report: Report) -> None:
    told = f"{type(error).__name__}: {reason(error)}"
    report.error(_CODE, f"importing '{one.module}' failed: {told}", one.span)


def _layer(module: ModuleType, one: External, report: Report) -> type[nn.Module] | None:
    try:
        found: object = getattr(module, one.attribute)
    except AttributeError:
        is_one_of_few = len(report.found) < _MOST_SUGGESTED
        known = _layers_in(module) if is_one_of_few else []
        nearest = suggest(one.attribute, known)
        message = f"the module {one.module} has no '{one.attribute}'"
        report.error(_CODE, message, one.span, meant=nearest)
        return None
    except Exception as error:
        _cannot_import(one, error, report)
        return None
    layer = _as_layer(found)
    if layer is None:
        message = f"'{one.attribute}' of {one.module} is no subclass of nn.Module"
        report.error(_CODE, message, one.span)
        return None
    home, name = _home(layer)
    if not is_within(home, one.within):
        report.error(
            _CODE,
            f"'{one.attribute}' is defined in '{home}', which may not be imported",
            one.span,
            help=f"if you trust that too, allow it: `--allow-import {home}`",
        )
        return None
    if _defined(home, name) is not layer:
        place = f"{home}.{name}"
        message = f"'{one.attribute}' says that it is {place}, which is something else"
        report.error(_CODE, message, one.span)
        return None
    return layer


def _as_layer(value: object) -> type[nn.Module] | None:
    """A class of modules; `isinstance` would ask the value itself what it is."""
    kind: type = type(value)
    if not issubclass(kind, type):
        return None
    layer: type = value  # type: ignore[assignment]  # as just asked
    return layer if issubclass(layer, nn.Module) else None


def _home(layer: type) -> tuple[str, str]:
    """The module that a class says it is defined in, and its name there."""
    home, name = layer.__module__, layer.__qualname__
    return (home if type(home) is str else "?"), name


def _defined(home: str, name: str) -> object:
    """What stands under a name of a module, a class inside another one too."""
    found: object = sys.modules.get(home)
    for part in name.split("."):
        found = getattr(found, "__dict__", {}).get(part)
    return found


def _layers_in(module: ModuleType) -> list[str]:
    """Names of modules' classes that a module has."""
    values = list(vars(module).items())
    return sorted(name for name, one in values if _as_layer(one) is not None)
