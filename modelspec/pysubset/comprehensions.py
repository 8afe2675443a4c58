"""List, set and dict comprehensions, and generators, which stay lazy.

Their names live in the scope's `hidden` names under keys of their own, so that they
end with them. A generator keeps its names aside while it waits, as another one made
by the same text may run meanwhile.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from modelspec.pysubset.code import Code, cost
from modelspec.pysubset.collecting import add_to_set, put
from modelspec.pysubset.faults import Fault
from modelspec.pysubset.values import Scope

if TYPE_CHECKING:
    from modelspec.pysubset.closures import Closures

Comprehension: TypeAlias = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
Rows: TypeAlias = Callable[[Scope, Iterator[object]], Iterator[None]]

_serial = itertools.count()


def comprehension(closures: Closures, node: Comprehension) -> Code:
    # Python goes through the first iterable in the scope outside.
    first = _iterable(closures, node.generators[0].iter)
    keys = _keys(node)
    with closures.names.inside(keys):
        rows = _rows(closures, node, 0)
        finish = _FINISHERS[type(node)](closures, node, rows, list(keys.values()))
    return lambda scope: finish(scope, first(scope))


def _keys(node: Comprehension) -> dict[str, str]:
    names = [
        one.id
        for generator in node.generators
        for one in ast.walk(generator.target)
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
    ]
    serial = next(_serial)
    return {name: f"{name}@{serial}" for name in names}


def _iterable(closures: Closures, node: ast.expr) -> Code:
    run, code = closures.run, closures.compile(node)

    def iterate(scope: Scope) -> Iterator[object]:
        value = code(scope)
        try:
            return run.iterate(value)
        except Fault as fault:
            raise closures.located(fault, node) from None

    return iterate


def _rows(closures: Closures, node: Comprehension, index: int) -> Rows:
    """Goes through the loops from the `index`th on, names set at each stop."""
    generator = node.generators[index]
    store = closures.store(generator.target)
    tests = [closures.truth(test) for test in generator.ifs]
    budget = closures.run.budget
    steps = 1 + sum(cost(test) for test in generator.ifs)
    inner: Rows | None = None
    if index + 1 < len(node.generators):
        inner = _rows(closures, node, index + 1)
        more = _iterable(closures, node.generators[index + 1].iter)
        steps += cost(node.generators[index + 1].iter)
    else:
        steps += sum(cost(part) for part in _parts(node))

    def rows(scope: Scope, items: Iterator[object]) -> Iterator[None]:
        try:
            for item in items:
                budget.charge(steps)
                store(scope, item)
                for test in tests:
                    if not test(scope):
                        break
                else:
                    if inner is None:
                        yield
                    else:
                        yield from inner(scope, more(scope))
        except Fault as fault:
            raise closures.located(fault, generator.iter) from None

    return rows


def _parts(node: Comprehension) -> list[ast.expr]:
    return [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]


def _list(
    closures: Closures, node: ast.ListComp, rows: Rows, keys: list[str]
) -> _Finish:
    item = closures.compile(node.elt)
    budget = closures.run.budget
    most = budget.limits.items

    def finish(scope: Scope, items: Iterator[object]) -> list[object]:
        found: list[object] = []
        _forget(scope, keys)
        for _ in rows(scope, items):
            found.append(item(scope))
            if len(found) > most:
                _too_many(closures, node, len(found))
        return found

    return finish


def _too_many(closures: Closures, node: Comprehension, count: int) -> None:
    try:
        closures.run.budget.items(count)
    except Fault as fault:
        raise closures.located(fault, node) from None


def _forget(scope: Scope, keys: list[str]) -> None:
    """What an earlier run of the same text has left."""
    for key in keys:
        scope.hidden.pop(key, None)


def _set(closures: Closures, node: ast.SetComp, rows: Rows, keys: list[str]) -> _Finish:
    run, item = closures.run, closures.compile(node.elt)

    def finish(scope: Scope, items: Iterator[object]) -> set[object]:
        found: set[object] = set()
        _forget(scope, keys)
        for _ in rows(scope, items):
            value = item(scope)
            try:
                add_to_set(run, found, value)
            except Fault as fault:
                raise closures.located(fault, node.elt) from None
        return found

    return finish


def _dict(
    closures: Closures, node: ast.DictComp, rows: Rows, keys: list[str]
) -> _Finish:
    run = closures.run
    key, value = closures.compile(node.key), closures.compile(node.value)

    def finish(scope: Scope, items: Iterator[object]) -> dict[object, object]:
        found: dict[object, object] = {}
        _forget(scope, keys)
        for _ in rows(scope, items):
            at, held = key(scope), value(scope)
            try:
                put(run, found, at, held)
            except Fault as fault:
                raise closures.located(fault, node.key) from None
        return found

    return finish


def _generator(
    closures: Closures, node: ast.GeneratorExp, rows: Rows, keys: list[str]
) -> _Finish:
    item = closures.compile(node.elt)

    def finish(scope: Scope, items: Iterator[object]) -> Iterator[object]:
        hidden = scope.hidden
        _forget(scope, keys)
        for _ in rows(scope, items):
            value = item(scope)
            kept = {key: hidden[key] for key in keys if key in hidden}
            yield value
            hidden.update(kept)

    return finish


_Finish: TypeAlias = Callable[[Scope, Iterator[object]], object]

# `...` as each takes the node type it stands beside.
_FINISHERS: dict[type[ast.AST], Callable[..., _Finish]] = {
    ast.ListComp: _list,
    ast.SetComp: _set,
    ast.DictComp: _dict,
    ast.GeneratorExp: _generator,
}
