"""The body of `__init__`, statement by statement, in the order of the Program.

Comes in: a Block. Goes out: Python statements that register the same things in the
same order and draw the same random numbers. What fits is one expression; a container
with loops or conditions inside is filled as a local list or dict first.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from modelspec.backends.python.containers import Inline, kind_of
from modelspec.backends.python.initialization import Initialization
from modelspec.backends.python.names import is_identifier
from modelspec.backends.python.nodes import (
    annotate,
    assign,
    attribute,
    call,
    condition,
    dotted,
    is_none,
    list_of,
    loop,
    method_call,
    name,
    names_in,
    path_of,
    starred,
    statement,
    string,
    subscript,
    target_names,
    tuple_of,
)
from modelspec.backends.python.scope import Locals, names_that_outlive
from modelspec.backends.python.signature import prologue
from modelspec.backends.python.sinks import (
    SELF,
    ChildName,
    DictSink,
    ListSink,
    SelfSink,
    Sink,
)
from modelspec.backends.python.traversal import expressions_of, statements_in
from modelspec.backends.python.uses import Uses
from modelspec.diagnostics.diagnostic import InternalError
from modelspec.program import ir

Lowered = tuple[list[ast.stmt], ast.expr]


def constructor_body(
    uses: Uses, block: ir.Block, taken: Sequence[str]
) -> list[ast.stmt]:
    """All of `__init__`; empty where the class needs none."""
    body = _Constructor(uses, block, taken).emit()
    trivial = len(body) == 1 and block.base.kind == "Module" and not block.params
    return [] if trivial else body


class _Constructor:
    def __init__(self, uses: Uses, block: ir.Block, taken: Sequence[str]) -> None:
        self.block = block
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
            start = _super(made.args, made.keywords)
            return [*first, start, *self._body(block.construct, sink)]
        before, given, after = self._given_children()
        if not given:
            return [*first, _super(), *self._body(block.construct, sink)]
        lets = [one for one in before if not isinstance(one, ir.Keep)]
        kept = [one for one in before if isinstance(one, ir.Keep)]
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
        before = _take(rest, ir.Let, ir.Keep)
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
        named = one.name is not None
        return named == (self.block.base.kind == "ModuleDict")

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
        return found

    def _statement(self, one: ir.Statement, sink: Sink) -> list[ast.stmt]:
        match one:
            case ir.Let():
                names = target_names(one.target)
                before, value = self._lower(one.value, names[0] if names else None)
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
                return sink.splice(one.value, self.inline.form(one.value))
            case ir.Replace():
                before, value = self._lower(one.value, _role(one.path))
                replace = method_call(SELF, "set_submodule", one.path, value)
                return [*before, statement(replace)]
        return self._own(one)

    def _own(self, one: ir.Statement) -> list[ast.stmt]:
        match one:
            case ir.OwnParameter():
                return _own_parameter(one)
            case ir.OwnBuffer():
                made = method_call(SELF, "register_buffer", one.name, one.value)
                if one.persistent is not None and not _is_true(one.persistent):
                    made.keywords = [ast.keyword("persistent", one.persistent)]
                return [statement(made)]
            case ir.OwnAttribute():
                return [_own_attribute(one.name, one.value)]
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
        annotation, empty = _local_type(container)
        with self.locals.claim(_local_names(container, role), annotation) as (
            local,
            new,
        ):
            start, rest = self._start(container, empty)
            made = annotate(local, annotation, start)
            first = made if new else assign(name(local), start)
            sink = DictSink(local) if container.named else ListSink(local)
            body = _joined(self._body(rest, sink), local)
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


def _local_type(container: ir.Container) -> tuple[ast.expr, ast.expr]:
    """The annotation of the local, and how it starts empty."""
    kind = kind_of(container)
    tensors = kind in ("nn.ParameterList", "nn.ParameterDict")
    item = dotted("torch.Tensor" if tensors else "nn.Module")
    if not container.named:
        return subscript(name("list"), item), list_of([])
    pair = tuple_of([name("str"), item])
    if kind == "nn.Sequential":
        return subscript(name("OrderedDict"), pair), call("OrderedDict")
    return subscript(name("dict"), pair), ast.Dict([], [])


def _local_names(container: ir.Container, role: str | None) -> list[str]:
    kind = kind_of(container)
    own = [role] if role is not None and is_identifier(role) else []
    longer = [f"{one}_layers" for one in own]
    if container.into is not None:
        return [container.into, *own, "branches"]
    if kind == "nn.Sequential":
        return ["layers", *longer, "modules", "blocks", "sequence"]
    return [*own, *longer, "modules", "children", "members"]


def _joined(body: list[ast.stmt], local: str) -> list[ast.stmt]:
    """Appends that follow one another become one `layers += [...]`."""
    found: list[ast.stmt] = []
    run: list[ast.expr] = []
    for one in [*body, None]:
        item = None if one is None else _appended(one, local)
        if item is not None:
            run.append(item)
            continue
        if len(run) > 1:
            target = ast.Name(local, ast.Store())
            found.append(ast.AugAssign(target, ast.Add(), list_of(run)))
        elif run:
            found.append(statement(method_call(name(local), "append", run[0])))
        run = []
        if one is not None:
            found.append(_joined_inside(one, local))
    return found


def _joined_inside(one: ast.stmt, local: str) -> ast.stmt:
    if isinstance(one, ast.For):
        return loop(one.target, one.iter, _joined(one.body, local))
    if isinstance(one, ast.If):
        return condition(one.test, _joined(one.body, local), _joined(one.orelse, local))
    return one


def _appended(one: ast.stmt, local: str) -> ast.expr | None:
    match one:
        case ast.Expr(value=ast.Call(func=callee, args=[item])):
            return item if path_of(callee) == (local, "append") else None
    return None


def _own_parameter(one: ir.OwnParameter) -> list[ast.stmt]:
    """A Parameter at hand is shared, a tensor becomes a new one."""
    text = string(one.name)
    if is_none(one.value):
        return [statement(method_call(SELF, "register_parameter", one.name, one.value))]
    shared = _is_parameter(one.value)
    value = one.value if shared else call("nn.Parameter", one.value)
    if isinstance(one.value, ast.Name | ast.Subscript | ast.IfExp):
        test = call("isinstance", one.value, dotted("nn.Parameter"))
        value = ast.IfExp(test, one.value, call("nn.Parameter", one.value))
    if one.requires_grad is not None and not _is_true(one.requires_grad):
        if isinstance(value, ast.Call) and not shared:
            value.keywords = [ast.keyword("requires_grad", one.requires_grad)]
        else:
            value = method_call(value, "requires_grad_", one.requires_grad)
    if text is not None and is_identifier(text):
        return [assign(attribute(SELF, text), value)]
    return [statement(method_call(SELF, "register_parameter", one.name, value))]


def _is_parameter(value: ast.expr) -> bool:
    path = path_of(value.func if isinstance(value, ast.Call) else value)
    if path is None:
        return False
    if isinstance(value, ast.Call):
        return path == ("nn", "Parameter")
    return isinstance(value, ast.Attribute) and path[0] not in ("torch", "math")


def _own_attribute(key: ast.Constant | ast.JoinedStr, value: ast.expr) -> ast.stmt:
    text = string(key)
    if text is not None and is_identifier(text):
        return assign(attribute(SELF, text), value)
    return statement(call("setattr", SELF, key, value))


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


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
