"""Running an `init` text: a method of the spec, within the limits of a construction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, TypeAlias

from torch import nn
from torch.overrides import TorchFunctionMode
from torch.utils._device import _device_constructors

from modelspec.backends.torch.account import Account
from modelspec.backends.torch.failure import fail, reason
from modelspec.backends.torch.guard import EndlessError
from modelspec.backends.torch.memory import is_exhausted
from modelspec.backends.torch.tracebacks import spec_spans
from modelspec.diagnostics.diagnostic import SpecError
from modelspec.diagnostics.span import Source, Span
from modelspec.pysubset.faults import Fault

Bounded: TypeAlias = "Callable[[], AbstractContextManager[None]]"


class _Measured(TorchFunctionMode):
    """New tensors are measured before they are made."""

    def __init__(self, account: Account) -> None:
        super().__init__()
        self._account = account

    def __torch_function__(
        self,
        func: Callable[..., object],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> object:
        if func in _device_constructors():
            return self._account.call(func, args, kwargs or {})
        return func(*args, **(kwargs or {}))


class BoundedMethods:
    """Calls methods of modules; what they raise is a `SpecError` at their line."""

    def __init__(
        self, sources: Mapping[str, Source], account: Account, bounded: Bounded
    ) -> None:
        self._sources = sources
        self._account = account
        self._bounded = bounded

    def run(self, module: nn.Module, name: str, span: Span) -> None:
        with self._account.paused():
            try:
                with self._bounded(), _Measured(self._account):
                    getattr(module, name)()
            except SpecError:
                raise
            except Fault as fault:
                spans = spec_spans(fault, self._sources)
                fail(fault.code, fault.message, spans[-1] if spans else span)
            except Exception as error:
                self._fail(error, name, span)

    def _fail(self, error: Exception, name: str, span: Span) -> None:
        spans = spec_spans(error, self._sources)
        endless = isinstance(error, (EndlessError, RecursionError))
        endless = endless or is_exhausted(error)
        code = "limit-exceeded" if endless else "init-error"
        fail(code, f"{name}: {reason(error)}", spans[-1] if spans else span)
