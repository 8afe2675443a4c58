"""Pass: whether the locals of methods and functions are set before they are read.

A read is wrong where no assignment can come before it: none stands above it, and none
stands in a loop around it but those that read it themselves (`total += x`). A name
that some branch leaves unset is warned of; not in a loop, which may set it in an
earlier turn, nor where conditions hold of which one or another sets it.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import field

from modelspec.analysis.conditions import conditions_of_choices, covers, implied
from modelspec.analysis.facts import (
    Facts,
    Text,
    argument_names,
    argument_nodes,
    text_statements,
)
from modelspec.analysis.reachability import ends_in
from modelspec.diagnostics.diagnostic import Diagnostic, Report
from modelspec.diagnostics.suggest import suggest
from modelspec.pysubset import span_of
from modelspec.records import dataclass
from modelspec.trees import all_nodes, children

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)


def check_locals(facts: Facts) -> Iterator[Diagnostic]:
    report = Report()
    for text in facts.texts:
        arguments = text.arguments
        if arguments is None:
            continue
        _check_arguments(arguments, text, report)
        choices = [] if text.block is None else conditions_of_choices(text.block)
        flow = _Flow(text, report, choices)
        names = set(argument_names(arguments))
        flow.statements(text_statements(text), _Names(set(names), names))
    yield from report.found


def _check_arguments(arguments: ast.arguments, text: Text, report: Report) -> None:
    seen: set[str] = set()
    for one in argument_nodes(arguments):
        if one.arg in seen:
            report.error(
                "duplicate-argument",
                f"the `def` line has two arguments '{one.arg}'",
                span_of(one, text.source),
            )
        seen.add(one.arg)


@dataclass(slots=True, eq=False)
class _Names:
    """What is set at a place: names that may be, and names that are on every way.

    `under` are, for the others, what each time sets them: conditions that all hold.
    In a branch, `outer` are the names before it.
    """

    may: set[str]
    sure: set[str]
    under: dict[str, list[frozenset[str]]] = field(default_factory=dict)
    outer: _Names | None = None

    def add(self, names: Iterable[str]) -> None:
        found = set(names)
        self.may |= found
        self.sure |= found

    def branch(self) -> _Names:
        return _Names(set(self.may), set(self.sure), outer=self)

    def join(self, ways: Sequence[tuple[frozenset[str], _Names]]) -> None:
        """After a branch: the ends that come out of it, each with its conditions."""
        for tests, way in ways:
            self.may |= way.may
            for name in way.sure - self.sure:
                self.under.setdefault(name, []).append(tests)
            for name, several in way.under.items():
                more = (one | tests for one in several)
                self.under.setdefault(name, []).extend(more)
        if ways:
            self.sure = set.intersection(*(way.sure for _, way in ways))

    def cases(self, name: str) -> Iterator[frozenset[str]]:
        """What sets the name: wherever all conditions of one of these hold, it is."""
        yield from self.under.get(name, ())
        if self.outer is not None:
            yield from self.outer.cases(name)


class _Flow:
    """Goes through statements in order; `loops` is how many are around the place,
    `tests` the conditions that hold there."""

    def __init__(
        self, text: Text, report: Report, choices: Sequence[Collection[str]]
    ) -> None:
        self.text = text
        self.report = report
        self.choices = choices
        self.growing = _growing(text_statements(text))
        self.told: set[str] = set()
        self.tests: list[str] = []
        self.loops = 0

    def statements(self, nodes: Iterable[ast.stmt], known: _Names) -> None:
        with self.holding(()):
            for node in nodes:
                self.statement(node, known)

    @contextmanager
    def holding(self, tests: Iterable[str]) -> Iterator[None]:
        """While these conditions hold, and what is found to hold on the way."""
        before = len(self.tests)
        self.tests += tests
        yield
        del self.tests[before:]

    def statement(self, node: ast.stmt, known: _Names) -> None:
        match node:
            case ast.For(target=target, iter=items, body=body, orelse=orelse):
                self.reads(items, known)
                self.loop([target, *body], [*body, *orelse], known)
            case ast.While(test=test, body=body, orelse=orelse):
                known.may |= set(_stored(body)) - self.growing
                self.reads(test, known)
                self.loop(body, [*body, *orelse], known)
            case ast.If():
                self.branch(node, known)
            case ast.With(items=items, body=body):
                for item in items:
                    self.reads(item.context_expr, known)
                    known.add(_stored([item.optional_vars]))
                self.statements(body, known)
            case ast.Assert(test=test, msg=message):
                self.reads(test, known)
                if message is not None:
                    with self.holding(implied(test, False)):
                        self.reads(message, known)
                self.tests += implied(test, True)
            case ast.AugAssign(target=ast.Name() as target, value=value):
                self.name(target, known)
                self.reads(value, known)
                known.add([target.id])
            case _:
                for child in children(node):
                    if isinstance(child, ast.expr) and not _is_annotation(child, node):
                        self.reads(child, known)
                known.add(_stored([node]))

    def loop(
        self, setting: Sequence[ast.AST], run: Sequence[ast.stmt], known: _Names
    ) -> None:
        """A loop is taken to run: what it sets is set in its next turn, and after."""
        known.add(set(_stored(setting)) - self.growing)
        self.loops += 1
        self.statements(run, known)
        self.loops -= 1

    def branch(self, node: ast.If, known: _Names) -> None:
        self.reads(node.test, known)
        ways = []
        held: list[str] = []
        for body, holds in ((node.body, True), (node.orelse, False)):
            way = known.branch()
            with self.holding(implied(node.test, holds)):
                self.statements(body, way)
            if ends_in(body):
                held += implied(node.test, not holds)
            else:
                ways.append((frozenset(implied(node.test, holds)), way))
        known.join(ways)
        self.tests += held

    def reads(self, node: ast.expr, known: _Names) -> None:
        """Checks the names that an expression reads."""
        if isinstance(node, _COMPREHENSIONS):
            targets = [generator.target for generator in node.generators]
            known = known.branch()
            known.add(_bound(targets))
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load):
                self.name(node, known)
            return
        if isinstance(node, ast.IfExp | ast.BoolOp):
            self.choice(node, known)
            return
        for child in children(node):
            if isinstance(child, ast.expr):
                self.reads(child, known)
            elif isinstance(child, ast.keyword):
                self.reads(child.value, known)
            elif isinstance(child, ast.comprehension):
                for part in (child.iter, *child.ifs):
                    self.reads(part, known)

    def choice(self, node: ast.IfExp | ast.BoolOp, known: _Names) -> None:
        """What is read only where a part before it held, or did not."""
        if isinstance(node, ast.IfExp):
            self.reads(node.test, known)
            for value, holds in ((node.body, True), (node.orelse, False)):
                with self.holding(implied(node.test, holds)):
                    self.reads(value, known)
            return
        with self.holding(()):
            for value in node.values:
                self.reads(value, known)
                self.tests += implied(value, isinstance(node.op, ast.And))

    def name(self, node: ast.Name, known: _Names) -> None:
        name = node.id
        if name not in self.text.locals or name in known.sure or name in self.told:
            return
        if name in known.may:
            self.maybe(node, known)
            return
        self.told.add(name)
        nearest = suggest(name, sorted(known.may - {"self"})) if len(name) > 2 else None
        self.report.error(
            "undefined-name",
            f"'{name}' is read before it is set",
            span_of(node, self.text.source),
            meant=nearest,
        )

    def maybe(self, node: ast.Name, known: _Names) -> None:
        """A name that some way to its place does not set."""
        if self.loops or covers(known.cases(node.id), self.tests, self.choices):
            return
        self.told.add(node.id)
        self.report.warning(
            "possibly-unset",
            f"'{node.id}' is not set on every way to here",
            span_of(node, self.text.source),
            help="set it before the `if`, or in each of its branches",
        )


def _growing(statements: Sequence[ast.stmt]) -> set[str]:
    """Names that nothing sets but what reads them too: the first time, in vain."""
    found: set[str] = set()
    others: set[str] = set()
    for node in all_nodes(statements):
        match node:
            case ast.AugAssign(target=ast.Name(id=name)):
                found.add(name)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.BinOp() as value):
                (found if _reads(value, name) else others).add(name)
            case ast.stmt() if not isinstance(node, _COMPOUND):
                others.update(_stored([node]))
            case ast.For(target=target):
                others.update(_bound([target]))
            case ast.withitem(optional_vars=target) if target is not None:
                others.update(_bound([target]))
    return found - others


_COMPOUND = (ast.For, ast.If, ast.While, ast.With)


def _reads(node: ast.expr, name: str) -> bool:
    """Whether a sum, product or the like has the name itself as a part."""
    if isinstance(node, ast.BinOp):
        return _reads(node.left, name) or _reads(node.right, name)
    return isinstance(node, ast.Name) and node.id == name


def _is_annotation(child: ast.expr, node: ast.stmt) -> bool:
    return isinstance(node, ast.AnnAssign) and child is node.annotation


def _bound(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Names that targets bind."""
    for one in all_nodes(nodes):
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store):
            yield one.id


def _stored(nodes: Iterable[ast.AST | None]) -> Iterator[str]:
    """Names that statements set, those of comprehensions left out."""
    todo = [node for node in nodes if node is not None]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        todo += [
            child
            for child in children(node)
            if not isinstance(child, ast.comprehension)
        ]
