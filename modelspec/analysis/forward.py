"""Pass: what only `forward` and other methods can do wrong.

Layers made in them, children called that cannot be, arguments of `forward` that no
input declares, and a `forward` or function that returns nothing, or not always.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence

from modelspec.analysis.conditions import conditions_of_choices, covers, text_of
from modelspec.analysis.facts import Facts, Text, inner_nodes, text_statements
from modelspec.analysis.members import Members
from modelspec.analysis.reachability import ends
from modelspec.analysis.receivers import may_be_other
from modelspec.diagnostics.diagnostic import Diagnostic, Report
from modelspec.diagnostics.suggest import did_you_mean, suggest
from modelspec.program.ir import Block, CallMethod, Container, Method, ModuleValue
from modelspec.pysubset import span_of, span_of_attribute_name

_CONTAINERS = ("ModuleList", "ModuleDict", "ParameterList", "ParameterDict")


def check_forward(facts: Facts) -> Iterator[Diagnostic]:
    report = Report()
    for text in facts.texts:
        if text.function is not None:
            _check_returns(text.function.name, text, (), report)
        if text.method is None or text.block is None:
            continue
        if text.method.name not in _init_methods(text.block):
            _check_layers(text, facts, report)
        _check_children(text, facts.members(text.block), report)
        if text.block.base.kind in ("Sequential", "ModuleList"):
            _check_slices(text.block, text.method, text, report)
        if text.block.base.kind == "Module":
            _check_container_use(text.method, text, report)
        if text.method.name == "forward":
            choices = conditions_of_choices(text.block)
            _check_returns("forward", text, choices, report)
            _check_inputs(text.block, text.method, report)
    yield from report.found


def _init_methods(block: Block) -> set[str]:
    return {one.name for one in block.construct if isinstance(one, CallMethod)}


# --- layers -----------------------------------------------------------------------


def _check_layers(text: Text, facts: Facts, report: Report) -> None:
    for node in text.calls:
        callee = facts.callee(node.func, text)
        if callee is None or callee.sort not in ("layer", "block"):
            continue
        method = text.method.name if text.method is not None else "forward"
        report.error(
            "layer-in-forward",
            f"{callee.name} would be made anew at every call of `{method}`",
            span_of(node.func, text.source),
            help="give it a name under `modules`, and call `self.name(...)` here",
        )


# --- calls of children ------------------------------------------------------------


def _check_children(text: Text, members: Members, report: Report) -> None:
    for node in text.calls:
        function = node.func
        if not isinstance(function, ast.Attribute) or not _is_self(function.value):
            continue
        values = members.children.get(function.attr, [])
        whats = {_uncallable(value) for value in values}
        if len(whats) != 1 or None in whats or may_be_other(function.attr, members):
            continue
        what = whats.pop()
        if what == "null" and _is_asked_for(function, text):
            continue
        report.error(
            "not-callable",
            f"'{function.attr}' is {what}, which cannot be called",
            span_of_attribute_name(function, text.source),
            help=()
            if what == "null"
            else f"go through it: `for layer in self.{function.attr}:`",
        )


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def _is_asked_for(called: ast.Attribute, text: Text) -> bool:
    """Whether the text also reads a child without calling it: `is not None`."""
    functions = {id(node.func) for node in text.calls}
    return any(
        node.attr == called.attr and _is_self(node.value) and id(node) not in functions
        for node in text.attributes
    )


def _uncallable(value: ModuleValue) -> str | None:
    """What a child is that cannot be called; None for all others."""
    if isinstance(value, Container):
        callee: ast.expr | None = None if value.into else value.callee
    elif isinstance(value.expression, ast.Call):
        callee = value.expression.func
    else:
        is_none = isinstance(value.expression, ast.Constant)
        return "null" if is_none else None
    name = callee.attr if isinstance(callee, ast.Attribute) else ""
    return f"a {name}" if name in _CONTAINERS else None


# --- what only containers and `extends` bodies have ---------------------------------


def _check_container_use(method: Method, text: Text, report: Report) -> None:
    """`super()`, `self[k]`, `len(self)`, `for m in self` with nothing inherited."""
    for node in inner_nodes(method.statements):
        found = _container_use(node)
        if found is not None:
            report.error(
                "not-a-container",
                f"this block is a plain module, which has no `{found[1]}`",
                span_of(found[0], text.source),
                help="a block that `extends` another, or is a container itself, has it",
            )


_TAKES_CHILDREN = frozenset({"children", "any", "list", "dict"})


def _check_slices(block: Block, method: Method, text: Text, report: Report) -> None:
    """`self[:2]` makes another of this class, with the children as its argument."""
    if block.params and block.params[0].type.name in _TAKES_CHILDREN:
        return
    for node in inner_nodes(method.statements):
        match node:
            case ast.Subscript(value=ast.Name(id="self"), slice=ast.Slice()):
                inside = ast.unparse(node.slice)
                report.error(
                    "not-subscriptable",
                    f"a slice of `self` would be another {block.name}, made with the"
                    " children as its argument",
                    span_of(node, text.source),
                    help=f"a list has slices: `list(self)[{inside}]`",
                )


def _container_use(node: ast.AST) -> tuple[ast.expr, str] | None:
    match node:
        case ast.Call(func=ast.Name(id="super")):
            return node, "super()"
        case ast.Subscript(value=ast.Name(id="self")):
            return node, "self[...]"
        case ast.Call(func=ast.Name(id="len"), args=[ast.Name(id="self")]):
            return node, "len(self)"
        case (
            ast.For(iter=ast.Name(id="self"))
            | ast.comprehension(iter=ast.Name(id="self"))
        ):
            return node.iter, "for ... in self"
    return None


# --- the def line and what comes back -----------------------------------------------


def _check_returns(
    name: str, text: Text, choices: Sequence[Collection[str]], report: Report
) -> None:
    body = text_statements(text)
    nodes = list(inner_nodes(body))
    returned = [node.value for node in nodes if isinstance(node, ast.Return)]
    if not returned and not any(isinstance(node, ast.Raise) for node in nodes):
        what, advice = "nothing", "end it with `return` and the result"
    elif all(map(_is_something, returned)) and _may_end(body, choices):
        what, advice = "nothing on some way", "add the `return` of what is left"
    else:
        return
    report.warning(
        "no-return",
        f"`{name}` returns {what}",
        span_of(body[-1], text.source),
        help=advice,
    )


def _is_something(value: ast.expr | None) -> bool:
    return value is not None and not (
        isinstance(value, ast.Constant) and value.value is None
    )


def _may_end(body: Sequence[ast.stmt], choices: Sequence[Collection[str]]) -> bool:
    """Whether statements may come to their end without a `return`."""
    return not any(ends(one) or _ends_always(one, choices) for one in body)


def _ends_always(node: ast.stmt, choices: Sequence[Collection[str]]) -> bool:
    """Whether one of several branches is sure to be taken, and all end."""
    tests: list[str] = []
    rest: Sequence[ast.stmt] = (node,)
    while len(rest) == 1 and isinstance(one := rest[0], ast.If):
        if _may_end(one.body, choices):
            return False
        tests.append(text_of(one.test))
        rest = one.orelse
    if not tests:
        return isinstance(node, ast.With) and not _may_end(node.body, choices)
    if rest:
        return not _may_end(rest, choices)
    return covers([[test] for test in tests], (), choices)


def _check_inputs(block: Block, method: Method, report: Report) -> None:
    """Arguments without a default that `inputs` does not declare, where it is given.

    An input that stands nowhere under `inputs` has the place of `forward` itself, the
    one that a block without `inputs` has that of the block.
    """
    undeclared = (method.span, block.span)
    declared = [one.name for one in block.inputs if one.span not in undeclared]
    if not declared:
        return
    arguments = {one.arg: one for one in method.arguments.args}
    for one in block.inputs:
        if one.span != method.span or one.optional or one.name not in arguments:
            continue
        nearest = suggest(one.name, declared)
        report.warning(
            "undeclared-input",
            f"'{one.name}' is an argument of `forward`, but not under `inputs`"
            + (f"; {did_you_mean(nearest)}" if nearest else ""),
            span_of(arguments[one.name], block.source),
            help=f"declare it: `inputs: {{{one.name}: [...]}}`",
        )
