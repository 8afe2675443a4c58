"""Pass: whether the locals of methods and functions are set before they are read.

A read is wrong only where no assignment can come before it: none stands above it, and
none stands in a loop around it. A name that some paths leave unset is let through.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from modelspec.analysis.facts import Facts, Text, argument_names, argument_nodes
from modelspec.diagnostics.diagnostic import Diagnostic, Report
from modelspec.diagnostics.suggest import suggest
from modelspec.pysubset import span_of

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)


def check_locals(facts: Facts) -> Iterator[Diagnostic]:
    report = Report()
    for text in facts.texts:
        arguments = text.arguments
        if arguments is None:
            continue
        _check_arguments(arguments, text, report)
        flow = _Flow(text, report)
        flow.statements(_statements(text), set(argument_names(arguments)))
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


def _statements(text: Text) -> Sequence[ast.stmt]:
    if text.method is not None:
        return text.method.statements
    assert text.function is not None
    return text.function.definition.body


class _Flow:
    """Goes through statements in order; `known` are the names that may be set."""

    def __init__(self, text: Text, report: Report) -> None:
        self.text = text
        self.report = report
        self.told: set[str] = set()

    def statements(self, nodes: Iterable[ast.stmt], known: set[str]) -> None:
        for node in nodes:
            self.statement(node, known)

    def statement(self, node: ast.stmt, known: set[str]) -> None:
        match node:
            case ast.For(target=target, iter=items, body=body, orelse=orelse):
                self.reads(items, known)
                known |= set(_stored([target, *body]))
                self.statements([*body, *orelse], known)
            case ast.While(test=test, body=body, orelse=orelse):
                known |= set(_stored(body))
                self.reads(test, known)
                self.statements([*body, *orelse], known)
            case ast.If(test=test, body=body, orelse=orelse):
                self.reads(test, known)
                other = set(known)
                self.statements(body, known)
                self.statements(orelse, other)
                known |= other
            case ast.With(items=items, body=body):
                for item in items:
                    self.reads(item.context_expr, known)
                    known |= set(_stored([item.optional_vars]))
                self.statements(body, known)
            case ast.AugAssign(target=ast.Name() as target, value=value):
                self.name(target, known)
                self.reads(value, known)
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr) and not _is_annotation(child, node):
                        self.reads(child, known)
                known |= set(_stored([node]))

    def reads(self, node: ast.expr, known: set[str]) -> None:
        """Checks the names that an expression reads."""
        if isinstance(node, _COMPREHENSIONS):
            targets = [generator.target for generator in node.generators]
            known = known | set(_bound(targets))
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load):
                self.name(node, known)
            return
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.reads(child, known)
            elif isinstance(child, ast.keyword):
                self.reads(child.value, known)
            elif isinstance(child, ast.comprehension):
                for part in (child.iter, *child.ifs):
                    self.reads(part, known)

    def name(self, node: ast.Name, known: set[str]) -> None:
        name = node.id
        if name not in self.text.locals or name in known or name in self.told:
            return
        self.told.add(name)
        nearest = suggest(name, sorted(known - {"self"})) if len(name) > 2 else None
        self.report.error(
            "undefined-name",
            f"'{name}' is read before it is set",
            span_of(node, self.text.source),
            note=f"did you mean '{nearest}'?" if nearest else "",
        )


def _is_annotation(child: ast.expr, node: ast.stmt) -> bool:
    return isinstance(node, ast.AnnAssign) and child is node.annotation


def _bound(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Names that targets bind."""
    for node in nodes:
        for one in ast.walk(node):
            if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store):
                yield one.id


def _stored(nodes: Iterable[ast.AST | None]) -> Iterator[str]:
    """Names that statements set, those of comprehensions left out."""
    todo = [node for node in nodes if node is not None]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        todo.extend(
            child
            for child in ast.iter_child_nodes(node)
            if not isinstance(child, ast.comprehension)
        )
