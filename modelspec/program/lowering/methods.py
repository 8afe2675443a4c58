"""`forward`, `methods`, the `init:` text and `functions`: Python texts of a spec.

A text without a `def` line takes the block's inputs: `forward` all of them, a further
method those that it reads. Without a `forward`, the children under `modules` are
applied in order.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence

from modelspec.diagnostics.span import Span
from modelspec.program.ir import (
    Child,
    For,
    Function,
    If,
    Input,
    Method,
    Statement,
)
from modelspec.program.kinds import UNKNOWN
from modelspec.program.lowering.annotations import canonical_annotation
from modelspec.program.lowering.canonical import Canonicalizer
from modelspec.program.lowering.context import Context, hole
from modelspec.program.lowering.dicts import DictReads
from modelspec.program.lowering.scope import Scope
from modelspec.program.names import (
    RESERVED,
    check_child,
    check_identifier,
    is_identifier,
)
from modelspec.program.walk import names_read
from modelspec.pysubset import Body, Mode, hole_body, parse_body, parse_function
from modelspec.syntax.nodes import (
    Entry,
    MappingNode,
    ScalarNode,
    describe_node,
    is_text,
)
from modelspec.trees import all_nodes, module_tree

INIT_METHODS = ("init_weights", "reset_parameters", "initialize_weights")


def lower_text(
    node: ScalarNode,
    name: str,
    inputs: Sequence[Input],
    context: Context,
    *,
    mode: Mode = Mode.FORWARD,
) -> Method:
    """A method from its text. `inputs` are those a text without `def` may take."""
    parsed = parse_body(node.fragment, context.report, context.limits, mode=mode)
    if parsed is None:
        return _unknown_method(name, node.span)
    known = (None, name, "init") if mode is Mode.INIT else (None, name)
    if parsed.name not in known:
        context.report.error(
            "wrong-def",
            f"the `def` line is named '{parsed.name}', expected '{name}'",
            _def_name_span(node),
        )
    arguments = _arguments(parsed, name, inputs, mode, context)
    # Only of `forward` it is told when it leaves one out.
    declared = {one.name for one in inputs if name == "forward"}
    untaken = frozenset(declared - {one.arg for one in all_arguments(arguments)})
    statements = canonical_body(
        parsed.statements, arguments, context, method=True, untaken=untaken
    )
    return Method(
        name,
        arguments,
        statements,
        parsed.comments,
        node.span,
        returns=annotation(parsed.returns, context) if parsed.returns else None,
    )


def lower_methods(
    node: MappingNode | None, inputs: Sequence[Input], context: Context
) -> Iterator[Method]:
    for entry in node.entries if node is not None else ():
        span = entry.key.span
        name, report = entry.key.text, context.report
        if not check_identifier(name, "a method", span, report):
            continue
        check_child(name, "a method", context.base, span, report)
        if is_text(entry.value):
            yield lower_text(entry.value, entry.key.text, inputs, context)
        else:
            yield _unknown_method(name, entry.value.span)
            context.report.error(
                "wrong-kind",
                f"a method is a text, got {describe_node(entry.value)}",
                entry.value.span,
            )


def lower_function(entry: Entry, name: str, context: Context) -> Function:
    """An entry of `functions`; `name` is the name it has in the Program."""
    check_identifier(entry.key.text, "a function", entry.key.span, context.report)
    if not isinstance(entry.value, ScalarNode) or not isinstance(
        entry.value.value, str
    ):
        context.report.error(
            "wrong-kind",
            f"a function is a text, got {describe_node(entry.value)}",
            entry.value.span,
        )
        return _unknown_function(entry, name, context)
    parsed = parse_function(entry.value.fragment, context.report, context.limits)
    if parsed is None:
        return _unknown_function(entry, name, context)
    definition = parsed.definition
    if definition.name != entry.key.text:
        context.report.error(
            "wrong-def",
            f"the `def` line is named '{definition.name}', expected '{entry.key.text}'",
            _def_name_span(entry.value),
        )
    body = canonical_body(tuple(definition.body), definition.args, context)
    definition.name, definition.body = name, list(body)
    if definition.returns is not None:
        definition.returns = annotation(definition.returns, context)
    return Function(name, context.source, definition, parsed.comments, entry.key.span)


def _unknown_method(name: str, span: Span) -> Method:
    """A method whose text was reported: it may take anything and give anything."""
    return Method(name, _anything("self"), hole_body(hole(span)), (), span)


def _unknown_function(entry: Entry, name: str, context: Context) -> Function:
    at = hole(entry.value.span)
    made = ast.FunctionDef(name, _anything(), list(hole_body(at)), [])
    made = ast.copy_location(made, at)
    return Function(name, context.source, made, (), entry.key.span)


def _anything(*first: str) -> ast.arguments:
    made = ast.arguments([], [], None, [], [], None, [])
    made.args = [ast.arg(name) for name in first]
    made.vararg, made.kwarg = ast.arg("args"), ast.arg("kwargs")
    return ast.fix_missing_locations(made)


def canonical_body(
    statements: tuple[ast.stmt, ...],
    arguments: ast.arguments,
    context: Context,
    *,
    method: bool = False,
    untaken: frozenset[str] = frozenset(),
) -> tuple[ast.stmt, ...]:
    """Statements with their names resolved; assigned names are the text's locals.
    Of inputs that a `def` line leaves out, `untaken`, nothing more is said.
    """
    given = all_arguments(arguments)
    for argument in given:
        is_written = argument.end_col_offset != argument.col_offset
        if is_written and not (method and argument.arg == "self"):
            span = _span(argument, context)
            check_identifier(argument.arg, "an argument", span, context.report)
        if argument.annotation is not None:
            argument.annotation = annotation(argument.annotation, context)
    names = {argument.arg for argument in given} | set(_stored(statements, context))
    known = dict.fromkeys(sorted(names), UNKNOWN)
    scope = Scope(context.scope.file, known, context.scope.unread | untaken)
    hints = context.hints | dict(through_self(context.scope.locals)) if method else {}
    visitor = Canonicalizer(
        scope, context.source, context.report, in_text=True, hints=hints
    )
    if method:
        reads = DictReads(context.scope.locals)
        statements = tuple(reads.visit(statement) for statement in statements)
    return tuple(visitor.visit(statement) for statement in statements)


def through_self(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """What to write for a name that is only known as an attribute of the module."""
    return ((name, f"write `self.{name}`") for name in names)


def annotation(node: ast.expr, context: Context) -> ast.expr:
    return canonical_annotation(node, context.source, context.report)


def _stored(statements: Iterable[ast.stmt], context: Context) -> Iterator[str]:
    for node in all_nodes(statements):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            if node.id in RESERVED:
                check_identifier(
                    node.id, "a name", _span(node, context), context.report
                )
            yield node.id


def _def_name_span(node: ScalarNode) -> Span:
    found = re.search(r"^\s*def\s+(\w+)", node.text, re.MULTILINE)
    return node.fragment.span(*found.span(1)) if found else node.fragment.span()


def _span(node: ast.AST, context: Context) -> Span:
    from modelspec.pysubset import span_of

    return span_of(node, context.source)


# --- arguments --------------------------------------------------------------------


def _arguments(
    parsed: Body,
    name: str,
    inputs: Sequence[Input],
    mode: Mode,
    context: Context,
) -> ast.arguments:
    if parsed.arguments is not None:
        return _with_self(parsed.arguments, context)
    if mode is Mode.INIT:
        return signature_of(())
    if name == "forward":
        return signature_of(inputs)
    read = names_read(all_nodes(parsed.statements))
    return signature_of([one for one in inputs if one.name in read])


def signature_of(inputs: Sequence[Input]) -> ast.arguments:
    """`(self, x, mask=None)` for declared inputs."""
    names = [ast.arg("self"), *(ast.arg(one.name) for one in inputs)]
    defaults: list[ast.expr] = [ast.Constant(None) for one in inputs if one.optional]
    made = ast.arguments(
        posonlyargs=[],
        args=names,
        vararg=None,
        kwonlyargs=[],
        kw_defaults=[],
        kwarg=None,
        defaults=defaults,
    )
    return ast.fix_missing_locations(made)


def _with_self(arguments: ast.arguments, context: Context) -> ast.arguments:
    """Arguments that begin with `self`, which a `def` line may leave out."""
    if arguments.posonlyargs:
        span = _span(arguments.posonlyargs[-1], context)
        message = "`/` is not in the language: arguments can be given by name"
        context.report.error("unsupported-syntax", message, span)
        arguments.args = [*arguments.posonlyargs, *arguments.args]
        arguments.posonlyargs = []
    if arguments.args and arguments.args[0].arg == "self":
        return arguments
    for argument in all_arguments(arguments):
        if argument.arg == "self":
            span = _span(argument, context)
            context.report.error("bad-name", "`self` comes first, or not at all", span)
            # Nobody can say which arguments a call gives.
            arguments.args = [one for one in arguments.args if one is not argument]
            arguments.vararg = arguments.vararg or _others()
    arguments.args.insert(0, ast.fix_missing_locations(ast.arg("self")))
    return arguments


def _others() -> ast.arg:
    """Stands for any number of arguments; it is in no file."""
    return ast.fix_missing_locations(ast.arg("others"))


def all_arguments(arguments: ast.arguments) -> list[ast.arg]:
    """All arguments of a `def` line, starred ones last."""
    starred = [one for one in (arguments.vararg, arguments.kwarg) if one is not None]
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return [*named, *starred]


# --- the default forward ------------------------------------------------------------


def default_forward(
    construct: Sequence[Statement],
    inputs: Sequence[Input],
    span: Span,
    context: Context,
) -> Method | None:
    """The children applied in order; None where that cannot be (reported)."""
    problem = _why_not(construct, inputs, span)
    if problem is not None:
        context.report.error(
            "missing-forward",
            f"this block needs a `forward`: {problem[0]}",
            problem[1],
            help="write `forward:` with what the block computes",
        )
        return None
    name = inputs[0].name
    if not is_identifier(name):
        return None
    made = tuple(_applied(construct, name))
    return Method("forward", signature_of(inputs), made, (), span, synthesized=True)


def _why_not(
    construct: Sequence[Statement], inputs: Sequence[Input], span: Span
) -> tuple[str, Span] | None:
    """Why the children cannot be applied, and what shows it."""
    if len(inputs) != 1:
        return f"it has {len(inputs)} inputs, and children are applied to one", span
    for child in _children(construct):
        name = str(child.name.value) if isinstance(child.name, ast.Constant) else "it"
        kind = child_kind(child)
        if kind is not None:
            why = f"'{name}' is {kind}, which cannot be applied in order"
            return why, child.span
    return None


def _children(statements: Iterable[Statement]) -> Iterator[Child]:
    """The children of a block itself, through control flow."""
    for statement in statements:
        if isinstance(statement, Child):
            yield statement
        elif isinstance(statement, For | If):
            yield from _children(statement.body)
            yield from _children(getattr(statement, "orelse", ()))


def child_kind(child: Child) -> str | None:
    """What a child is, where it is known to be no module that can be called."""
    value = child.value
    expression = getattr(value, "expression", None)
    if isinstance(expression, ast.Constant) and expression.value is None:
        return "null"
    callee = getattr(value, "callee", None)
    if callee is None and isinstance(expression, ast.Call):
        callee = expression.func
    name = getattr(callee, "attr", "")
    return f"a {name}" if name in ("ModuleList", "ModuleDict") else None


def _applied(construct: Sequence[Statement], name: str) -> list[ast.stmt]:
    static = [
        str(one.name.value)
        for one in construct
        if isinstance(one, Child) and isinstance(one.name, ast.Constant)
    ]
    plain = all(not registers(one) or isinstance(one, Child) for one in construct)
    count = sum(isinstance(one, Child) for one in construct)
    if not plain or len(static) != count or not all(map(is_identifier, static)):
        loop = f"for module in self.children():\n    {name} = module({name})"
        return module_tree(f"{loop}\nreturn {name}").body
    if not static:
        return module_tree(f"return {name}").body
    lines = [f"{name} = self.{child}({name})" for child in static[:-1]]
    lines.append(f"return self.{static[-1]}({name})")
    return module_tree("\n".join(lines)).body


def registers(statement: Statement) -> bool:
    """Whether a statement may register a child of the block."""
    inner = [*getattr(statement, "body", ()), *getattr(statement, "orelse", ())]
    return isinstance(statement, Child) or any(registers(one) for one in inner)
