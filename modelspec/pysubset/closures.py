"""Expressions compiled to closures: once per node, run many times.

Each node becomes a function of a `Scope`. A fault inside is located at the smallest
node that has it. Names of comprehensions and, in a spec function, its locals are told
apart here, so that scopes are Python's.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import field
from typing import Any, TypeAlias

from modelspec.diagnostics.span import Source
from modelspec.pysubset.access import (
    attribute,
    nearest,
    no_attribute,
    set_item,
    subscript,
)
from modelspec.pysubset.arithmetic import binary, unary
from modelspec.pysubset.builtin import MATH, NAMES, add_to_set, put, update
from modelspec.pysubset.comparison import compare
from modelspec.pysubset.faults import (
    EvaluationError,
    Fault,
    at_span,
    called_from,
    located,
)
from modelspec.pysubset.methods import Method, method
from modelspec.pysubset.place import (
    span_of_attribute_name,
    span_of_keyword,
)
from modelspec.pysubset.refused import dotted_name
from modelspec.pysubset.runtime import Runtime, SpecCallable
from modelspec.pysubset.template import converted, formatted
from modelspec.pysubset.values import MISSING, Scope, kind_of
from modelspec.records import dataclass

Code: TypeAlias = Callable[[Scope], Any]
Store: TypeAlias = Callable[[Scope, Any], None]

_WORLD_ROOTS = frozenset({"nn", "torch", "F"})


@dataclass(slots=True)
class Names:
    """What is known of names while a text is compiled.

    `own` are the locals of the spec function around it, None outside of one;
    `hidden` the names of the comprehensions around it, innermost last.
    """

    own: frozenset[str] | None = None
    hidden: list[dict[str, str]] = field(default_factory=list)

    def key(self, name: str) -> str | None:
        for names in reversed(self.hidden):
            if name in names:
                return names[name]
        return None

    def has(self, name: str) -> bool:
        return self.key(name) is not None or (self.own is not None and name in self.own)

    @contextmanager
    def inside(self, names: dict[str, str]) -> Iterator[None]:
        self.hidden.append(names)
        try:
            yield
        finally:
            self.hidden.pop()


class Closures:
    """Compiles the expressions of one source."""

    _serial = 0

    def __init__(self, run: Runtime, source: Source, names: Names) -> None:
        self.run = run
        self.source = source
        self.names = names

    def compile(self, node: ast.expr) -> Code:
        compiler = _COMPILERS.get(type(node))
        if compiler is None:
            what = type(node).__name__
            fault = Fault("unsupported-syntax", f"{what} cannot be evaluated")
            raise located(fault, node, self.source)
        return compiler(self, node)

    def located(self, fault: Fault, node: ast.AST) -> EvaluationError:
        return located(fault, node, self.source)

    def several(self, nodes: list[ast.expr]) -> Code:
        """The values of list items or arguments, `*` unpacked, in a new list."""
        if any(isinstance(node, ast.Starred) for node in nodes):
            return self._unpacked(nodes)
        codes = [self.compile(node) for node in nodes]
        if all(isinstance(node, ast.Constant) for node in nodes):
            values = [code(_NO_SCOPE) for code in codes]
            return lambda scope: values[:]
        if len(codes) == 1:
            only = codes[0]
            return lambda scope: [only(scope)]
        if len(codes) == 2:
            first, second = codes
            return lambda scope: [first(scope), second(scope)]
        return lambda scope: [code(scope) for code in codes]

    def _unpacked(self, nodes: list[ast.expr]) -> Code:
        run = self.run
        parts = [
            (isinstance(node, ast.Starred), node, self.compile(_inner(node)))
            for node in nodes
        ]

        def several(scope: Scope) -> list[object]:
            found: list[object] = []
            for starred, node, code in parts:
                value = code(scope)
                if not starred:
                    found.append(value)
                    continue
                try:
                    found.extend(run.listed(value))
                    run.budget.items(len(found))
                except Fault as fault:
                    raise self.located(fault, _inner(node)) from None
            return found

        return several

    # Atoms

    def constant(self, node: ast.Constant) -> Code:
        value = node.value
        if isinstance(value, (bytes, complex)):
            fault = Fault("unsupported-syntax", f"{kind_of(value)} is no plain value")
            raise self.located(fault, node)
        if (
            type(value) is int
            and value.bit_length() > self.run.budget.limits.integer_bits
        ):
            fault = Fault("limit-exceeded", "this integer is too large")
            raise self.located(fault, node)
        return lambda scope: value

    def name(self, node: ast.Name) -> Code:
        name = node.id
        key = self.names.key(name)
        if key is not None:
            return self._hidden(node, key)
        if self.names.own is not None and name in self.names.own:
            return self._local(node)
        builtin = NAMES.get(name, MISSING)

        def look_up(scope: Scope) -> object:
            value = scope.locals.get(name, MISSING)
            if value is MISSING:
                value = scope.globals.get(name, builtin)
                if value is MISSING:
                    raise self._undefined(node, scope)
            return value

        return look_up

    def _hidden(self, node: ast.Name, key: str) -> Code:
        def look_up(scope: Scope) -> object:
            try:
                return scope.hidden[key]
            except KeyError:
                raise self._unset(node) from None

        return look_up

    def _local(self, node: ast.Name) -> Code:
        name = node.id

        def look_up(scope: Scope) -> object:
            try:
                return scope.locals[name]
            except KeyError:
                raise self._unset(node) from None

        return look_up

    def _unset(self, node: ast.Name) -> EvaluationError:
        message = f"'{node.id}' is read before it is set"
        return self.located(Fault("undefined-name", message), node)

    def _undefined(self, node: ast.Name, scope: Scope) -> EvaluationError:
        near = nearest(node.id, [*scope.locals, *scope.globals, *NAMES])
        note = f"did you mean '{near}'?" if near else ""
        message = f"there is nothing named '{node.id}'"
        return self.located(Fault("undefined-name", message, note=note), node)

    # Operators

    def binary(self, node: ast.BinOp) -> Code:
        run, name = self.run, type(node.op).__name__
        left, right = self.compile(node.left), self.compile(node.right)

        def operate(scope: Scope) -> object:
            try:
                return binary(run, name, left(scope), right(scope))
            except Fault as fault:
                raise self.located(fault, node) from None

        return operate

    def unary(self, node: ast.UnaryOp) -> Code:
        run, name = self.run, type(node.op).__name__
        operand = self.compile(node.operand)

        def negate(scope: Scope) -> bool:
            try:
                return not run.truth(operand(scope))
            except Fault as fault:
                raise self.located(fault, node.operand) from None

        def operate(scope: Scope) -> object:
            try:
                return unary(run, name, operand(scope))
            except Fault as fault:
                raise self.located(fault, node) from None

        return negate if name == "Not" else operate

    def truth(self, node: ast.expr) -> Code:
        """The node's value as a bool."""
        run, code = self.run, self.compile(node)

        def truth(scope: Scope) -> bool:
            value = code(scope)
            if value is True or value is False:
                return value
            try:
                return run.truth(value)
            except Fault as fault:
                raise self.located(fault, node) from None

        return truth

    def boolean(self, node: ast.BoolOp) -> Code:
        run, stop = self.run, isinstance(node.op, ast.Or)
        *first, last = [(part, self.compile(part)) for part in node.values]
        end = last[1]

        def decide(scope: Scope) -> object:
            for part, code in first:
                value = code(scope)
                try:
                    if run.truth(value) is stop:
                        return value
                except Fault as fault:
                    raise self.located(fault, part) from None
            return end(scope)

        return decide

    def conditional(self, node: ast.IfExp) -> Code:
        test = self.truth(node.test)
        yes, no = self.compile(node.body), self.compile(node.orelse)
        return lambda scope: yes(scope) if test(scope) else no(scope)

    def comparison(self, node: ast.Compare) -> Code:
        run = self.run
        first = self.compile(node.left)
        rest = [
            (type(operator).__name__, self.compile(right))
            for operator, right in zip(node.ops, node.comparators, strict=True)
        ]
        *chain, (last_name, last) = rest

        def relate(scope: Scope) -> object:
            left = first(scope)
            try:
                for name, code in chain:
                    right = code(scope)
                    outcome = compare(run, name, left, right)
                    if not run.truth(outcome):
                        return outcome
                    left = right
                return compare(run, last_name, left, last(scope))
            except Fault as fault:
                raise self.located(fault, node) from None

        return relate

    # Attributes, subscripts, calls

    def attribute(self, node: ast.Attribute) -> Code:
        known = self._known(node)
        if isinstance(known, EvaluationError):
            # Found now, told when it is reached, as Python does.
            return _raising(known)
        if known is not MISSING:
            return lambda scope: known
        run, name = self.run, node.attr
        value = self.compile(node.value)

        def read(scope: Scope) -> object:
            of = value(scope)
            try:
                return attribute(run, of, name)
            except Fault as fault:
                raise self._at_name(fault, node) from None

        return read

    def _at_name(self, fault: Fault, node: ast.Attribute) -> EvaluationError:
        return at_span(fault, span_of_attribute_name(node, self.source))

    def _known(self, node: ast.Attribute) -> object:
        """What `nn.Linear` or `math.sqrt` is, settled once.

        MISSING for other expressions, an error for names that do not exist.
        """
        dotted = dotted_name(node)
        if dotted is None:
            return MISSING
        root, _, name = dotted.partition(".")
        if self.names.has(root):
            return MISSING
        if root == "math":
            if name in MATH:
                return MATH[name]
            if "." in name:
                return MISSING
            return self._at_name(self._no_such(dotted, name, list(MATH)), node)
        if root not in _WORLD_ROOTS:
            return MISSING
        found = self.run.world.resolve(dotted)
        if found is not None:
            return found
        if isinstance(node.value, ast.Attribute) and self._resolves(node.value):
            return MISSING
        return self._at_name(self._no_such(dotted, name, []), node)

    def _resolves(self, node: ast.Attribute) -> bool:
        """Whether this or what it is an attribute of is known."""
        if self.run.world.resolve(dotted_name(node) or "") is not None:
            return True
        return isinstance(node.value, ast.Attribute) and self._resolves(node.value)

    def _no_such(self, dotted: str, name: str, known: list[str]) -> Fault:
        near = nearest(name, known)
        note = f"did you mean '{near}'?" if near else ""
        return Fault("undefined-name", f"there is nothing named '{dotted}'", note=note)

    def subscript(self, node: ast.Subscript) -> Code:
        run = self.run
        value, index = self.compile(node.value), self.compile(node.slice)

        def take(scope: Scope) -> object:
            of, at = value(scope), index(scope)
            try:
                return subscript(run, of, at)
            except Fault as fault:
                place = node.slice if fault.code in _ABOUT_INDEX else node
                raise self.located(fault, place) from None

        return take

    def slice(self, node: ast.Slice) -> Code:
        parts = [
            self.compile(part) if part is not None else _nothing
            for part in (node.lower, node.upper, node.step)
        ]
        lower, upper, step = parts
        return lambda scope: slice(lower(scope), upper(scope), step(scope))

    def call(self, node: ast.Call) -> Code:
        args = self.several(node.args)
        kwargs = self._keywords(node)
        function = node.func
        if isinstance(function, ast.Attribute):
            known = self._known(function)
            if known is MISSING:
                return self._method_call(node, function, args, kwargs)
            if not isinstance(known, EvaluationError) and not self.run.is_plain(known):
                return self._world_call(node, known, args, kwargs)
        run, target = self.run, self.compile(function)

        def call(scope: Scope) -> object:
            called = target(scope)
            given, named = args(scope), kwargs(scope)
            try:
                return run.call(called, given, named)
            except Fault as fault:
                raise self._bad_call(fault, node) from None
            except EvaluationError as error:
                if isinstance(called, SpecCallable):
                    raise called_from(error, node, self.source) from None
                raise

        return call

    def _world_call(
        self, node: ast.Call, known: object, args: Code, kwargs: Code
    ) -> Code:
        """The usual call, `nn.Linear(8, 8)`: nothing is left to find out."""
        call = self.run.call_world

        def make(scope: Scope) -> object:
            given, named = args(scope), kwargs(scope)
            try:
                return call(known, given, named)
            except Fault as fault:
                raise self._bad_call(fault, node) from None

        return make

    def _method_call(
        self, node: ast.Call, function: ast.Attribute, args: Code, kwargs: Code
    ) -> Code:
        run, name = self.run, function.attr
        value = self.compile(function.value)

        def call(scope: Scope) -> object:
            of = value(scope)
            called: Method | None = method(of, name)
            target: object = None
            try:
                if called is None:
                    target = attribute(run, of, name)
            except Fault as fault:
                if type(of) is dict and fault.code == "unknown-key":
                    fault = no_attribute(of, name)
                raise self._at_name(fault, function) from None
            given, named = args(scope), kwargs(scope)
            try:
                if called is not None:
                    return called(run, of, given, named)
                return run.call(target, given, named)
            except Fault as fault:
                raise self._bad_call(fault, node) from None

        return call

    def _bad_call(self, fault: Fault, node: ast.Call) -> EvaluationError:
        if fault.code == "not-callable":
            return self.located(fault, node.func)
        if fault.code == "unexpected-argument":
            for keyword in node.keywords:
                if keyword.arg and f"'{keyword.arg}'" in fault.message:
                    return at_span(fault, span_of_keyword(keyword, self.source))
        return self.located(fault, node)

    def _keywords(self, node: ast.Call) -> Code:
        if not node.keywords:
            return lambda scope: {}
        parts = [(one.arg, one.value, self.compile(one.value)) for one in node.keywords]
        if all(arg is not None for arg, _, _ in parts):
            if all(isinstance(value, ast.Constant) for _, value, _ in parts):
                values = {str(arg): code(_NO_SCOPE) for arg, _, code in parts}
                return lambda scope: values.copy()
            pairs = [(str(arg), code) for arg, _, code in parts]
            return lambda scope: {arg: code(scope) for arg, code in pairs}

        def named(scope: Scope) -> dict[str, object]:
            found: dict[str, object] = {}
            for arg, value, code in parts:
                given = code(scope)
                more = {arg: given} if arg is not None else given
                try:
                    self._merge(found, more)
                except Fault as fault:
                    raise self.located(fault, value) from None
            return found

        return named

    def _merge(self, found: dict[str, object], more: Any) -> None:
        if type(more) is not dict:
            message = f"`**` takes a dict, got {kind_of(more)}"
            raise Fault("wrong-argument", message)
        self.run.budget.items(len(more))
        for key, value in more.items():
            if type(key) is not str:
                message = f"`**` takes names as keys, got {kind_of(key)}"
                raise Fault("wrong-argument", message)
            if key in found:
                raise Fault("wrong-argument", f"the argument '{key}' is given twice")
            found[key] = value

    # Displays

    def list(self, node: ast.List) -> Code:
        return self.several(node.elts)

    def tuple(self, node: ast.Tuple) -> Code:
        items = self.several(node.elts)
        return lambda scope: tuple(items(scope))

    def set(self, node: ast.Set) -> Code:
        run, items = self.run, self.several(node.elts)

        def collect(scope: Scope) -> set[object]:
            found: set[object] = set()
            try:
                for item in items(scope):
                    add_to_set(run, found, item)
            except Fault as fault:
                raise self.located(fault, node) from None
            return found

        return collect

    def dict(self, node: ast.Dict) -> Code:
        run = self.run
        parts = [
            (key, None if key is None else self.compile(key), self.compile(value))
            for key, value in zip(node.keys, node.values, strict=True)
        ]

        def collect(scope: Scope) -> dict[object, object]:
            found: dict[object, object] = {}
            for place, key, value in parts:
                at = None if key is None else key(scope)
                held = value(scope)
                try:
                    if key is not None:
                        put(run, found, at, held)
                    elif type(held) is dict:
                        update(run, found, held, {})
                    else:
                        message = f"`**` takes a dict, got {kind_of(held)}"
                        raise Fault("wrong-argument", message)
                except Fault as fault:
                    raise self.located(fault, place or node) from None
            return found

        return collect

    # f-strings

    def f_string(self, node: ast.JoinedStr) -> Code:
        run = self.run
        parts = [self.compile(part) for part in node.values]

        def write(scope: Scope) -> str:
            written = [part(scope) for part in parts]
            try:
                run.budget.characters(sum(map(len, written)))
            except Fault as fault:
                raise self.located(fault, node) from None
            return "".join(written)

        return write

    def field(self, node: ast.FormattedValue) -> Code:
        run = self.run
        value = self.compile(node.value)
        spec = _no_text if node.format_spec is None else self.compile(node.format_spec)
        conversion = chr(node.conversion) if node.conversion > 0 else ""

        def write(scope: Scope) -> str:
            shown = value(scope)
            try:
                if conversion:
                    shown = converted(run, shown, conversion)
                wanted = spec(scope)
                return formatted(run, shown, wanted)
            except Fault as fault:
                raise self.located(fault, node.value) from None

        return write

    # Comprehensions

    def comprehension(self, node: Any) -> Code:
        from modelspec.pysubset.comprehensions import comprehension

        return comprehension(self, node)

    # Targets

    def store(self, node: ast.expr) -> Store:
        """Assignment of a value to a target."""
        if isinstance(node, ast.Name):
            return self._store_name(node.id)
        if isinstance(node, (ast.Tuple, ast.List)):
            return self._store_several(node)
        if isinstance(node, ast.Subscript):
            return self._store_item(node)
        fault = Fault("invalid-target", "this cannot be assigned to here")
        raise self.located(fault, node)

    def _store_name(self, name: str) -> Store:
        key = self.names.key(name)

        def hide(scope: Scope, value: object) -> None:
            scope.hidden[key] = value  # type: ignore[index]  # used where it is a key

        def keep(scope: Scope, value: object) -> None:
            scope.locals[name] = value

        return keep if key is None else hide

    def _store_several(self, node: ast.Tuple | ast.List) -> Store:
        run = self.run
        stores = [self.store(_inner(item)) for item in node.elts]
        stars = [i for i, one in enumerate(node.elts) if isinstance(one, ast.Starred)]
        star = stars[0] if stars else None

        def spread(scope: Scope, value: object) -> None:
            try:
                values = _spread(run, value, len(stores), star)
            except Fault as fault:
                raise self.located(fault, node) from None
            for store, one in zip(stores, values, strict=True):
                store(scope, one)

        return spread

    def _store_item(self, node: ast.Subscript) -> Store:
        run = self.run
        value, index = self.compile(node.value), self.compile(node.slice)

        def put_item(scope: Scope, item: object) -> None:
            of, at = value(scope), index(scope)
            try:
                set_item(run, of, at, item)
            except Fault as fault:
                raise self.located(fault, node) from None

        return put_item


_ABOUT_INDEX = frozenset({"index-out-of-range", "unknown-key"})
_NO_SCOPE = Scope({}, {})


def _raising(error: EvaluationError) -> Code:
    def fail(scope: Scope) -> object:
        raise EvaluationError(error.diagnostic)

    return fail


def _nothing(scope: Scope) -> None:
    return None


def _no_text(scope: Scope) -> str:
    return ""


def _inner(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Starred) else node


def _spread(run: Runtime, value: object, count: int, star: int | None) -> list[object]:
    """The values for so many targets, those of a starred one in a list."""
    if star is not None:
        items = run.listed(value)
        if len(items) < count - 1:
            raise _mismatch(f"at least {count - 1}", len(items))
        end = len(items) - (count - 1 - star)
        return [*items[:star], items[star:end], *items[end:]]
    items = []
    for item in run.iterate(value):
        items.append(item)
        if len(items) > count:
            got = len(value) if type(value) in (list, tuple) else "more"  # type: ignore[arg-type]
            raise _mismatch(str(count), got)
    if len(items) < count:
        raise _mismatch(str(count), len(items))
    return items


def _mismatch(expected: str, got: object) -> Fault:
    plural = "" if expected == "1" else "s"
    message = f"expected {expected} value{plural} to unpack, got {got}"
    return Fault("unpack-mismatch", message)


def cost(node: ast.AST) -> int:
    """What one evaluation of a node is charged: the number of its expressions."""
    return sum(isinstance(one, ast.expr) for one in ast.walk(node)) or 1


# `Any` as each method takes the node type it stands beside.
_COMPILERS: dict[type[ast.AST], Callable[[Closures, Any], Code]] = {
    ast.Attribute: Closures.attribute,
    ast.BinOp: Closures.binary,
    ast.BoolOp: Closures.boolean,
    ast.Call: Closures.call,
    ast.Compare: Closures.comparison,
    ast.Constant: Closures.constant,
    ast.Dict: Closures.dict,
    ast.DictComp: Closures.comprehension,
    ast.FormattedValue: Closures.field,
    ast.GeneratorExp: Closures.comprehension,
    ast.IfExp: Closures.conditional,
    ast.JoinedStr: Closures.f_string,
    ast.List: Closures.list,
    ast.ListComp: Closures.comprehension,
    ast.Name: Closures.name,
    ast.Set: Closures.set,
    ast.SetComp: Closures.comprehension,
    ast.Slice: Closures.slice,
    ast.Subscript: Closures.subscript,
    ast.Tuple: Closures.tuple,
    ast.UnaryOp: Closures.unary,
}
