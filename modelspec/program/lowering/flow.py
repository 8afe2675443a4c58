"""Control keys: `for`, `if`, `elif`, `else` and `let`, wherever they may stand.

One reader for lists of children, mappings of children, and the mappings and lists
under `parameters`, `buffers`, `attributes`, `tie`, `freeze` and `init`. What stands
between the control keys is handed to the caller's function, entry by entry or item by
item, which returns statements.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from modelspec.diagnostics.span import Span
from modelspec.program.ir import For, If, Let, Splice, Statement, Value
from modelspec.program.kinds import UNKNOWN, Kind, bind_target
from modelspec.program.lowering.context import Context, hole, place
from modelspec.program.names import check_identifier
from modelspec.pysubset import (
    Control,
    ElifControl,
    ElseControl,
    ForControl,
    IfControl,
    LetControl,
    parse_control,
)
from modelspec.records import dataclass
from modelspec.syntax.keys import control_word
from modelspec.syntax.nodes import (
    Entry,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    describe_node,
)

LowerEntry: TypeAlias = Callable[[Entry], Iterable[Statement]]
LowerItem: TypeAlias = Callable[[Node], Iterable[Statement]]

_BOUND = re.compile(r"\s*\w+\s+(.*?)(?:=|\bin\b|$)", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Step:
    """A control key, or what stands between them (`control` is None)."""

    statements: tuple[Statement, ...] = ()
    control: Control | None = None
    body: tuple[Statement, ...] = ()
    span: Span | None = None


def lower_mapping(
    node: MappingNode, context: Context, lower: LowerEntry
) -> tuple[Statement, ...]:
    """Statements of a mapping's entries, control keys spliced in."""
    joined = _Joined(context)
    for entry in node.entries:
        if control_word(entry.key.text) is None:
            joined.add(lower(entry))
        else:
            joined.take(_mapping_control(entry, context, lower))
    return joined.end()


def lower_list(
    items: Iterable[Node], context: Context, lower: LowerItem
) -> tuple[Statement, ...]:
    """Statements of a list's items; an item may be one or more control keys."""
    joined = _Joined(context)
    for item in items:
        word = _word_of_item(item)
        if word is None:
            joined.add(lower(item))
            continue
        for step in _item_steps(item, word, context, lower):
            joined.take(step)
    return joined.end()


def unknown_statements(span: Span) -> Statement:
    """What stands for statements that were reported: any number of children."""
    return Splice(hole(span), span)


def is_control_item(node: Node) -> bool:
    """Whether a list's item is a `let` or begins with a control key."""
    word = _word_of_item(node)
    if isinstance(node, ScalarNode):
        return isinstance(node.value, str) and word == "let"
    return word is not None


def _word_of_item(node: Node) -> str | None:
    """The control word that a list's item begins with."""
    if isinstance(node, ScalarNode):
        return control_word(node.text)
    if isinstance(node, MappingNode) and node.entries:
        return control_word(node.entries[0].key.text)
    return None


def _mapping_control(entry: Entry, context: Context, lower: LowerEntry) -> _Step:
    def body() -> tuple[Statement, ...]:
        return _mapping_body(entry, context, lower)

    return _control_step(entry, context, body)


def _mapping_body(
    entry: Entry, context: Context, lower: LowerEntry
) -> tuple[Statement, ...]:
    value = entry.value
    if isinstance(value, MappingNode):
        return lower_mapping(value, context, lower)
    if isinstance(value, ScalarNode) and value.is_null:
        return ()
    context.report.error(
        "wrong-kind",
        f"under '{entry.key.text}' stand named entries, as around it",
        value.span,
        help="write `name: value` lines under it",
    )
    return (unknown_statements(value.span),)


def _item_steps(
    item: Node, word: str, context: Context, lower: LowerItem
) -> Iterator[_Step]:
    """Those of an item that begins with a control word."""
    if isinstance(item, ScalarNode) and is_control_item(item):
        yield _control_step(_alone(item), context, tuple)
    elif isinstance(item, MappingNode):
        for entry in item.entries:
            yield _list_control(entry, context, lower)
    elif isinstance(item, ScalarNode) and word in ("if", "elif"):
        # Without its colon it is a text, which `lower` reports; an `else` may follow.
        yield _Step(tuple(lower(item)))
        yield _Step((), IfControl(hole(item.span)), (), item.span)
    else:
        yield _Step(tuple(lower(item)))


def _list_control(entry: Entry, context: Context, lower: LowerItem) -> _Step:
    if control_word(entry.key.text) is None:
        context.report.error(
            "mixed-item",
            f"'{entry.key.text}' stands in one item with a control key",
            entry.key.span,
            help="make it an item of its own, with its own `-`",
        )
        return _Step((unknown_statements(entry.key.span),))

    def body() -> tuple[Statement, ...]:
        value = entry.value
        if isinstance(value, SequenceNode):
            return lower_list(value.items, context, lower)
        if isinstance(value, ScalarNode) and value.is_null:
            return ()
        return lower_list([value], context, lower)

    return _control_step(entry, context, body)


def _alone(item: ScalarNode) -> Entry:
    """An item that is a control key as a whole: nothing stands under it."""
    nothing = ScalarNode("", None, "plain", item.source, item.start, item.end)
    return Entry(item, nothing)


def _control_step(
    entry: Entry, context: Context, body: Callable[[], tuple[Statement, ...]]
) -> _Step:
    """Parses a control key; binds its names before its body is read."""
    span = entry.key.span
    control = parse_control(entry.key.fragment, context.report, context.limits)
    if control is not None and not isinstance(control, LetControl):
        _check_something_under(entry, context)
    match control:
        case ForControl(target, iterable):
            iterable = context.canonical(iterable)
            element = context.kind_of(iterable).element or UNKNOWN
            _bind(target, element, context, span)
            inside = body()
            return _Step((For(target, iterable, inside, span),) if inside else ())
        case LetControl(target, value):
            value = context.canonical(value)
            _bind(target, context.kind_of(value), context, span)
            made = (Let(target, Value(value, span), span),)
            if _check_nothing_under(entry, context):
                return _Step(made)
            # The `if` of an `else` below may be what stands under it.
            return _Step(made, IfControl(hole(span)), (), span)
        case IfControl(test) | ElifControl(test):
            test = context.canonical(test)
            return _Step((), type(control)(test), body(), span)
        case ElseControl():
            return _Step((), control, body(), span)
    return _reported_step(entry, context, body)


def _reported_step(
    entry: Entry, context: Context, body: Callable[[], tuple[Statement, ...]]
) -> _Step:
    """A control key that was reported: the names it binds are known all the same, and
    an `else` below has its `if`, so that nothing more is said of it."""
    text, span = entry.key.text, entry.key.span
    word = control_word(text)
    bound = _BOUND.match(text) if word in ("for", "let") else None
    names = _NAME.findall(bound.group(1)) if bound else []
    for name in names:
        context.scope.locals.setdefault(name, UNKNOWN)
    # One word under it is most likely part of the same mistake.
    inside = () if isinstance(entry.value, ScalarNode) else body()
    test = hole(span)
    if word == "let":
        return _Step((*unknown_lets(names, span), *inside))
    if word == "for":
        target = place(ast.Tuple([], ast.Store()), span)
        target.elts = [place(ast.Name(name, ast.Store()), span) for name in names]
        return _Step((For(target, test, inside, span),) if inside else ())
    control: Control = ElseControl()
    if word in ("if", "elif"):
        control = IfControl(test) if word == "if" else ElifControl(test)
    return _Step((), control, inside, entry.key.span)


def unknown_lets(names: list[str], span: Span) -> Iterator[Let]:
    for name in names:
        target = place(ast.Name(name, ast.Store()), span)
        yield Let(target, Value(hole(span), span), span)


def _check_something_under(entry: Entry, context: Context) -> None:
    value, key = entry.value, " ".join(entry.key.text.split())
    if isinstance(value, ScalarNode) and value.is_null and not value.span.text:
        context.report.error(
            "invalid-control",
            f"nothing stands under '{key}'",
            entry.key.span,
            help="indent what belongs to it by two more spaces than the key itself",
        )


def _check_nothing_under(entry: Entry, context: Context) -> bool:
    value = entry.value
    is_right = isinstance(value, ScalarNode) and value.is_null
    if not is_right:
        context.report.error(
            "invalid-control",
            f"nothing stands under a `let`, got {describe_node(value)}",
            value.entries[0].key.span
            if isinstance(value, MappingNode) and value.entries
            else value.span,
            help="what follows stands beside it, in the same column",
        )
    return is_right


def _bind(target: ast.expr, kind: Kind, context: Context, span: Span) -> None:
    bound = bind_target(target, kind)
    for name in bound:
        check_identifier(name, "a name", span, context.report)
    context.scope.locals.update(bound)


class _Joined:
    """Statements of steps; each `elif` and `else` joined to the `if` above it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._done: list[Statement] = []
        self._chain: list[_Step] = []

    def add(self, statements: Iterable[Statement]) -> None:
        """What stands between control keys."""
        self._close()
        self._done.extend(statements)

    def take(self, step: _Step) -> None:
        chain = self._chain
        if not isinstance(step.control, ElifControl | ElseControl):
            self.add(step.statements)
            self._chain = [step] if isinstance(step.control, IfControl) else []
        elif chain and not isinstance(chain[-1].control, ElseControl):
            chain.append(step)
        else:
            assert step.span is not None
            word = "elif" if isinstance(step.control, ElifControl) else "else"
            message = f"there is no `if` above this `{word}`"
            self._context.report.error("else-without-if", message, step.span)
            self._done.extend(branch(hole(step.span), step.body, (), step.span))

    def end(self) -> tuple[Statement, ...]:
        self._close()
        return tuple(self._done)

    def _close(self) -> None:
        if self._chain:
            self._done.extend(_branches(self._chain, self._context))
            self._chain = []


def _branches(chain: list[_Step], context: Context) -> tuple[Statement, ...]:
    """The nested `If` of an if-elif-else chain."""
    most = context.limits.nesting
    if len(chain) > most:
        message = f"an `if` has at most {most} branches, this one has {len(chain)}"
        context.report.error("limit-exceeded", message, chain[most].span)
        return ()
    orelse: tuple[Statement, ...] = ()
    for step in reversed(chain):
        if isinstance(step.control, IfControl | ElifControl):
            assert step.span is not None
            orelse = branch(step.control.test, step.body, orelse, step.span)
        else:
            orelse = step.body
    return orelse


def branch(
    test: ast.expr,
    body: tuple[Statement, ...],
    orelse: tuple[Statement, ...],
    span: Span,
) -> tuple[Statement, ...]:
    """An `If` whose body is never empty, or nothing where there is nothing to do."""
    if body:
        return (If(test, body, orelse, span),)
    return (If(negated(test), orelse, (), span),) if orelse else ()


def negated(test: ast.expr) -> ast.expr:
    """`not test`, standing where `test` stands."""
    return ast.copy_location(ast.UnaryOp(ast.Not(), test), test)
