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
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from types import CodeType
from typing import Any

from torch import nn

from modelspec.backends.torch.account import Account
from modelspec.backends.torch.bounded import bounded_run
from modelspec.backends.torch.built_block import BuiltBlock
from modelspec.backends.torch.expressions import Expressions
from modelspec.backends.torch.externals import Classes, import_layers
from modelspec.backends.torch.failure import fail
from modelspec.backends.torch.guard import Guard
from modelspec.backends.torch.guarding import NAME as GUARD
from modelspec.backends.torch.init_text import BoundedMethods
from modelspec.backends.torch.methods import build_class
from modelspec.backends.torch.pickling import BlockType, Reduce, remember_reduce
from modelspec.backends.torch.plain_functions import PlainFunctions, names_in
from modelspec.backends.torch.sessions import Sessions
from modelspec.backends.torch.tracebacks import sources_by_file
from modelspec.backends.torch.vocabulary import find_name
from modelspec.backends.torch.world import TorchWorld
from modelspec.diagnostics.diagnostic import Diagnostic
from modelspec.diagnostics.span import Source
from modelspec.policy import Limits
from modelspec.program import ir
from modelspec.pysubset.clock import Clock, current_clock
from modelspec.pysubset.evaluator import Evaluator
from modelspec.pysubset.values import Scope

_BASES: dict[str, type[nn.Module]] = {
    "Module": nn.Module,
    "Sequential": nn.Sequential,
    "ModuleList": nn.ModuleList,
    "ModuleDict": nn.ModuleDict,
}


def build_classes(
    program: ir.Program,
    limits: Limits,
    reduce: Reduce | None = None,
    externals: Classes | None = None,
) -> ModuleClasses:
    """The classes of a program. `reduce` tells pickle how to find one by its name.

    `externals` are the classes of Python modules that the program names; by default
    the modules are imported.
    """
    return ModuleClasses(program, limits, reduce, externals)


class ModuleClasses:
    """The classes of one program, by the names of their blocks."""

    def __init__(
        self,
        program: ir.Program,
        limits: Limits,
        reduce: Reduce | None,
        externals: Classes | None = None,
    ) -> None:
        if externals is None:
            externals = import_layers(program.externals)
        self._externals = externals
        self.program = program
        self.limits = limits
        self.sources: dict[str, Source] = sources_by_file(program.sources)
        self.unwritten: set[CodeType] = set()
        """Code of methods that stand in no file: the default `forward`."""
        self._reduce = reduce
        self._made: dict[str, BuiltBlock] = {}
        self._plain = PlainFunctions(program, self._layer)
        account = Account(limits)
        self._sessions = Sessions(account)
        self._world = self.world(account)
        self._evaluator = Evaluator(self._world, limits, account)
        self._guard = Guard(limits)
        self._plain.namespace[GUARD] = self._guard
        self._methods = BoundedMethods(self.sources, account, self._bounded_init)
        self._names = _Names(self)
        self._functions = {
            one.name: self._evaluator.function(one.definition, one.source, self._names)
            for one in program.functions
        }

    def world(self, account: Account) -> TorchWorld:
        """What expressions may do with layers and tensors."""
        return TorchWorld(account, self._plain.plain)

    @property
    def warnings(self) -> list[Diagnostic]:
        """What the last construction found that is no error."""
        return self._sessions.warnings

    # --- classes ----------------------------------------------------------------

    def __getitem__(self, name: str) -> type[nn.Module]:
        """The class of a block; KeyError where there is no such block."""
        return self._built(name).cls

    def get(self, name: str) -> type[nn.Module] | None:
        """The class of a block; None where there is no such block."""
        return self[name] if name in self else None  # noqa: SIM401 # no mapping

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

    def is_written(self, cls: type[nn.Module]) -> bool:
        """Whether the `forward` of a class is a text of a spec."""
        code = getattr(cls.forward, "__code__", None)
        if code is None or code in self.unwritten:
            return False
        return code.co_filename in self.sources

    def bounded(self) -> AbstractContextManager[None]:
        """While our own run lasts, methods and functions of the spec are bounded."""
        return self._bounded(current_clock())

    def _bounded_init(self) -> AbstractContextManager[None]:
        """For values of many weights, most of which is torch's own work."""
        return self._bounded(Clock())

    def _bounded(self, clock: Clock) -> AbstractContextManager[None]:
        blocks = [pair for one in self._made.values() for pair in one.guarded()]
        return bounded_run([*blocks, *self._plain.guarded()], self._guard, clock)

    # --- values -----------------------------------------------------------------

    def bind_params(self, name: str, params: Mapping[str, object]) -> Scope:
        """The params of a block with these values, and the vars that follow."""
        return self._built(name).scope(params)

    def evaluate(self, node: ast.expr, block: ir.Block, scope: Scope) -> object:
        """An expression of a block's outside its construction: a size, a variant's."""
        with self._sessions:
            return self._expressions(block.source).read(node)(scope)

    def evaluate_variant(self, variant: ir.Variant) -> dict[str, object]:
        """The param values that a variant stands for."""
        source = variant.span.source
        with self._sessions:
            read = self._expressions(source).read
            scope = Scope({}, self._names)
            return {name: read(node)(scope) for name, node in variant.values}

    def find(self, name: str) -> object | None:
        """What a bare name means outside of all blocks."""
        return self._functions.get(name) or self._layer(name)

    def _layer(self, name: str) -> type[nn.Module] | None:
        """The class that a bare name means: of a block, or of a Python module."""
        return self.get(name) or self._externals.get(name)

    # --- making -----------------------------------------------------------------

    def _built(self, name: str) -> BuiltBlock:
        found = self._made.get(name)
        if found is None:
            with self._sessions.lock:
                block = self.program.block(name)
                if block is None:
                    raise KeyError(name)
                found = self._made.get(name) or self._build(block)
        return found

    def _build(self, block: ir.Block) -> BuiltBlock:
        base = self._base(block)
        self._plain.provide(one for one in _names_of(block) if one != block.name)
        namespace = self._plain.namespace
        cls = build_class(block, (base,), BlockType, namespace)
        expressions = self._expressions(block.source)
        built = BuiltBlock(block, cls, base, expressions, self._sessions, self._names)
        built.namespace = namespace
        self._made[block.name] = built
        namespace[block.name] = cls
        remember_reduce(cls, self._reduce)
        self.unwritten.update(
            vars(cls)[one.name].__code__ for one in block.methods if one.synthesized
        )
        built.finish()
        return built

    def _base(self, block: ir.Block) -> type[nn.Module]:
        call = block.base.call
        if call is None:
            return _BASES[block.base.kind]
        path = ast.unparse(call.func)
        found = self._layer(path) or find_name(path)
        if not isinstance(found, type) or not issubclass(found, nn.Module):
            fail("not-a-layer", f"'{path}' cannot be extended", block.base.span)
        return found

    def _expressions(self, source: Source) -> Expressions:
        return Expressions(self._evaluator, self._world, source, self._methods.run)


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
        yield from (one.name for one in self._classes.program.externals)
        yield from self._classes

    def __len__(self) -> int:
        program = self._classes.program
        named = (*program.functions, *program.externals, *program.blocks)
        return len(named)


def _names_of(block: ir.Block) -> list[str]:
    """Functions and other blocks that the methods name, and more."""
    return names_in(
        node
        for method in block.methods
        for node in (*method.statements, method.arguments)
    )
