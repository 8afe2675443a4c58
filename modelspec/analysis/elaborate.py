"""Construction run with stand-ins: what a root makes, without torch.

In: a Program, values for its params. Out: an `Elaboration`: the tree of modules, as
far as it could be followed, and what went wrong on the way, with the place and with
"used here" for the blocks around it. What it reports, the build would refuse too.

It says nothing where the way on depends on what only the build knows, and is bounded by
a count of steps of its own, in proportion to what is written: a spec without loops is
followed to its end. A statement that takes too many steps, as a loop may, is left as
something unknown, and what stands below it is followed still; there is an end to that
too.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias

from modelspec.analysis.allowance import Allowance
from modelspec.analysis.arguments import (
    ArgumentFault,
    BlockCalls,
    bind_block,
    bind_layer,
)
from modelspec.analysis.construct import Steps
from modelspec.analysis.origins import origins_of
from modelspec.analysis.registering import Construction, forget
from modelspec.analysis.settled import Settled
from modelspec.analysis.standins import (
    Exhausted,
    LayerType,
    Module,
    Opaque,
    Unknowable,
    layer_type,
)
from modelspec.analysis.world import StandInWorld
from modelspec.diagnostics.diagnostic import Diagnostic, Label
from modelspec.diagnostics.span import Source, Span
from modelspec.policy import Limits
from modelspec.program.ir import Block, Function, Program, Variant
from modelspec.program.standard import told_at_use
from modelspec.pysubset.evaluator import Evaluator
from modelspec.pysubset.faults import EvaluationError, Fault, at_span
from modelspec.pysubset.function import FunctionValue
from modelspec.pysubset.hole import is_hole_body
from modelspec.pysubset.place import span_of
from modelspec.pysubset.runtime import Arguments, Keywords, SpecCallable
from modelspec.pysubset.values import Scope
from modelspec.records import dataclass

IsTold: TypeAlias = Callable[[ast.expr, Source], bool]


def _nothing_is_told(node: ast.expr, source: Source) -> bool:
    return False


_STEPS_OF_A_BLOCK = 10
_MOST_LABELS = 3
_DEEPEST = 24


@dataclass(frozen=True, slots=True, eq=False)
class Elaboration:
    """`module` is None where it could not be followed to its end. Where something went
    wrong on the way, or cannot be known, an `Opaque` stands in its place."""

    module: Module | None
    diagnostics: tuple[Diagnostic, ...] = ()


def elaborate(
    program: Program,
    variant: str | None = None,
    values: Mapping[str, object] | None = None,
    *,
    limits: Limits | None = None,
) -> Elaboration:
    """The root with its defaults, a variant's values, and further values over these."""
    elaborator = Elaborator(program, limits or Limits())
    chosen = next((one for one in program.variants if one.name == variant), None)
    return elaborator.root(chosen, values or {})


class Elaborator:
    """Elaborates one Program, any number of times; what is compiled is kept.

    `is_told` says of an expression whether it is known to be wrong; `settled` are calls
    that are known to be right, by the `id` of their nodes, or of a `Layer` itself.
    """

    def __init__(
        self,
        program: Program,
        limits: Limits,
        is_told: IsTold = _nothing_is_told,
        settled: Mapping[int, Settled] | None = None,
    ) -> None:
        self.is_told = is_told
        self.settled = settled or {}
        self.program = program
        self.limits = limits
        self.budget = Allowance(program, limits)
        self.evaluator = Evaluator(StandInWorld(self.make), limits, self.budget)
        self.globals: dict[str, object] = {"auto": Opaque()}
        self._steps: dict[str, Steps] = {}
        self._made: dict[object, Module] = {}
        self._calls = BlockCalls()
        self._entered: list[Label] = []
        self._labelled: EvaluationError | None = None
        self._found: list[Diagnostic] = []
        self._depth = 0
        self._inside = 0
        self._running: list[tuple[Block, frozenset[str]]] = []
        self.blamed: ArgumentFault | None = None
        for function in program.functions:
            self.globals[function.name] = self._function(function)
        for external in program.externals:
            name = external.name
            self.globals[name] = LayerType(name, is_external=True)
        for block in program.blocks:
            self.globals[block.name] = self._type(block)

    # --- the root -----------------------------------------------------------------

    def root(
        self, variant: Variant | None, values: Mapping[str, object]
    ) -> Elaboration:
        block = self.program.root_block
        if block is None:
            return Elaboration(None)
        self._start()
        made = self._root(block, variant, values)
        label = None if variant is None else Label(variant.span, "with this variant")
        return Elaboration(made, tuple(_with(label, one) for one in self._found))

    def _root(
        self, block: Block, variant: Variant | None, values: Mapping[str, object]
    ) -> Module | None:
        try:
            given = self._variant_values(variant) | dict(values)
            if any(p.default is None and p.name not in given for p in block.params):
                return None
            type_ = self.globals[block.name]
            assert isinstance(type_, LayerType)
            return self.make(type_, [], given)
        except Fault as fault:
            self._keep(at_span(fault, _given_at(fault, block, variant)))
        except EvaluationError as error:
            self._keep(error)
        return None

    def _variant_values(self, variant: Variant | None) -> dict[str, object]:
        source, scope = self.program.sources[0], Scope({}, self.globals)
        pairs = variant.values if variant is not None else ()
        return {
            name: Opaque()
            if self.is_told(value, source)
            else self.evaluator.expression(value, source)(scope)
            for name, value in pairs
        }

    def alone(self, block: Block) -> Elaboration:
        """A block by itself, of whose params nothing is known."""
        self._start()
        module = Module(self._type(block), is_open=False)
        try:
            unknown = {one.name: Opaque() for one in block.params}
            self._initialise(block, module, dict[str, object](unknown))
        except EvaluationError as error:
            self._keep(error)
        return Elaboration(module, tuple(self._found))

    def _start(self) -> None:
        self.budget.start()
        self._found = []
        self._inside = 0

    def follow(self, step: Callable[[], None], forget: Callable[[], None]) -> None:
        """Runs a statement; where it ends early, what it does is forgotten, and its
        mistake kept."""
        self._inside += 1
        try:
            step()
        except Exhausted:
            # Only the outermost statement is given up: it is what took the steps.
            if self._inside > 1 or not self.budget.go_on():
                raise
            forget()
        except EvaluationError as error:
            self._keep(error)
            forget()
        finally:
            self._inside -= 1

    def has_made(self, block: Block) -> bool:
        return block.name in self._steps

    # --- what expressions call ------------------------------------------------------

    def make(
        self, type_: LayerType, args: list[object], kwargs: dict[str, object]
    ) -> Module:
        """A module of a layer type; the argument that is to blame is kept."""
        try:
            return self._make(type_, args, kwargs)
        except ArgumentFault as fault:
            self.blamed = fault
            raise

    def _make(
        self, type_: LayerType, args: list[object], kwargs: dict[str, object]
    ) -> Module:
        if type_.is_external:
            return Module(type_)
        if type_.block is None:
            return bind_layer(type_, args, kwargs)
        key = _key(type_, args, kwargs)
        if key is not None and key in self._made:
            return self._made[key]
        bound = bind_block(type_.block, args, kwargs, self._calls)
        module = Module(type_, is_open=False)
        self._initialise(type_.block, module, bound)
        if key is not None:
            self._made[key] = module
        return module

    def _initialise(
        self, block: Block, module: Module, bound: dict[str, object]
    ) -> None:
        if self._depth >= _DEEPEST:
            raise Unknowable
        self._depth += 1
        self.budget.charge(_STEPS_OF_A_BLOCK)
        defaulted = {one.name for one in block.params} - bound.keys()
        self._running.append((block, frozenset(defaulted)))
        try:
            self._run(block, module, bound)
        except EvaluationError as error:
            self._label(error)
            raise
        finally:
            self._depth -= 1
            self._running.pop()

    def _run(self, block: Block, module: Module, bound: dict[str, object]) -> None:
        steps = self.steps(block)
        scope = Scope(bound, self.globals)
        for name, default in steps.defaults:
            if name not in bound:
                bound[name] = self._or_unknown(default)
        bound["self"] = module
        if block.unread:
            # Whatever stood there may be any of these, of any type.
            module.attributes |= {name: Opaque() for name in block.unread}
            module.is_partial = True
        at = Construction(module, scope)
        for step in steps.vars:
            step(at, None)
        if steps.base is not None:
            self._extend(steps.base, at)
        for step in steps.body:
            step(at, None)

    def _or_unknown(self, default: Callable[[Scope], object]) -> object:
        try:
            return default(Scope({}, self.globals))
        except EvaluationError as error:
            self.recover(error)
            return Opaque()

    def _extend(self, base: Callable[[Construction], None], at: Construction) -> None:
        try:
            base(at)
        except EvaluationError as error:
            self.recover(error)
            forget(at, None, ())

    def initialise_base(
        self,
        base: object,
        module: Module,
        args: list[object],
        kwargs: dict[str, object],
    ) -> None:
        """Runs the constructor of what is extended on a module under construction."""
        if not isinstance(base, LayerType) or base.is_external:
            module.is_open = True
        elif base.block is None:
            bind_layer(base, args, kwargs)
            module.is_open = True
        else:
            bound = bind_block(base.block, args, kwargs, self._calls)
            self._initialise(base.block, module, bound)

    def steps(self, block: Block) -> Steps:
        if block.name not in self._steps:
            self._steps[block.name] = Steps(block, self)
        return self._steps[block.name]

    # --- what goes wrong ------------------------------------------------------------

    def entering(self, label: Label) -> _Entered:
        """While what stands at the label's place makes a module."""
        return _Entered(self._entered, label)

    def recover(self, error: EvaluationError) -> None:
        """Keeps an error, for the construction to go on with something unknown."""
        if isinstance(error, Exhausted):
            raise error
        self._keep(error)

    def _keep(self, error: EvaluationError) -> None:
        if not isinstance(error, Unknowable):
            self._label(error)
            self._found.append(error.diagnostic)

    def _label(self, error: EvaluationError) -> None:
        """Adds the places of use around the block that an error is in."""
        if self._labelled is not error:
            self._labelled = error
            found = error.diagnostic
            if self._running and not isinstance(error, Unknowable):
                set_here = origins_of(found, *self._running[-1])
                found = replace(found, labels=(*found.labels, *set_here))
            for use in self._entered[: -_MOST_LABELS - 1 : -1]:
                moved = told_at_use(found, use.span)
                labels = () if use.span.source.is_standard else (use,)
                found = moved or replace(found, labels=(*found.labels, *labels))
            error.diagnostic = found

    def narrowed(self, error: EvaluationError, node: ast.expr, source: Source) -> None:
        """Moves an error about an argument from the whole call to the argument."""
        fault, found = self.blamed, error.diagnostic
        if fault is None or found.message != fault.message:
            return
        self.blamed = None
        for call in ast.walk(node):
            if isinstance(call, ast.Call) and span_of(call, source) == found.span:
                argument = _argument(call, fault)
                if argument is not None:
                    span = span_of(argument, source)
                    error.diagnostic = replace(found, span=span)
                return

    def _type(self, block: Block) -> LayerType:
        """The type of a block; blocks stand after those that they extend."""
        bases: tuple[LayerType, ...] = ()
        is_open = False
        if block.base.call is not None:
            base = self._extended(block.base.call.func)
            is_open = base is None or base.is_open
            bases = (base, *base.bases) if base is not None else ()
        else:
            kinds = dict.fromkeys((block.base.kind, "Module"))
            bases = tuple(layer_type(kind) for kind in kinds)
        constants = {k: v for one in reversed(bases) for k, v in one.constants.items()}
        scope = Scope({}, self.globals)
        for one in block.constants:
            try:
                value = self.evaluator.expression(one.value, block.source)(scope)
            except EvaluationError:
                value = Opaque()  # told where the class is made
            constants[one.name] = value
        return LayerType(block.name, block, constants, bases, is_open)

    def _extended(self, function: ast.expr) -> LayerType | None:
        if isinstance(function, ast.Name):
            found = self.globals.get(function.id)
        else:
            found = self.evaluator.runtime.world.resolve(ast.unparse(function))
        return found if isinstance(found, LayerType) else None

    def _function(self, function: Function) -> object:
        if is_hole_body(function.definition.body):
            return Opaque()
        value = self.evaluator.function(
            function.definition, function.source, self.globals
        )
        return _Guarded(value) if asks_identity(function.definition) else value


class _Entered:
    """Keeps a label on a stack; a fifth of the time of a generator's context."""

    __slots__ = ("_label", "_stack")

    def __init__(self, stack: list[Label], label: Label) -> None:
        self._stack = stack
        self._label = label

    def __enter__(self) -> None:
        self._stack.append(self._label)

    def __exit__(self, *raised: object) -> None:
        self._stack.pop()


class _Guarded(SpecCallable):
    """A function that asks what its arguments are; of an opaque one nobody can say."""

    __slots__ = ("_value",)

    def __init__(self, value: FunctionValue) -> None:
        self._value = value

    def run(self, args: Arguments, kwargs: Keywords) -> object:
        if any(isinstance(one, Opaque) for one in (*args, *kwargs.values())):
            return Opaque()
        return self._value.run(args, kwargs)


def _with(label: Label | None, found: Diagnostic) -> Diagnostic:
    if label is None or found.span == label.span:
        return found
    return replace(found, labels=(*found.labels, label))


def asks_identity(node: ast.AST) -> bool:
    """Whether `is`, `is not` or `isinstance` stands somewhere in a tree."""
    return next(_questions(node), None) is not None


def _questions(node: ast.AST) -> Iterator[ast.AST]:
    for one in ast.walk(node):
        is_name = isinstance(one, ast.Name) and one.id == "isinstance"
        if is_name or isinstance(one, ast.Is | ast.IsNot):
            yield one


def _key(
    type_: LayerType, args: list[object], kwargs: dict[str, object]
) -> object | None:
    """What makes two calls of a block make the same; None where that is not plain."""
    plain = (int, float, str, bool, type(None), LayerType)
    values = [*args, *kwargs.values()]
    if not all(isinstance(one, plain) for one in values):
        return None
    kinds = tuple(type(one) for one in values)
    return (id(type_), tuple(args), tuple(kwargs.items()), kinds)


def _argument(call: ast.Call, fault: ArgumentFault) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == fault.name:
            return keyword.value
    if any(isinstance(one, ast.Starred) for one in call.args):
        return None
    return call.args[fault.index] if fault.index < len(call.args) else None


def _given_at(fault: Fault, block: Block, variant: Variant | None) -> Span:
    """Where the root is given what it does not take."""
    if variant is None:
        return block.span
    if isinstance(fault, ArgumentFault):
        for name, value in variant.values:
            if name == fault.name:
                return span_of(value, block.source)
    return variant.span
