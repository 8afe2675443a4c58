"""Classes of torch from a Program: one real class a block, made when first wanted.

Comes in: a Program and the limits. Goes out: `ModuleClasses`, which knows the class of
each block. A class is an ordinary subclass of `nn.Module`, `nn.Sequential`, ... or of
what it extends; its `__init__` runs closures compiled once; its methods are plain
functions. What it makes is not wrapped, watched or registered anywhere.

Errors: `TypeError` where a caller's arguments do not fit, as with any class;
`SpecError` for whatever is wrong with the spec.
"""

from __future__ import annotations

import ast
import functools
import math
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from modelspec.backends.torch.account import Account
from modelspec.backends.torch.arguments import Default, ParamBinder, build_signature
from modelspec.backends.torch.construct import Compiler, Construction, Place
from modelspec.backends.torch.expressions import Expressions
from modelspec.backends.torch.failure import fail, reason
from modelspec.backends.torch.methods import (
    build_class,
    build_function,
    build_namespace,
)
from modelspec.backends.torch.pickling import BlockType, Reduce, remember_reduce
from modelspec.backends.torch.tracebacks import sources_by_file, spec_spans
from modelspec.backends.torch.tracing import EndlessError, bounded_run
from modelspec.backends.torch.vocabulary import find_name
from modelspec.backends.torch.world import CONSTANTS, TorchWorld
from modelspec.diagnostics.diagnostic import (
    Diagnostic,
    SpecError,
)
from modelspec.diagnostics.span import Source, Span
from modelspec.policy import Limits
from modelspec.program import ir
from modelspec.pysubset.builtin import linspace
from modelspec.pysubset.evaluator import Evaluator
from modelspec.pysubset.faults import EvaluationError
from modelspec.pysubset.function import FunctionValue
from modelspec.pysubset.values import Scope

_BASES: dict[str, type[nn.Module]] = {
    "Module": nn.Module,
    "Sequential": nn.Sequential,
    "ModuleList": nn.ModuleList,
    "ModuleDict": nn.ModuleDict,
}


def build_classes(
    program: ir.Program, limits: Limits, reduce: Reduce | None = None
) -> ModuleClasses:
    """The classes of a program. `reduce` tells pickle how to find one by its name."""
    return ModuleClasses(program, limits, reduce)


class ModuleClasses:
    """The classes of one program, by the names of their blocks."""

    def __init__(
        self, program: ir.Program, limits: Limits, reduce: Reduce | None
    ) -> None:
        self.program = program
        self.limits = limits
        self.sources: dict[str, Source] = sources_by_file(program.sources)
        self.warnings: list[Diagnostic] = []
        """What the last construction found that is no error."""
        self._reduce = reduce
        self._account = Account(limits)
        self._world = TorchWorld(self._account, self._plain)
        self._evaluator = Evaluator(self._world, limits, self._account)
        self._lock = threading.RLock()
        self._depth = 0
        self._made: dict[str, _BuiltBlock] = {}
        self._plain_functions: dict[str, object] = {}
        self._names = _Names(self)
        self._namespace = build_namespace(
            torch=torch,
            nn=nn,
            F=functional,
            math=math,
            partial=functools.partial,
            linspace=linspace,
        )
        self._functions = {
            one.name: self._evaluator.function(one.definition, one.source, self._names)
            for one in program.functions
        }

    # --- classes ----------------------------------------------------------------

    def __getitem__(self, name: str) -> type[nn.Module]:
        """The class of a block; KeyError where there is no such block."""
        return self._built(name).cls

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.program.block(name) is not None

    def __iter__(self) -> Iterator[str]:
        return (block.name for block in self.program.blocks)

    @property
    def root(self) -> type[nn.Module] | None:
        return None if self.program.root is None else self[self.program.root]

    def block_of(self, cls: type) -> ir.Block | None:
        """The block that a class, or the nearest base of it, was made of."""
        for one in cls.__mro__:
            built = self._made.get(one.__name__)
            if built is not None and built.cls is one:
                return built.block
        return None

    # --- values -----------------------------------------------------------------

    def bind_params(self, name: str, params: Mapping[str, object]) -> Scope:
        """The params of a block with these values, and the vars that follow."""
        built = self._built(name)
        with self._session():
            scope = Scope(built.binder.bind((), dict(params)), self._names)
            built.run_vars(scope)
        return scope

    def evaluate(self, node: ast.expr, block: ir.Block, scope: Scope) -> object:
        """An expression of a block's outside its construction: a size, a variant's."""
        with self._session():
            return self._expressions(block.source).read(node)(scope)

    def evaluate_variant(self, variant: ir.Variant) -> dict[str, object]:
        """The param values that a variant stands for."""
        source = variant.span.source
        with self._session():
            read = self._expressions(source).read
            scope = Scope({}, self._names)
            return {name: read(node)(scope) for name, node in variant.values}

    def find(self, name: str) -> object | None:
        """What a bare name means outside of all blocks."""
        function = self._functions.get(name)
        if function is not None:
            return function
        return self[name] if name in self else None  # noqa: SIM401 # no mapping

    # --- making -----------------------------------------------------------------

    def _built(self, name: str) -> _BuiltBlock:
        found = self._made.get(name)
        if found is None:
            with self._lock:
                block = self.program.block(name)
                if block is None:
                    raise KeyError(name)
                found = self._made.get(name) or self._build(block)
        return found

    def _build(self, block: ir.Block) -> _BuiltBlock:
        base = self._base(block)
        self._fill_namespace(block)
        cls = build_class(block, (base,), BlockType, self._namespace)
        built = _BuiltBlock(self, block, cls, base, self._expressions(block.source))
        self._made[block.name] = built
        self._namespace[block.name] = cls
        remember_reduce(cls, self._reduce)
        built.finish()
        return built

    def _base(self, block: ir.Block) -> type[nn.Module]:
        call = block.base.call
        if call is None:
            return _BASES[block.base.kind]
        path = ast.unparse(call.func)
        found = self[path] if path in self else find_name(path)
        if not isinstance(found, type) or not issubclass(found, nn.Module):
            fail("not-a-layer", f"'{path}' cannot be extended", block.base.span)
        return found

    def _fill_namespace(self, block: ir.Block) -> None:
        """Functions and other blocks that the methods name."""
        names = {
            node.id
            for method in block.methods
            for statement in (*method.statements, method.arguments)
            for node in ast.walk(statement)
            if isinstance(node, ast.Name)
        }
        for name in sorted(names - {block.name}):
            self._provide(name)

    def _provide(self, name: str) -> None:
        if name in self._namespace:
            return
        function = next((f for f in self.program.functions if f.name == name), None)
        if function is not None:
            self._plain_function(function)
        elif name in self:
            self._namespace[name] = self[name]

    def _plain_function(self, function: ir.Function) -> object:
        found = self._plain_functions.get(function.name)
        if found is None:
            found = build_function(function, self._namespace)
            self._plain_functions[function.name] = found
            self._namespace[function.name] = found
            for node in ast.walk(function.definition):
                if isinstance(node, ast.Name):
                    self._provide(node.id)
        return found

    def _plain(self, value: object) -> object:
        """The plain function for one of the evaluator's, inside `partial` too."""
        kind = type(value)
        if kind is not FunctionValue and kind is not functools.partial:
            return value
        if isinstance(value, FunctionValue):
            function = next(f for f in self.program.functions if f.name == value.name)
            return self._plain_function(function)
        if isinstance(value, functools.partial) and isinstance(
            value.func, FunctionValue
        ):
            plain: Any = self._plain(value.func)
            return functools.partial(plain, *value.args, **value.keywords)
        return value

    def _expressions(self, source: Source) -> Expressions:
        return Expressions(self._evaluator, self._world, source, self._run_method)

    # --- sessions ---------------------------------------------------------------

    def _session(self) -> _Session:
        return _Session(self)

    def enter(self) -> None:
        """A construction begins; the outermost one opens the account."""
        self._lock.acquire()
        if self._depth == 0:
            self._account.restart()
            self.warnings = []
        self._depth += 1

    def leave(self) -> None:
        self._depth -= 1
        self._lock.release()

    @property
    def is_too_deep(self) -> bool:
        return self._depth > self.limits.nesting

    def _run_method(self, module: nn.Module, name: str, span: Span) -> None:
        """An `init` text, run on what was made, within the limits."""
        with self._account.paused():
            try:
                with bounded_run(frozenset(self.sources), self.limits):
                    getattr(module, name)()
            except SpecError:
                raise
            except Exception as error:
                spans = spec_spans(error, self.sources)
                endless = isinstance(error, EndlessError)
                code = "limit-exceeded" if endless else "init-error"
                fail(code, f"{name}: {reason(error)}", spans[-1] if spans else span)


class _Names(Mapping[str, object]):
    """Functions and classes as the globals of expressions; made when read."""

    def __init__(self, classes: ModuleClasses) -> None:
        self._classes = classes
        self._known: dict[str, object] = {}

    def __getitem__(self, name: str) -> object:
        found = self._classes.find(name)
        if found is None:
            raise KeyError(name)
        return found

    def get(self, name: str, default: Any = None) -> Any:
        """Quick, as every built-in name is asked for here first."""
        found = self._known.get(name)
        if found is None:
            found = self._classes.find(name)
            if found is None:
                return default
            self._known[name] = found
        return found

    def __iter__(self) -> Iterator[str]:
        yield from (one.name for one in self._classes.program.functions)
        yield from self._classes

    def __len__(self) -> int:
        program = self._classes.program
        return len(program.functions) + len(program.blocks)


class _Session:
    """Evaluation outside of a construction, with what goes wrong as `SpecError`."""

    def __init__(self, classes: ModuleClasses) -> None:
        self._classes = classes

    def __enter__(self) -> None:
        self._classes.enter()

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._classes.leave()
        if isinstance(error, EvaluationError):
            raise SpecError([error.diagnostic]) from error.__cause__


class _BuiltBlock:
    """A class with what its `__init__` runs."""

    def __init__(
        self,
        classes: ModuleClasses,
        block: ir.Block,
        cls: type[nn.Module],
        base: type[nn.Module],
        expressions: Expressions,
    ) -> None:
        self.classes = classes
        self.block = block
        self.cls = cls
        self._base = base
        self._expressions = expressions

    def finish(self) -> None:
        """Everything that may name other classes, this one among them."""
        classes, block = self.classes, self.block
        base = block.base.kind
        compiler = Compiler(
            block, self._expressions, "Module" if base == "extends" else base
        )
        self._first, rest = _leading_vars(block)
        self._vars = compiler.steps(self._first, Place.MODULE)
        self._steps = compiler.steps(rest, Place.MODULE)
        defaults = self._defaults()
        self.binder = ParamBinder(block, defaults)
        self._set_constants()
        cls: Any = self.cls
        cls.__doc__ = block.doc
        cls.__init__ = self._constructor()
        with classes._session():
            cls.__init__.__signature__ = build_signature(block, defaults)

    def run_vars(self, scope: Scope) -> None:
        at = Construction(nn.Module(), scope, self.classes.warnings)
        for step in self._vars:
            step(at, None)

    def _defaults(self) -> dict[str, Default]:
        names = self.classes._names

        def default(node: ast.expr) -> Default:
            read = self._expressions.read(node)
            return lambda given: read(Scope(given, names))

        params = self.block.params
        return {p.name: default(p.default) for p in params if p.default is not None}

    def _set_constants(self) -> None:
        with self.classes._session():
            for one in self.block.constants:
                read = self._expressions.read(one.value)
                value = read(Scope({}, self.classes._names))
                setattr(self.cls, one.name, self._expressions.plain(value))
        names = frozenset(one.name for one in self.block.constants)
        setattr(self.cls, CONSTANTS, names)

    def _constructor(self) -> Callable[..., None]:
        classes, binder, names = self.classes, self.binder, self.classes._names
        first, steps, start = self._vars, self._steps, self._start()
        span = self.block.span

        def __init__(self: nn.Module, /, *args: Any, **kwargs: Any) -> None:  # noqa: N807
            classes.enter()
            try:
                if classes.is_too_deep:
                    fail("limit-exceeded", "blocks are nested too deep", span)
                scope = Scope(binder.bind(args, kwargs), names)
                at = Construction(self, scope, classes.warnings)
                for step in first:
                    step(at, None)
                start(self, scope)
                scope.locals["self"] = self
                for step in steps:
                    step(at, None)
            except EvaluationError as error:
                raise SpecError([error.diagnostic]) from error.__cause__
            finally:
                classes.leave()

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
