"""A block's expressions as closures, over the bounded evaluator.

Comes in: ast nodes of one block. Goes out: functions from a scope to a value. What
goes wrong inside is an `EvaluationError` with its place, or, out of a block that was
being made, a `SpecError` that gets a label for the place of use. A plain call of a
layer of torch, by far the most frequent expression, takes a shorter way with the same
checks.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import torch
from torch import nn

from modelspec.backends.torch.account import NOTABLE, Account
from modelspec.backends.torch.failure import label_use
from modelspec.backends.torch.layer_costs import estimate_layer, is_simple
from modelspec.backends.torch.refusals import refused
from modelspec.backends.torch.vocabulary import find_name
from modelspec.backends.torch.world import TorchWorld
from modelspec.diagnostics.diagnostic import SpecError
from modelspec.diagnostics.span import Source, Span
from modelspec.pysubset.evaluator import Evaluator
from modelspec.pysubset.faults import Fault, at_span
from modelspec.pysubset.place import span_of
from modelspec.pysubset.values import SCALARS, Scope

Read: TypeAlias = "Callable[[Scope], object]"
Arguments: TypeAlias = "tuple[list[object], dict[str, object]]"
Bounded: TypeAlias = "Callable[[nn.Module, str, Span], None]"


class Expressions:
    """The expressions of one block, all of one source."""

    def __init__(
        self, evaluator: Evaluator, world: TorchWorld, source: Source, run: Bounded
    ) -> None:
        self._evaluator = evaluator
        self._world = world
        self._source = source
        self._run = run

    @property
    def account(self) -> Account:
        return self._world.account

    @property
    def plain(self) -> Callable[[object], object]:
        """Gives the plain function for one of the evaluator's."""
        return self._world.plain_of

    def span(self, node: ast.AST) -> Span:
        return span_of(node, self._source)

    def read(self, node: ast.expr) -> Read:
        if isinstance(node, ast.Constant):
            value = node.value
            return lambda scope: value
        return self._evaluator.expression(node, self._source)

    def assign(self, target: ast.expr) -> Callable[[Scope, object], None]:
        return self._evaluator.assign(target, self._source)

    def made(self, node: ast.expr, span: Span) -> Read:
        """An expression that may make modules, and so fail inside a block."""
        if isinstance(node, ast.Name):
            return self.read(node)
        read = self._layer_call(node) or self.read(node)

        def make(scope: Scope) -> object:
            try:
                return read(scope)
            except SpecError as error:
                raise label_use(error, span, "used here") from error.__cause__

        return make

    def test(self, node: ast.expr) -> Callable[[Scope], bool]:
        return self._evaluator.condition(node, self._source)

    def iterate(self, node: ast.expr) -> Callable[[Scope], Iterator[object]]:
        """Goes through a value, one step of the budget an item."""
        read, span = self.read(node), self.span(node)
        runtime, budget = self._evaluator.runtime, self._evaluator.budget

        def items(scope: Scope) -> Iterator[object]:
            value = read(scope)
            try:
                iterator = runtime.iterate(value)
                while True:
                    budget.charge(1)
                    try:
                        item = next(iterator)
                    except StopIteration:
                        return
                    yield item
            except Fault as fault:
                raise at_span(fault, span) from fault.__cause__

        return items

    # --- calls ------------------------------------------------------------------

    def call_parts(self, call: ast.Call) -> tuple[Read, Callable[[Scope], Arguments]]:
        """The callee and the arguments of a call, to add to before it is made."""
        function = self.read(call.func)
        rows = [self._positional(one) for one in call.args]
        pairs = [(one.arg, self.read(one.value)) for one in call.keywords]

        def arguments(scope: Scope) -> Arguments:
            args = [value for row in rows for value in row(scope)]
            kwargs: dict[str, object] = {}
            for name, read in pairs:
                value = read(scope)
                kwargs.update({name: value} if name is not None else _keywords(value))
            return args, kwargs

        return function, arguments

    def call(
        self,
        function: object,
        args: list[object],
        kwargs: dict[str, object],
        span: Span,
    ) -> object:
        try:
            return self._evaluator.runtime.call(function, args, kwargs)
        except Fault as fault:
            raise at_span(fault, span) from fault.__cause__
        except SpecError as error:
            raise label_use(error, span, "used here") from error.__cause__

    def extend(
        self,
        base: type[nn.Module],
        module: nn.Module,
        arguments: Arguments,
        span: Span,
    ) -> None:
        """Initialise the base of a block with these arguments."""

        def initialize(*args: object, **kwargs: object) -> nn.Module:
            start: Callable[..., None] = base.__init__
            start(module, *args, **kwargs)
            return module

        args, kwargs = arguments
        try:
            self._world.start_base(base, initialize, args, kwargs)
        except Fault as fault:
            raise at_span(fault, span) from fault.__cause__
        except SpecError as error:
            raise label_use(error, span, "extended here") from error.__cause__

    def charge_module(self, account: Account, span: Span) -> None:
        try:
            account.charge_modules(1)
        except Fault as fault:
            raise at_span(fault, span) from fault.__cause__

    def bounded_method(self, name: str, span: Span) -> Callable[[nn.Module], None]:
        """Runs a method of the spec on a module, within the limits."""
        run = self._run
        return lambda module: run(module, name, span)

    def _positional(self, node: ast.expr) -> Callable[[Scope], list[object]]:
        if not isinstance(node, ast.Starred):
            read = self.read(node)
            return lambda scope: [read(scope)]
        unpacked, runtime = self.read(node.value), self._evaluator.runtime
        return lambda scope: runtime.listed(unpacked(scope))

    # --- the short way ------------------------------------------------------------

    def _layer_call(self, node: ast.expr) -> Read | None:
        """`nn.Linear(8, width)` with plain arguments; None for other expressions."""
        if not isinstance(node, ast.Call) or not _is_plain_call(node):
            return None
        layer = find_name(ast.unparse(node.func))
        if not isinstance(layer, type) or not issubclass(layer, nn.Module):
            return None
        args = [self.read(one) for one in node.args]
        pairs = [(str(one.arg), self.read(one.value)) for one in node.keywords]
        constant = all(
            isinstance(one, ast.Constant)
            for one in (*node.args, *(keyword.value for keyword in node.keywords))
        )
        span = self.span(node)
        if constant:
            return self._constant_call(layer, args, pairs, span)
        return self._computed_call(layer, args, pairs, span)

    def _constant_call(
        self,
        layer: type[nn.Module],
        args: list[Read],
        pairs: list[tuple[str, Read]],
        span: Span,
    ) -> Read:
        nowhere = Scope({}, {})
        given = tuple(read(nowhere) for read in args)
        named = {name: read(nowhere) for name, read in pairs}
        world, budget = self._world, self._evaluator.budget
        # Small ones need no other check than that they are counted.
        size = estimate_layer(layer, given, named)
        is_small = is_simple(layer) and size < NOTABLE

        def call(scope: Scope) -> object:
            try:
                budget.charge(1)
                if is_small:
                    world.account.count_layer(size)
                    try:
                        return world.account.untimed(layer, given, named)
                    except Exception as error:
                        raise refused(layer, error) from error
                return world.call_layer(layer, given, named)
            except Fault as fault:
                raise at_span(fault, span) from fault.__cause__

        return call

    def _computed_call(
        self,
        layer: type[nn.Module],
        args: list[Read],
        pairs: list[tuple[str, Read]],
        span: Span,
    ) -> Read:
        world, evaluator = self._world, self._evaluator

        def call(scope: Scope) -> object:
            given = [read(scope) for read in args]
            named = {name: read(scope) for name, read in pairs}
            try:
                evaluator.budget.charge(1)
                for value in (*given, *named.values()):
                    if type(value) not in SCALARS:  # others may need to be listed first
                        return evaluator.runtime.call(layer, given, named)
                return world.call_layer(layer, tuple(given), named)
            except Fault as fault:
                raise at_span(fault, span) from fault.__cause__

        return call

    def init_call(self, node: ast.expr) -> Callable[[torch.Tensor], None] | None:
        """`nn.init.normal_(w, std=0.02)` on any tensor; None for other expressions."""
        if not isinstance(node, ast.Call) or not _is_plain_call(node):
            return None
        first, *rest = [*node.args, *(keyword.value for keyword in node.keywords)]
        name = ast.unparse(node.func)
        on_tensor = bool(node.args) and isinstance(first, ast.Name) and first.id == "w"
        constant = all(isinstance(one, ast.Constant) for one in rest)
        function: Any = find_name(name)
        is_init = name.startswith("nn.init.") and function is not None
        if not (is_init and on_tensor and constant):
            return None
        nowhere = Scope({}, {})
        args = [self.read(one)(nowhere) for one in node.args[1:]]
        kwargs = {str(k.arg): self.read(k.value)(nowhere) for k in node.keywords}
        world, budget, span = self._world, self._evaluator.budget, self.span(node)

        def apply(tensor: torch.Tensor) -> None:
            try:
                budget.charge(1)
                world.initialize(function, tensor, args, kwargs)
            except Fault as fault:
                raise at_span(fault, span) from fault.__cause__

        return apply


def _is_plain_call(node: ast.Call) -> bool:
    """Nothing unpacked, and the callee a dotted name of torch."""
    if not isinstance(node.func, ast.Attribute):
        return False
    if any(isinstance(one, ast.Starred) for one in node.args):
        return False
    return all(keyword.arg is not None for keyword in node.keywords)


def _keywords(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise Fault("wrong-argument", "what stands after `**` must be a dict")
    return value
