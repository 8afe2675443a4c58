"""Statements of a construction, compiled once, run on stand-in modules.

In: a block. Out: `Steps`: closures that do to a stand-in what the back ends do to a
module, in the same order, and refuse what they refuse.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from modelspec.analysis.arguments import settled_module
from modelspec.analysis.registering import (
    Construction,
    Sink,
    check_module,
    fail,
    is_there,
    keep,
    register,
    spread,
    types_in,
)
from modelspec.analysis.settled import settled
from modelspec.analysis.standins import (
    LayerType,
    Module,
    Opaque,
    Unknowable,
    describe,
    layer_type,
)
from modelspec.analysis.world import derives
from modelspec.diagnostics.diagnostic import Label
from modelspec.program import ir
from modelspec.program.names import name_problem
from modelspec.pysubset.faults import EvaluationError, Fault, at_span
from modelspec.pysubset.place import span_of
from modelspec.pysubset.refused import dotted_name
from modelspec.pysubset.values import Scope

if TYPE_CHECKING:
    from modelspec.analysis.elaborate import Elaborator

_STEPS_OF_A_LAYER = 5

Read: TypeAlias = "Callable[[Scope], object]"

Step: TypeAlias = "Callable[[Construction, Sink], None]"
Make: TypeAlias = "Callable[[Construction], object]"


class Steps:
    """The construction of one block. A sink of None is the module itself."""

    def __init__(self, block: ir.Block, elaborator: Elaborator) -> None:
        self.block = block
        self.elaborator = elaborator
        self.source = block.source
        self.defaults = [
            (one.name, self._read(one.default))
            for one in block.params
            if one.default is not None
        ]
        self.base = self._base(block.base.call)
        before = block.leading_vars()
        self.vars = self._all(before, block.base.kind)
        self.body = self._all(block.construct[len(before) :], block.base.kind)

    # --- expressions --------------------------------------------------------------

    def _read(self, node: ast.expr) -> Read:
        """An expression; errors out of a block that it makes get the place of use."""
        if isinstance(node, ast.Constant):
            value = node.value
            return lambda scope: value
        read = self._asked(
            node, self.elaborator.evaluator.expression(node, self.source)
        )
        if not any(isinstance(one, ast.Call) for one in ast.walk(node)):
            return read
        entering, narrowed = self.elaborator.entering, self.elaborator.narrowed
        label = Label(span_of(node, self.source), "used here")

        def located(scope: Scope) -> object:
            try:
                with entering(label):
                    return read(scope)
            except EvaluationError as error:
                narrowed(error, node, self.source)
                raise

        return located

    def _asked(self, node: ast.expr, read: Read) -> Read:
        """Stops where an expression asks what something is that nobody knows."""
        asked = [*_identity_operands(node)]
        if not asked:
            return read
        operands = [self.elaborator.evaluator.expression(o, self.source) for o in asked]

        def checked(scope: Scope) -> object:
            for operand in operands:
                try:
                    value = operand(scope)
                except Unknowable:
                    raise
                except EvaluationError:
                    continue  # not reached, or a name of a comprehension
                if isinstance(value, Opaque):
                    raise Unknowable
            return read(scope)

        return checked

    def _test(self, node: ast.expr) -> Callable[[Scope], bool]:
        read, truth = self._read(node), self.elaborator.evaluator.runtime.truth

        def test(scope: Scope) -> bool:
            try:
                return truth(read(scope))
            except Fault as fault:
                raise at_span(fault, span_of(node, self.source)) from None

        return test

    def _name(self, node: ast.expr, base: str) -> Read:
        if isinstance(node, ast.Constant):
            text = str(node.value)
            return lambda scope: text
        read, span = self._read(node), span_of(node, self.source)

        def computed(scope: Scope) -> object:
            name = read(scope)
            problem = name_problem(str(name), base)
            if problem is not None:
                fail(
                    "invalid-name", f"the name {name!r} is not allowed: {problem}", span
                )
            return name

        return computed

    def _base(self, call: ast.Call | None) -> Callable[[Construction], None] | None:
        if call is None:
            return None
        function = self._read(call.func)
        arguments = self._arguments(call)
        span = span_of(call, self.source)
        label = Label(span, "extended here")

        def extend(at: Construction) -> None:
            args, kwargs = arguments(at.scope)
            base = function(at.scope)
            try:
                with self.elaborator.entering(label):
                    self.elaborator.initialise_base(base, at.module, args, kwargs)
            except Fault as fault:
                raise at_span(fault, span) from None

        return extend

    def _arguments(
        self, call: ast.Call
    ) -> Callable[[Scope], tuple[list[object], dict[str, object]]]:
        """The arguments of a call, evaluated as a list and a dict of their own."""
        items = ast.copy_location(ast.List(call.args, ast.Load()), call)
        pairs = [(one.arg, self._read(one.value)) for one in call.keywords]
        positional = self._read(items)

        def arguments(scope: Scope) -> tuple[list[object], dict[str, object]]:
            args = positional(scope)
            kwargs: dict[str, object] = {}
            for name, read in pairs:
                value = read(scope)
                if name is not None:
                    kwargs[name] = value
                elif isinstance(value, dict):
                    kwargs |= value
                else:
                    raise Unknowable
            return list(args) if isinstance(args, list) else [], kwargs

        return arguments

    # --- statements ---------------------------------------------------------------

    def _all(self, body: Sequence[ir.Statement], base: str) -> tuple[Step, ...]:
        steps = (self._step(one, base) for one in body)
        return tuple(step for step in steps if step is not None)

    def _step(self, one: ir.Statement, base: str) -> Step | None:
        match one:
            case ir.Let():
                return self._let(one)
            case ir.For():
                return self._for(one, base)
            case ir.If():
                return self._if(one, base)
            case ir.Child():
                return self._child(one, base)
            case ir.Splice():
                return self._splice(one, base)
            case ir.Replace():
                return self._replace(one)
            case ir.OwnParameter() | ir.OwnBuffer():
                return self._recovering(self._tensor(one))
            case ir.OwnAttribute():
                return self._recovering(self._attribute(one))
            case ir.Keep(name=name):
                return lambda at, sink: keep(at, name)
            case ir.InitByName() | ir.InitByType() | ir.Tie() | ir.Freeze():
                return self._recovering(self._rule(one))
        return None

    def _recovering(self, step: Step) -> Step:
        """A step on whose end nothing after it depends."""

        def recovering(at: Construction, sink: Sink) -> None:
            try:
                step(at, sink)
            except EvaluationError as error:
                self.elaborator.recover(error)

        return recovering

    def _let(self, one: ir.Let) -> Step:
        make = self._value(one.value)
        assign = self.elaborator.evaluator.assign(one.target, self.source)

        def let(at: Construction, sink: Sink) -> None:
            assign(at.scope, self._made(make, at))

        return let

    def _made(self, make: Make, at: Construction) -> object:
        """A value; where it goes wrong, something unknown, and on with what follows."""
        try:
            return make(at)
        except EvaluationError as error:
            self.elaborator.recover(error)
            return Opaque()

    def _for(self, one: ir.For, base: str) -> Step:
        read, runtime = self._read(one.iterable), self.elaborator.evaluator.runtime
        assign = self.elaborator.evaluator.assign(one.target, self.source)
        body, budget = self._all(one.body, base), self.elaborator.budget
        span = span_of(one.iterable, self.source)

        def loop(at: Construction, sink: Sink) -> None:
            try:
                items = runtime.listed(read(at.scope))
            except Fault as fault:
                raise at_span(fault, span) from None
            for item in items:
                budget.charge(10)
                assign(at.scope, item)
                for step in body:
                    step(at, sink)

        return loop

    def _if(self, one: ir.If, base: str) -> Step:
        test = self._test(one.test)
        body, orelse = self._all(one.body, base), self._all(one.orelse, base)

        def branch(at: Construction, sink: Sink) -> None:
            for step in body if test(at.scope) else orelse:
                step(at, sink)

        return branch

    # --- modules ------------------------------------------------------------------

    def _value(self, value: ir.ModuleValue) -> Make:
        if isinstance(value, ir.Container):
            return self._container(value)
        read = self._read(value.expression)
        return lambda at: read(at.scope)

    def _container(self, one: ir.Container) -> Make:
        finish = self._finish(one)
        name = "Module" if one.into else (dotted_name(one.callee) or "")[3:]
        body = self._all(one.children, name)

        def make(at: Construction) -> object:
            children: dict[str, object] = {}
            for step in body:
                step(at, children)
            return finish(at, children)

        return make

    def _finish(
        self, one: ir.Container
    ) -> Callable[[Construction, dict[str, object]], object]:
        if one.into is None:
            type_ = layer_type((dotted_name(one.callee) or "")[3:])
            return lambda at, children: Module(type_, children, {}, is_open=False)
        assert isinstance(one.callee, ast.Call)
        into, arguments = one.into, self._arguments(one.callee)
        function, span = self._read(one.callee.func), one.span
        label = Label(span, "used here")

        def call(at: Construction, children: dict[str, object]) -> object:
            args, kwargs = arguments(at.scope)
            kwargs[into] = children if one.named else list(children.values())
            made = function(at.scope)
            if not isinstance(made, LayerType):
                return Opaque()
            try:
                with self.elaborator.entering(label):
                    return self.elaborator.make(made, args, kwargs)
            except Fault as fault:
                raise at_span(fault, span) from None

        return call

    def _child(self, one: ir.Child, base: str) -> Step:
        name = None if one.name is None else self._name(one.name, base)
        is_tensor = base.startswith("Parameter")
        literal = None if is_tensor else self._literal_module(one.value)
        if literal is not None:
            return self._add_literal(one, name, literal)
        make, span = self._value(one.value), one.value.span

        def checked(at: Construction) -> object:
            value = make(at)
            if not is_tensor:
                check_module(value, span)
            return value

        def add(at: Construction, sink: Sink) -> None:
            key = None if name is None else str(name(at.scope))
            register(at, sink, key, self._made(checked, at), one.span)

        return add

    def _add_literal(self, one: ir.Child, name: Read | None, made: Module) -> Step:
        """A child that is there already, and with which nothing can go wrong."""
        budget, span = self.elaborator.budget, one.span

        def add(at: Construction, sink: Sink) -> None:
            budget.charge(_STEPS_OF_A_LAYER)
            key = None if name is None else str(name(at.scope))
            register(at, sink, key, made, span)

        return add

    def _literal_module(self, value: ir.ModuleValue) -> Module | None:
        """The stand-in of `nn.Linear(8, 8)`, by far the most frequent call; one serves
        every time."""
        if isinstance(value, ir.Container):
            return None
        node = value.expression
        found = self.elaborator.settled.get(id(node)) or settled(node)
        return None if found is None else settled_module(*found)

    def _splice(self, one: ir.Splice, base: str) -> Step:
        read, span = self._read(one.value), one.span
        is_tensor = base.startswith("Parameter")

        def splice(at: Construction, sink: Sink) -> None:
            for name, value in spread(read(at.scope), span):
                if not is_tensor:
                    check_module(value, span)
                register(at, sink, name, value, span)

        return splice

    def _replace(self, one: ir.Replace) -> Step:
        make, read = self._value(one.value), self._read(one.path)
        span = span_of(one.path, self.source)

        def substitute(at: Construction, sink: Sink) -> None:
            path = str(read(at.scope))
            if not is_there(at.module, path):
                fail("unknown-module", f"there is no module '{path}' to replace", span)
            check_module(make(at), one.value.span)

        return substitute

    # --- what a block owns, and rules -----------------------------------------------

    def _tensor(self, one: ir.OwnParameter | ir.OwnBuffer) -> Step:
        read, name = self._read(one.value), self._name(one.name, "Module")
        what = "parameter" if isinstance(one, ir.OwnParameter) else "buffer"
        span = span_of(one.value, self.source)

        def own(at: Construction, sink: Sink) -> None:
            value = self._made(lambda at: read(at.scope), at)
            at.module.attributes[str(name(at.scope))] = value
            if value is not None and not isinstance(value, Opaque):
                advice = "`torch.tensor(...)` makes one of numbers"
                message = f"a {what} is a tensor or None, got {describe(value)}"
                fail("not-a-tensor", message, span, advice)

        return own

    def _attribute(self, one: ir.OwnAttribute) -> Step:
        read, name = self._read(one.value), self._name(one.name, "Module")

        def own(at: Construction, sink: Sink) -> None:
            value = self._made(lambda at: read(at.scope), at)
            at.module.attributes[str(name(at.scope))] = value

        return own

    def _rule(self, one: ir.InitByName | ir.InitByType | ir.Tie | ir.Freeze) -> Step:
        if isinstance(one, ir.InitByType):
            return self._type_rules(one)
        paths = (one.target, one.source) if isinstance(one, ir.Tie) else (one.pattern,)
        rows = [(self._read(path), span_of(path, self.source)) for path in paths]

        def check(at: Construction, sink: Sink) -> None:
            for read, span in rows:
                path = str(read(at.scope))
                if not any(mark in path for mark in "*?[") and not is_there(
                    at.module, path
                ):
                    message = f"'{path}' matches nothing in {self.block.name}"
                    fail("rule-matches-nothing", message, span)

        return check

    def _type_rules(self, one: ir.InitByType) -> Step:
        rows = [
            (
                rule,
                [self._read(kind) for kind in rule.types],
                None if rule.condition is None else self._test(rule.condition),
            )
            for rule in one.rules
        ]

        def check(at: Construction, sink: Sink) -> None:
            made = types_in(at.module)
            for rule, reads, condition in rows:
                if condition is not None and not condition(at.scope):
                    continue
                values = [read(at.scope) for read in reads]
                kinds = [one for one in values if isinstance(one, LayerType)]
                if made is None or len(kinds) < len(values):
                    continue
                if not any(derives(m, k) for m in made for k in kinds):
                    fail("rule-matches-nothing", "no module is of this type", rule.span)

        return check


def _identity_operands(node: ast.expr) -> list[ast.expr]:
    """What `is` and `isinstance` look at, in an expression."""
    found: list[ast.expr] = []
    for one in ast.walk(node):
        if isinstance(one, ast.Compare):
            if any(isinstance(operator, ast.Is | ast.IsNot) for operator in one.ops):
                found += [one.left, *one.comparators]
        elif isinstance(one, ast.Call) and dotted_name(one.func) == "isinstance":
            found += one.args[:1]
    return [one for one in found if not isinstance(one, ast.Constant)]
