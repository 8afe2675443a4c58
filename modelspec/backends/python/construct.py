"""The body of `__init__`, statement by statement, in the order of the Program.

Comes in: a Block. Goes out: Python statements that register the same things in the
same order and draw the same random numbers. What fits is one expression; a container
with loops or conditions inside is filled as a local list or dict first.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from modelspec.backends.python.annotations import children_annotation
from modelspec.backends.python.containers import Inline, kind_of
from modelspec.backends.python.filling import joined, local_names, local_type
from modelspec.backends.python.initialization import Initialization, joined_contexts
from modelspec.backends.python.kept_vars import with_kept_vars
from modelspec.backends.python.layer_values import layer_annotation
from modelspec.backends.python.nodes import (
    annotate,
    assign,
    attribute,
    call,
    condition,
    dotted,
    loop,
    method_call,
    name,
    names_in,
    path_of,
    starred,
    statement,
    string,
    target_names,
)
from modelspec.backends.python.owned import is_true, own_attribute, own_parameter
from modelspec.backends.python.scope import Locals, names_that_outlive
from modelspec.backends.python.signature import prologue
from modelspec.backends.python.sinks import (
    SELF,
    ChildName,
    DictSink,
    ListSink,
    SelfSink,
    Sink,
    may_be_none,
)
from modelspec.backends.python.traversal import (
    expressions_of,
    leading_vars,
    statements_in,
)
from modelspec.backends.python.uses import Uses
from modelspec.diagnostics.diagnostic import InternalError
from modelspec.program import ir

Lowered = tuple[list[ast.stmt], ast.expr]


def constructor_body(
    uses: Uses, block: ir.Block, taken: Sequence[str]
) -> list[ast.stmt]:
    """All of `__init__`; empty where the class needs none."""
    block = with_kept_vars(block)
    body = _Constructor(uses, block, taken).emit()
    return [] if len(body) == 1 and _inherits_all(uses, block) else body


def _inherits_all(uses: Uses, block: ir.Block) -> bool:
    """Whether the constructor of the base takes nothing either."""
    if block.base.call is None:
        return block.base.kind == "Module" and not block.params
    made = block.base.call
    parent = uses.program.block(".".join(path_of(made.func) or ()))
    plain = not (block.params or made.args or made.keywords)
    return plain and parent is not None and not parent.params


class _Constructor:
    def __init__(self, uses: Uses, block: ir.Block, taken: Sequence[str]) -> None:
        self.block = block
        self.children = uses.given_as_children(block)
        self.inline = Inline(uses, block, names_that_outlive(block.construct))
        self.locals = Locals(block, taken)
        self.initialization = Initialization(uses, block, self.locals)

    def emit(self) -> list[ast.stmt]:
        block = self.block
        sink = SelfSink(block.base.kind, self.locals.loop_name("module", "child"))
        first = prologue(block)
        if block.base.kind == "extends":
            if block.base.call is None:
                raise InternalError(f"{block.name} extends nothing")
            made = block.base.call
            leading, rest = leading_vars(block.construct)
            start = _super(made.args, made.keywords)
            return [
                *first,
                *self._body(leading, sink),
                start,
                *self._body(rest, sink),
            ]
        before, given, after = self._given_children()
        if not given:
            return [*first, _super(), *self._body(block.construct, sink)]
        lets = [one for one in before if isinstance(one, ir.Let)]
        kept = [one for one in before if not isinstance(one, ir.Let)]
        return [
            *first,
            *self._body(lets, sink),
            *self._super_of(given),
            *self._body([*kept, *after], sink),
        ]

    # Classes that are containers ---------------------------------------------------

    def _given_children(
        self,
    ) -> tuple[list[ir.Statement], list[ir.Statement], list[ir.Statement]]:
        """What stands before, among and after children given to `super().__init__`."""
        none: tuple[list[ir.Statement], list[ir.Statement], list[ir.Statement]]
        none = [], [], []
        if self.block.base.kind not in ("Sequential", "ModuleList", "ModuleDict"):
            return none
        rest = list(self.block.construct)
        before = _take(rest, ir.Let, ir.Keep, ir.OwnAttribute)
        given = _take(rest, ir.Child, ir.Splice)
        if any(isinstance(one, ir.Child | ir.Splice) for one in _top(rest)):
            return none
        if not all(self._can_be_given(one, len(given) == 1) for one in given):
            return none
        return none if _rebinds_kept(before) else (before, given, rest)

    def _can_be_given(self, one: ir.Statement, alone: bool) -> bool:
        if any("self" in _names(inner) for inner in statements_in([one])):
            return False
        if isinstance(one, ir.Splice):
            return alone or self.inline.form(one.value) == "list"
        if not isinstance(one, ir.Child) or _has_control_flow(one):
            return False
        is_dict = self.block.base.kind == "ModuleDict"
        if is_dict and isinstance(one.value, ir.Value):
            return one.name is not None and not may_be_none(one.value.expression)
        return is_dict == (one.name is not None)

    def _super_of(self, given: list[ir.Statement]) -> list[ast.stmt]:
        """`super().__init__(first, second)`"""
        only = given[0] if len(given) == 1 else None
        if isinstance(only, ir.Splice) and self.block.base.kind == "Sequential":
            return self._super_of_splice(only.value)
        kind = self.block.base.kind
        whole = ir.Container(
            dotted(f"nn.{kind}"),
            kind == "ModuleDict",
            tuple(given),
            self.block.span,
        )
        made = self.inline.expression(whole)
        if not isinstance(made, ast.Call):
            raise InternalError("a container is no call")
        return [_super(made.args)]

    def _super_of_splice(self, value: ast.expr) -> list[ast.stmt]:
        if isinstance(value, ast.IfExp) and self.inline.form(value) == "either":
            first = self._super_of_splice(value.body)
            return [condition(value.test, first, self._super_of_splice(value.orelse))]
        as_dict = _super([call("OrderedDict", value)])
        as_list = _super([starred(value)])
        match self.inline.form(value):
            case "dict":
                return [as_dict]
            case "list":
                return [as_list]
        test = call("isinstance", value, name("dict"))
        return [condition(test, [as_dict], [as_list])]

    # Statements --------------------------------------------------------------------

    def _body(self, body: Sequence[ir.Statement], sink: Sink) -> list[ast.stmt]:
        found: list[ast.stmt] = []
        for one in body:
            found += self._statement(one, sink)
        return joined_contexts(found)

    def _statement(self, one: ir.Statement, sink: Sink) -> list[ast.stmt]:
        match one:
            case ir.Let():
                names = target_names(one.target)
                before, value = self._lower(one.value, names[0] if names else None)
                if isinstance(value, ast.Call) and self._is_unread(one.target):
                    return [*before, statement(value)]
                annotation = layer_annotation(value, self.initialization.uses.program)
                if isinstance(one.target, ast.Name) and one.target.id in self.children:
                    annotation = children_annotation(value)
                if annotation is not None and isinstance(one.target, ast.Name):
                    return [*before, annotate(one.target.id, annotation, value)]
                return [*before, assign(one.target, value)]
            case ir.For():
                body = self._body(one.body, sink) or [ast.Pass()]
                return [loop(one.target, one.iterable, body)]
            case ir.If():
                body = self._body(one.body, sink)
                orelse = self._body(one.orelse, sink)
                if not body and not orelse:
                    return []
                return [condition(one.test, body or [ast.Pass()], orelse)]
            case ir.Child():
                before, value = self._lower(one.value, _role(one.name))
                return [*before, sink.child(one.name, value)]
            case ir.Splice():
                return self._splice(one.value, sink)
            case ir.Replace():
                before, value = self._lower(one.value, _role(one.path))
                replace = method_call(SELF, "set_submodule", one.path, value)
                return [*before, statement(replace)]
        return self._own(one)

    def _splice(self, value: ast.expr, sink: Sink) -> list[ast.stmt]:
        """A choice between a list and a dict is made once."""
        form = self.inline.form(value)
        if form == "either" and isinstance(value, ast.IfExp):
            first = self._splice(value.body, sink)
            return [condition(value.test, first, self._splice(value.orelse, sink))]
        return sink.splice(value, form)

    def _is_unread(self, target: ast.expr) -> bool:
        """`let _ = widths.append(4)` is written for what the call does."""
        return target_names(target) == ["_"] and "_" not in self.inline.outliving

    def _own(self, one: ir.Statement) -> list[ast.stmt]:
        match one:
            case ir.OwnParameter():
                return [own_parameter(one)]
            case ir.OwnBuffer():
                made = method_call(SELF, "register_buffer", one.name, one.value)
                if one.persistent is not None and not is_true(one.persistent):
                    made.keywords = [ast.keyword("persistent", one.persistent)]
                return [statement(made)]
            case ir.OwnAttribute():
                return [own_attribute(one.name, one.value)]
            case ir.Keep():
                return [assign(attribute(SELF, one.name), name(one.name))]
            case ir.CallMethod():
                return [statement(method_call(SELF, one.name))]
            case ir.InitByType() | ir.InitByName() | ir.Tie() | ir.Freeze():
                return self.initialization.emit(one)
        raise InternalError(f"no way to write {type(one).__name__}")

    # Containers --------------------------------------------------------------------

    def _lower(self, value: ir.ModuleValue, role: str | None) -> Lowered:
        """The statements that must come first, and the value."""
        if isinstance(value, ir.Value) or self.inline.fits(value):
            return [], self.inline.expression(value)
        first, *others = value.children
        match first:
            case ir.Child(value=ir.Container()) if all(map(self._fits_beside, others)):
                before, made = self._lower(first.value, _role(first.name) or role)
                ready = replace(first, value=ir.Value(made, first.span))
                whole = replace(value, children=(ready, *others))
                return before, self.inline.expression(whole)
        return self._filled(value, role)

    def _fits_beside(self, one: ir.Statement) -> bool:
        return isinstance(one, ir.Child) and self.inline.fits(one.value)

    def _filled(self, container: ir.Container, role: str | None) -> Lowered:
        """A local list or dict, filled by statements, then the container around it."""
        annotation, empty = local_type(container)
        with self.locals.claim(local_names(container, role), annotation) as (
            local,
            new,
        ):
            start, rest = self._start(container, empty)
            made = annotate(local, annotation, start)
            first = made if new else assign(name(local), start)
            sink = DictSink(local) if container.named else ListSink(local)
            body = joined(self._body(rest, sink), local)
        whole = self.inline.finish(container, name(local), mapping=container.named)
        if isinstance(whole, ast.Call) and kind_of(container) == "nn.Sequential":
            argument = name(local)
            given = argument if container.named else starred(argument)
            whole = call(container.callee, given)
        return [first, *body], whole

    def _start(
        self, container: ir.Container, empty: ast.expr
    ) -> tuple[ast.expr, Sequence[ir.Statement]]:
        """The first children that are plain stand in the list from the start."""
        count = 0
        if not container.named:
            while self._fits_beside(container.children[count]):
                count += 1
        if not count:
            return empty, container.children
        start = self.inline.sequence(container.children[:count])
        return start, container.children[count:]


def _super(
    arguments: Sequence[ast.expr] = (), keywords: Sequence[ast.keyword] = ()
) -> ast.stmt:
    callee = attribute(call("super"), "__init__")
    return statement(ast.Call(callee, list(arguments), list(keywords)))


def _role(key: ChildName) -> str | None:
    text = None if key is None else string(key)
    return None if text is None else text.rpartition(".")[2]


def _take(rest: list[ir.Statement], *kinds: type[ir.Statement]) -> list[ir.Statement]:
    """Takes statements of these kinds off the front."""
    count = 0
    while count < len(rest) and isinstance(rest[count], kinds):
        count += 1
    taken = rest[:count]
    del rest[:count]
    return taken


def _top(body: Sequence[ir.Statement]) -> list[ir.Statement]:
    """Statements that register in the class: not those inside a container."""
    found: list[ir.Statement] = []
    for one in body:
        found.append(one)
        if isinstance(one, ir.For):
            found += _top(one.body)
        elif isinstance(one, ir.If):
            found += _top(one.body + one.orelse)
    return found


def _rebinds_kept(before: Sequence[ir.Statement]) -> bool:
    kept: set[str] = set()
    for one in before:
        if isinstance(one, ir.Keep):
            kept.add(one.name)
        elif isinstance(one, ir.Let) and kept & set(target_names(one.target)):
            return True
    return False


def _names(one: ir.Statement) -> set[str]:
    return {found for node in expressions_of(one) for found in names_in(node)}


def _has_control_flow(one: ir.Statement) -> bool:
    return any(isinstance(inner, ir.For | ir.If) for inner in statements_in([one]))
