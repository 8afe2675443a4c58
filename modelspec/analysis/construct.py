"""Statements of a construction, compiled once, run on stand-in modules.

In: a block. Out: `Steps`: closures that do to a stand-in what the back ends do to a
module, in the same order, and refuse what they refuse.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from modelspec.analysis.arguments import settled_module
from modelspec.analysis.matching import rule_step
from modelspec.analysis.reads import Read, Reads
from modelspec.analysis.registering import (
    Children,
    Construction,
    Sink,
    check_module,
    check_tensor,
    fail,
    forget,
    is_there,
    keep,
    layer_without,
    leaf_of,
    register,
    spread,
)
from modelspec.analysis.settled import settled
from modelspec.analysis.standins import (
    LayerType,
    Module,
    Opaque,
    layer_type,
)
from modelspec.diagnostics.diagnostic import Label
from modelspec.program import ir
from modelspec.program.literal import LayerCall
from modelspec.program.walk import own_expressions, walk_statements
from modelspec.pysubset.faults import EvaluationError, Fault, at_span
from modelspec.pysubset.place import span_of
from modelspec.pysubset.refused import dotted_name

if TYPE_CHECKING:
    from modelspec.analysis.elaborate import Elaborator

_STEPS_OF_A_LAYER = 5

Step: TypeAlias = "Callable[[Construction, Sink], None]"
Make: TypeAlias = "Callable[[Construction], object]"
# A child, how its name is read, and its stand-in.
_Layer: TypeAlias = "tuple[ir.Child, Read | None, Module]"


class Steps:
    """The construction of one block. A sink of None is the module itself."""

    def __init__(self, block: ir.Block, elaborator: Elaborator) -> None:
        self.block = block
        self.elaborator = elaborator
        self.source = block.source
        self.reads = Reads(block.source, elaborator)
        self._layers: dict[LayerCall, Module | None] = {}
        self.defaults = [
            (one.name, self._default(one.default))
            for one in block.params
            if one.default is not None
        ]
        self.base = self._base(block.base.call)
        before = block.leading_vars()
        self.vars = self._all(before, block.base.kind)
        self.body = self._all(block.construct[len(before) :], block.base.kind)

    def _default(self, node: ast.expr) -> Read:
        """What would come of a default that is wrong by itself says nothing more."""
        if self.elaborator.is_told(node, self.source):
            return lambda scope: Opaque()
        return self.reads.read(node)

    # --- what is extended -----------------------------------------------------------

    def _base(self, call: ast.Call | None) -> Callable[[Construction], None] | None:
        if call is None:
            return None
        function = self.reads.read(call.func)
        arguments = self.reads.arguments(call)
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

    # --- statements ---------------------------------------------------------------

    def _all(self, body: Sequence[ir.Statement], base: str) -> tuple[Step, ...]:
        steps: list[Step] = []
        run: list[_Layer] = []
        for one in body:
            layer = self._literal_child(one, base)
            if layer is not None:
                run.append(layer)
                continue
            if run:
                steps.append(self._add_layers(run))
                run = []
            step = self._step(one, base)
            steps.extend([step] if step is not None else [])
        return (*steps, self._add_layers(run)) if run else tuple(steps)

    def _step(self, one: ir.Statement, base: str) -> Step | None:
        match one:
            case ir.Let():
                return self._let(one)
            case ir.For():
                return self._followed(one, self._for(one, base))
            case ir.If():
                return self._followed(one, self._if(one, base))
            case ir.Child():
                return self._followed(one, self._child(one, base))
            case ir.Splice():
                return self._followed(one, self._splice(one, base))
            case ir.Replace():
                return self._followed(one, self._replace(one))
            case ir.OwnParameter() | ir.OwnBuffer():
                return self._recovering(self._tensor(one))
            case ir.OwnAttribute():
                return self._recovering(self._attribute(one))
            case ir.Keep(name=name):
                return lambda at, sink: keep(at, name)
            case ir.InitByName() | ir.InitByType() | ir.Tie() | ir.Freeze():
                return self._recovering(rule_step(one, self.reads, self.block.name))
        return None

    def _followed(self, one: ir.Statement, step: Step) -> Step:
        """A step that may end early, for a mistake or for what nobody knows: nothing
        is known any more of what it does, and what stands below is followed still."""
        follow = self.elaborator.follow

        def followed(at: Construction, sink: Sink) -> None:
            follow(lambda: step(at, sink), lambda: forget(at, sink, _changed(one)))

        return followed

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

        return self._followed(one, let)

    def _made(self, make: Make, at: Construction) -> object:
        """A value; where it goes wrong, something unknown, and on with what follows."""
        try:
            return make(at)
        except EvaluationError as error:
            self.elaborator.recover(error)
            return Opaque()

    def _for(self, one: ir.For, base: str) -> Step:
        read, runtime = self.reads.read(one.iterable), self.elaborator.evaluator.runtime
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
        test = self.reads.test(one.test)
        body, orelse = self._all(one.body, base), self._all(one.orelse, base)

        def branch(at: Construction, sink: Sink) -> None:
            for step in body if test(at.scope) else orelse:
                step(at, sink)

        return branch

    # --- modules ------------------------------------------------------------------

    def _value(self, value: ir.ModuleValue) -> Make:
        if isinstance(value, ir.Container):
            return self._container(value)
        read = self.reads.read(value.expression)
        return lambda at: read(at.scope)

    def _container(self, one: ir.Container) -> Make:
        finish = self._finish(one)
        name = "Module" if one.into else (dotted_name(one.callee) or "")[3:]
        body = self._all(one.children, name)

        def make(at: Construction) -> object:
            children = Children()
            for step in body:
                step(at, children)
            return finish(at, children)

        return make

    def _finish(self, one: ir.Container) -> Callable[[Construction, Children], object]:
        if one.into is None:
            type_ = layer_type((dotted_name(one.callee) or "")[3:])
            return lambda at, children: Module(
                type_, children, {}, children.is_partial, children.is_partial
            )
        assert isinstance(one.callee, ast.Call)
        into, arguments = one.into, self.reads.arguments(one.callee)
        function, span = self.reads.read(one.callee.func), one.span
        label = Label(span, "used here")

        def call(at: Construction, children: Children) -> object:
            args, kwargs = arguments(at.scope)
            kwargs[into] = _given(children, one.named)
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
        name = None if one.name is None else self.reads.name(one.name, base)
        is_tensor = base.startswith("Parameter")
        make, span = self._value(one.value), one.value.span

        def checked(at: Construction) -> object:
            value = make(at)
            if is_tensor:
                check_tensor(value, "parameter", span)
            else:
                check_module(value, span)
            return value

        def add(at: Construction, sink: Sink) -> None:
            key = None if name is None else str(name(at.scope))
            register(at, sink, key, self._made(checked, at), one.span)

        return add

    def _literal_child(self, one: ir.Statement, base: str) -> _Layer | None:
        if not isinstance(one, ir.Child) or base.startswith("Parameter"):
            return None
        made = self._literal_module(one.value)
        if made is None:
            return None
        name = None if one.name is None else self.reads.name(one.name, base)
        return one, name, made

    def _add_layers(self, run: Sequence[_Layer]) -> Step:
        """Children that are there already, each followed as a statement is: a step for
        all of them, as there are thousands in a row."""
        follow, charge = self.elaborator.follow, self.elaborator.budget.charge

        def add(at: Construction, sink: Sink) -> None:
            left = iter(run)
            last = None

            def add_left() -> None:
                nonlocal last
                for last, name, made in left:
                    charge(_STEPS_OF_A_LAYER)
                    key = None if name is None else str(name(at.scope))
                    register(at, sink, key, made, last.span)
                last = None

            def forget_last() -> None:
                assert last is not None
                forget(at, sink, _changed(last))

            follow(add_left, forget_last)
            while last is not None:
                follow(add_left, forget_last)

        return add

    def _literal_module(self, value: ir.ModuleValue) -> Module | None:
        """The stand-in of `nn.Linear(8, 8)`, by far the most frequent call; one serves
        every time."""
        if isinstance(value, ir.Container):
            return None
        if not isinstance(value, ir.Layer):
            return self._settled(value.expression)
        if value.call not in self._layers:
            self._layers[value.call] = self._settled(value)
        return self._layers[value.call]

    def _settled(self, node: ast.expr | ir.Layer) -> Module | None:
        found = self.elaborator.settled.get(id(node)) or settled(node)
        return None if found is None else settled_module(*found)

    def _splice(self, one: ir.Splice, base: str) -> Step:
        read, span = self.reads.read(one.value), one.span
        is_tensor = base.startswith("Parameter")

        def splice(at: Construction, sink: Sink) -> None:
            for name, value in spread(read(at.scope), span):
                if not is_tensor:
                    check_module(value, span)
                register(at, sink, name, value, span)

        return splice

    def _replace(self, one: ir.Replace) -> Step:
        make, read = self._value(one.value), self.reads.read(one.path)
        span = span_of(one.path, self.source)

        def substitute(at: Construction, sink: Sink) -> None:
            path = str(read(at.scope))
            if not is_there(at.module, path):
                fail("unknown-module", f"there is no module '{path}' to replace", span)
            layer = layer_without(at.module, path)
            if layer is not None:
                message = (
                    f"{layer} has no module '{path.rpartition('.')[2]}' to replace"
                )
                fail("unknown-module", message, leaf_of(span))
            check_module(make(at), one.value.span)

        return substitute

    # --- what a block owns, and rules -----------------------------------------------

    def _tensor(self, one: ir.OwnParameter | ir.OwnBuffer) -> Step:
        read, name = self.reads.read(one.value), self.reads.name(one.name, "Module")
        what = "parameter" if isinstance(one, ir.OwnParameter) else "buffer"
        span = span_of(one.value, self.source)

        def own(at: Construction, sink: Sink) -> None:
            value = self._made(lambda at: read(at.scope), at)
            at.module.attributes[str(name(at.scope))] = value
            check_tensor(value, what, span)

        return own

    def _attribute(self, one: ir.OwnAttribute) -> Step:
        read, name = self.reads.read(one.value), self.reads.name(one.name, "Module")

        def own(at: Construction, sink: Sink) -> None:
            value = self._made(lambda at: read(at.scope), at)
            at.module.attributes[str(name(at.scope))] = value

        return own


def _given(children: Children, named: bool) -> object:
    """Children as a block's argument."""
    if children.is_partial:
        return Opaque()
    return dict(children) if named else list(children.values())


def _changed(statement: ir.Statement) -> Iterator[str]:
    """Names to which a statement may give a value, or whose values it may change."""
    for one in walk_statements([statement]):
        if isinstance(one, ir.Let | ir.For):
            yield from (n.id for n in ast.walk(one.target) if isinstance(n, ast.Name))
        for expression in own_expressions(one):
            for node in ast.walk(expression):
                # `rates.pop()`
                if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                    yield node.value.id
