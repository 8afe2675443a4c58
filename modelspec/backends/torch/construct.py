"""Statements of a block's construction as closures, compiled once for a class.

Comes in: the statements of a Block. Goes out: one function a statement, which does to
the module under construction what the line of a handwritten `__init__` would do, in
the same order. Nothing is looked up, checked or analysed again while modules are made.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from torch import nn

from modelspec.backends.torch import rules
from modelspec.backends.torch.containers import build_container, spread
from modelspec.backends.torch.expressions import Expressions, Read
from modelspec.backends.torch.failure import fail
from modelspec.backends.torch.owned import compile_own
from modelspec.backends.torch.values import check_module
from modelspec.diagnostics.diagnostic import Diagnostic, InternalError, Severity
from modelspec.diagnostics.span import Span
from modelspec.program import ir
from modelspec.program.names import name_problem
from modelspec.pysubset.values import Scope

# `Any`: a list, a dict, or the construction itself, as the place has it.
Step = Callable[["Construction", Any], None]
Make = Callable[["Construction"], object]


@dataclass(slots=True)
class Construction:
    """One module while it is made."""

    module: nn.Module
    scope: Scope
    warnings: list[Diagnostic]
    names: set[str] = field(default_factory=set)

    def warn(self, code: str, message: str, span: Span) -> None:
        """Once for each place, however many modules are made there."""
        found = Diagnostic(code, message, span, severity=Severity.WARNING)
        if found not in self.warnings:
            self.warnings.append(found)


class Place(Enum):
    """Where children go: into the module itself, or into a container to be."""

    MODULE = "module"
    LIST = "list"
    NAMED = "named"


class Compiler:
    """Compiles the statements of one block."""

    def __init__(self, block: ir.Block, expressions: Expressions, base: str) -> None:
        self._block = block
        self._expressions = expressions
        self._base = base

    def steps(self, body: Sequence[ir.Statement], place: Place) -> tuple[Step, ...]:
        return tuple(self.step(one, place, self._base) for one in body)

    def step(self, one: ir.Statement, place: Place, base: str) -> Step:
        """`base` is the class whose names a child must not hide."""
        match one:
            case ir.Let():
                return self._let(one)
            case ir.For():
                return self._for(one, place, base)
            case ir.If():
                return self._if(one, place, base)
            case ir.Child():
                return self._child(one, place, base)
            case ir.Splice():
                return self._splice(one, place, base)
            case ir.Replace():
                return self._replace(one)
            case ir.OwnParameter() | ir.OwnBuffer() | ir.OwnAttribute() | ir.Keep():
                return compile_own(one, self._expressions, self.name(one, base))
            case ir.CallMethod():
                return self._call_method(one)
        return rules.compile_rule(one, self._expressions)

    # --- flow -------------------------------------------------------------------

    def _let(self, one: ir.Let) -> Step:
        make = self.value(one.value)
        assign = self._expressions.assign(one.target)

        def step(at: Construction, sink: Any) -> None:
            assign(at.scope, make(at))

        return step

    def _for(self, one: ir.For, place: Place, base: str) -> Step:
        iterate = self._expressions.iterate(one.iterable)
        assign = self._expressions.assign(one.target)
        body = tuple(self.step(inner, place, base) for inner in one.body)

        def step(at: Construction, sink: Any) -> None:
            scope = at.scope
            for item in iterate(scope):
                assign(scope, item)
                for inner in body:
                    inner(at, sink)

        return step

    def _if(self, one: ir.If, place: Place, base: str) -> Step:
        test = self._expressions.test(one.test)
        body = tuple(self.step(inner, place, base) for inner in one.body)
        orelse = tuple(self.step(inner, place, base) for inner in one.orelse)

        def step(at: Construction, sink: Any) -> None:
            for inner in body if test(at.scope) else orelse:
                inner(at, sink)

        return step

    # --- children ---------------------------------------------------------------

    def value(self, value: ir.ModuleValue) -> Make:
        """Makes what stands where a module is expected; not checked to be one."""
        if isinstance(value, ir.Container):
            return self._container(value)
        read = self._expressions.made(value.expression, value.span)

        def make(at: Construction) -> object:
            return read(at.scope)

        return make

    def _container(self, one: ir.Container) -> Make:
        if _takes_names_of_value(one):
            return self._sequence_of_value(one)
        place = Place.NAMED if one.named else Place.LIST
        path = ast.unparse(one.callee) if one.into is None else "Module"
        base = path.removeprefix("nn.")
        body = tuple(self.step(inner, place, base) for inner in one.children)
        finish = build_container(one, self._expressions)
        empty = dict if one.named else list

        def make(at: Construction) -> object:
            sink: Any = empty()
            for inner in body:
                inner(at, sink)
            return finish(at.scope, sink)

        return make

    def _sequence_of_value(self, one: ir.Container) -> Make:
        """`Sequential: ${value}`: named as the value is, known when it is made."""
        splice = one.children[0]
        assert isinstance(splice, ir.Splice)
        read, span = self._expressions.made(splice.value, splice.span), splice.span
        in_order = build_container(one, self._expressions)
        by_name = build_container(replace(one, named=True), self._expressions)

        def make(at: Construction) -> object:
            items = spread(read(at.scope), span)
            if all(name is None for name, _ in items):
                return in_order(
                    at.scope, [check_module(item, span) for _, item in items]
                )
            named = {
                check_name(name, "Sequential", span): check_module(item, span)
                for name, item in items
            }
            return by_name(at.scope, named)

        return make

    def _child(self, one: ir.Child, place: Place, base: str) -> Step:
        make, span = self.value(one.value), one.value.span
        tensors = place is not Place.MODULE and base.startswith("Parameter")
        if one.name is None:
            return _positional(make, span, place, tensors)
        name = self.name(one, base)
        if place is Place.NAMED:
            return _named(make, span, name, tensors)
        text = one.name.value if isinstance(one.name, ast.Constant) else None
        # An item of a ModuleDict is there even where it is None.
        if base != "ModuleDict" and _is_attribute(text):
            return _attribute(make, span, name)
        return _added(make, span, name)

    def name(self, one: ir.Statement, base: str) -> Read:
        """Reads the name that a statement gives; a computed one is checked."""
        key = one.path if isinstance(one, ir.Replace) else getattr(one, "name", None)
        if isinstance(key, str):
            return lambda scope: key
        if isinstance(key, ast.Constant):
            text = key.value
            return lambda scope: text
        if key is None:
            raise InternalError(f"{type(one).__name__} has no name")
        read, span = self._expressions.read(key), self._expressions.span(key)

        def checked(scope: Scope) -> object:
            return check_name(read(scope), base, span)

        return checked

    def _splice(self, one: ir.Splice, place: Place, base: str) -> Step:
        read = self._expressions.made(one.value, one.span)
        tensors = place is not Place.MODULE and base.startswith("Parameter")

        def step(at: Construction, sink: Any) -> None:
            for name, item in spread(read(at.scope), one.span):
                value: Any = item if tensors else check_module(item, one.span)
                if place is Place.LIST:
                    sink.append(value)
                elif name is None and place is Place.NAMED:
                    fail("missing-name", "children have names here", one.span)
                elif place is Place.NAMED:
                    checked = check_name(name, base, one.span)
                    _refuse_duplicate(checked, sink, one.span)
                    sink[checked] = value
                else:
                    module = at.module
                    key = str(len(module._modules)) if name is None else name
                    module.add_module(_claim(at, key, base, one.span), value)

        return step

    def _replace(self, one: ir.Replace) -> Step:
        make, span = self.value(one.value), one.value.span
        read = self._expressions.read(one.path)
        place = self._expressions.span(one.path)

        def step(at: Construction, sink: Any) -> None:
            path = str(read(at.scope))
            module = check_module(make(at), span)
            try:
                if module is None:
                    owner, _, leaf = path.rpartition(".")
                    at.module.get_submodule(path)
                    at.module.get_submodule(owner)._modules[leaf] = None
                else:
                    at.module.set_submodule(path, module, strict=True)
            except (AttributeError, ValueError):
                fail("unknown-module", f"there is no module '{path}' to replace", place)

        return step

    def _call_method(self, one: ir.CallMethod) -> Step:
        run = self._expressions.bounded_method(one.name, one.span)

        def step(at: Construction, sink: Any) -> None:
            run(at.module)

        return step


# --- one child -----------------------------------------------------------------------


def _positional(make: Make, span: Span, place: Place, tensors: bool) -> Step:
    def into_list(at: Construction, sink: Any) -> None:
        made = make(at)
        if not (made is None or isinstance(made, nn.Module) or tensors):
            check_module(made, span)
        sink.append(made)

    def into_module(at: Construction, sink: Any) -> None:
        made = check_module(make(at), span)
        module = at.module
        module.add_module(str(len(module._modules)), made)

    return into_module if place is Place.MODULE else into_list


def _named(make: Make, span: Span, name: Read, tensors: bool) -> Step:
    def into_dict(at: Construction, sink: Any) -> None:
        key = name(at.scope)
        _refuse_duplicate(key, sink, span)
        made = make(at)
        sink[key] = made if tensors else check_module(made, span)

    return into_dict


def _attribute(make: Make, span: Span, name: Read) -> Step:
    def assigned(at: Construction, sink: Any) -> None:
        key = str(name(at.scope))
        _refuse_duplicate(key, at.names, span)
        at.names.add(key)
        setattr(at.module, key, check_module(make(at), span))

    return assigned


def _added(make: Make, span: Span, name: Read) -> Step:
    def added(at: Construction, sink: Any) -> None:
        key = str(name(at.scope))
        _claim(at, key, "Module", span)
        made = check_module(make(at), span)
        try:
            at.module.add_module(key, made)
        except KeyError:
            fail("bad-name", f"'{key}' is taken in this block", span)

    return added


def _takes_names_of_value(one: ir.Container) -> bool:
    alone = len(one.children) == 1 and isinstance(one.children[0], ir.Splice)
    is_sequential = one.into is None and ast.unparse(one.callee) == "nn.Sequential"
    return alone and is_sequential and not one.named


def _is_attribute(name: object) -> bool:
    """Whether a name is written `self.name = ...`; None is no child then."""
    return isinstance(name, str) and name.isidentifier()


# --- names ---------------------------------------------------------------------------


def check_name(name: object, base: str, span: Span) -> str:
    """A computed name, held against the rule for those written out."""
    if not isinstance(name, str):
        fail("bad-name", f"a name must be a string, got {type(name).__name__}", span)
    problem = name_problem(name, base)
    if problem is not None:
        shown = name if len(name) <= 60 else f"{name[:60]}..."
        fail("bad-name", f"the name {shown!r} is not allowed: {problem}", span)
    return name


def _claim(at: Construction, key: str, base: str, span: Span) -> str:
    checked = check_name(key, base, span)
    _refuse_duplicate(checked, at.names, span)
    at.names.add(checked)
    return checked


def _refuse_duplicate(name: object, taken: Any, span: Span) -> None:
    if name in taken:
        fail("duplicate-name", f"'{name}' is registered twice", span)
