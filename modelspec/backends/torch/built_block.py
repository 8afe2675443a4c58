"""The class of one block with what its `__init__` runs.

Comes in: a block, its class without a constructor, its base, and its expressions.
Goes out: the class with a constructor of closures that were compiled once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import CodeType, FunctionType
from typing import Any

from torch import nn

from modelspec.backends.torch.arguments import Default, ParamBinder, build_signature
from modelspec.backends.torch.attributes import CONSTANTS
from modelspec.backends.torch.construct import Compiler, Construction, Place
from modelspec.backends.torch.expressions import Expressions
from modelspec.backends.torch.failure import fail
from modelspec.backends.torch.methods import build_class
from modelspec.backends.torch.pickling import BlockType
from modelspec.backends.torch.sessions import Sessions
from modelspec.program import ir
from modelspec.pysubset.values import Scope


class BuiltBlock:
    """A block and its class; `finish` may name any other class, its own among them."""

    binder: ParamBinder
    namespace: dict[str, object]

    def __init__(
        self,
        block: ir.Block,
        cls: type[nn.Module],
        base: type[nn.Module],
        expressions: Expressions,
        sessions: Sessions,
        names: Mapping[str, object],
    ) -> None:
        self.block = block
        self.cls = cls
        self._base = base
        self._expressions = expressions
        self._sessions = sessions
        self._names = names
        self._guarded: list[tuple[FunctionType, CodeType]] | None = None

    def finish(self) -> None:
        block = self.block
        kind = block.base.kind
        compiler = Compiler(
            block, self._expressions, "Module" if kind == "extends" else kind
        )
        first, rest = _leading_vars(block)
        self._vars = compiler.steps(first, Place.MODULE)
        self._steps = compiler.steps(rest, Place.MODULE)
        defaults = self._defaults()
        self.binder = ParamBinder(block, defaults)
        self._set_constants()
        cls: Any = self.cls
        cls.__doc__ = block.doc
        cls.__init__ = self._constructor()
        with self._sessions:
            cls.__init__.__signature__ = build_signature(block, defaults)

    def scope(self, params: Mapping[str, object]) -> Scope:
        """The params with these values, and the vars that follow from them."""
        with self._sessions:
            scope = Scope(self.binder.bind((), dict(params)), self._names)
            at = Construction(nn.Module(), scope, self._sessions.warnings)
            for step in self._vars:
                step(at, None)
        return scope

    def guarded(self) -> list[tuple[FunctionType, CodeType]]:
        """The methods written in the spec, each with its guarded code."""
        if self._guarded is None:
            block, bases = self.block, (self._base,)
            made = vars(build_class(block, bases, BlockType, self.namespace, True))
            self._guarded = [
                (vars(self.cls)[one.name], made[one.name].__code__)
                for one in block.methods
                if not one.synthesized
            ]
        return self._guarded

    def _defaults(self) -> dict[str, Default]:
        names = self._names

        def default(read: Callable[[Scope], object]) -> Default:
            return lambda given: read(Scope(given, names))

        return {
            param.name: default(self._expressions.read(param.default))
            for param in self.block.params
            if param.default is not None
        }

    def _set_constants(self) -> None:
        with self._sessions:
            for one in self.block.constants:
                value = self._expressions.read(one.value)(Scope({}, self._names))
                setattr(self.cls, one.name, self._expressions.plain(value))
        names = frozenset(one.name for one in self.block.constants)
        setattr(self.cls, CONSTANTS, names)

    def _constructor(self) -> Callable[..., None]:
        sessions, binder, names = self._sessions, self.binder, self._names
        cls: Any = self.cls
        first, steps, start = self._vars, self._steps, self._start()
        span = self.block.span

        def __init__(self: nn.Module, /, *args: Any, **kwargs: Any) -> None:  # noqa: N807
            with sessions:
                if sessions.is_too_deep:
                    fail("limit-exceeded", "blocks are nested too deep", span)
                sessions.begin(cls, args, kwargs)
                scope = Scope(binder.bind(args, kwargs), names)
                at = Construction(self, scope, sessions.warnings)
                for step in first:
                    step(at, None)
                start(self, scope)
                scope.locals["self"] = self
                for step in steps:
                    step(at, None)

        __init__.__qualname__ = f"{self.block.name}.__init__"
        __init__.__module__ = self.cls.__module__
        return __init__

    def _start(self) -> Callable[[nn.Module, Scope], None]:
        """Initialises the base."""
        base, call = self._base, self.block.base.call
        if call is None:
            initialize: Any = base.__init__
            return lambda module, scope: initialize(module)
        arguments = self._expressions.call_parts(call)[1]
        span, expressions = self._expressions.span(call), self._expressions

        def extend(module: nn.Module, scope: Scope) -> None:
            expressions.extend(base, module, arguments(scope), span)

        return extend


def _leading_vars(
    block: ir.Block,
) -> tuple[tuple[ir.Statement, ...], tuple[ir.Statement, ...]]:
    """Vars at the start, which the arguments of the base may use."""
    construct = block.construct
    count = 0
    while count < len(construct):
        one = construct[count]
        if not isinstance(one, ir.Let) or not one.is_var:
            break
        count += 1
    return construct[:count], construct[count:]
