"""Functions of the spec as values: bound like Python's, run within the budget."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from modelspec.diagnostics.span import Source
from modelspec.pysubset.closures import Closures
from modelspec.pysubset.code import Names
from modelspec.pysubset.faults import Fault, limit, located
from modelspec.pysubset.runtime import Arguments, Keywords, Runtime, SpecCallable
from modelspec.pysubset.statements import block
from modelspec.pysubset.values import Scope


class FunctionValue(SpecCallable):
    """A function that a spec defines.

    Faults in binding its arguments are the caller's; what goes wrong in its body is
    located there. It can be called as any Python function, and then too raises
    nothing but `EvaluationError` for what the spec did wrong.
    """

    __slots__ = ("_body", "_defaults", "_run", "definition", "globals", "source")

    def __init__(
        self,
        run: Runtime,
        definition: ast.FunctionDef,
        source: Source,
        globals: Mapping[str, object],
    ) -> None:
        self._run = run
        self.definition = definition
        self.source = source
        self.globals = globals
        closures = Closures(run, source, Names(own=_own_names(definition)))
        self._body = block(closures, definition.body)
        self._defaults = _defaults(closures, definition.args)

    @property
    def name(self) -> str:
        return self.definition.name

    def __repr__(self) -> str:
        return f"<function {self.name}>"

    def __call__(self, *args: object, **kwargs: object) -> object:
        try:
            return self.run(list(args), kwargs)
        except Fault as fault:
            raise located(fault, self.definition.args, self.source) from None

    def run(self, args: Arguments, kwargs: Keywords) -> object:
        scope = Scope(self._bound(args, kwargs), self.globals)
        budget = self._run.budget
        budget.enter()
        try:
            self._body(scope)
        except RecursionError:
            raise limit(f"{self.name} goes too deep") from None
        finally:
            budget.leave()
        return scope.result

    def _bound(self, args: Arguments, kwargs: Keywords) -> dict[str, object]:
        """The arguments by name, as Python binds them."""
        wanted = self.definition.args
        places = [one.arg for one in (*wanted.posonlyargs, *wanted.args)]
        found: dict[str, object] = dict(zip(places, args, strict=False))
        rest = args[len(places) :]
        if wanted.vararg is not None:
            found[wanted.vararg.arg] = tuple(rest)
        elif rest:
            message = f"{self.name} takes {len(places)} arguments, got {len(args)}"
            raise Fault("wrong-argument", message)
        named = {one.arg for one in (*wanted.args, *wanted.kwonlyargs)}
        more: dict[object, object] = {}
        for key, value in kwargs.items():
            if key not in named:
                if wanted.kwarg is None:
                    message = f"{self.name} has no argument '{key}'"
                    raise Fault("unexpected-argument", message)
                more[key] = value
            elif key in found:
                raise Fault("wrong-argument", f"{self.name} is given '{key}' twice")
            else:
                found[key] = value
        if wanted.kwarg is not None:
            found[wanted.kwarg.arg] = more
        self._fill(found, [*places, *(one.arg for one in wanted.kwonlyargs)])
        return found

    def _fill(self, found: dict[str, object], names: list[str]) -> None:
        for name in names:
            if name not in found:
                if name not in self._defaults:
                    message = f"{self.name} lacks its argument '{name}'"
                    raise Fault("missing-argument", message)
                found[name] = self._defaults[name]


def _defaults(closures: Closures, wanted: ast.arguments) -> dict[str, object]:
    """Evaluated once, at the definition."""
    places = [*wanted.posonlyargs, *wanted.args]
    late = places[len(places) - len(wanted.defaults) :]
    given = zip(late, wanted.defaults, strict=True)
    named = zip(wanted.kwonlyargs, wanted.kw_defaults, strict=True)
    scope = Scope({}, {})
    return {
        one.arg: closures.compile(default)(scope)
        for one, default in (*given, *named)
        if default is not None
    }


def _own_names(definition: ast.FunctionDef) -> frozenset[str]:
    """Arguments and whatever is assigned outside comprehensions."""
    wanted = definition.args
    found = {one.arg for one in (*wanted.posonlyargs, *wanted.args, *wanted.kwonlyargs)}
    found.update(one.arg for one in (wanted.vararg, wanted.kwarg) if one is not None)
    todo: list[ast.AST] = list(definition.body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        todo.extend(
            child
            for child in ast.iter_child_nodes(node)
            if not isinstance(child, ast.comprehension)
        )
    return frozenset(found)
