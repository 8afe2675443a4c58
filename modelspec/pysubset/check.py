"""The allow-list of syntax: what of Python is in the language.

In goes a settled ast, out come diagnostics, one for each thing refused, at the
smallest stretch that is wrong. Only syntax is looked at: whether a name exists or an
attribute may be read is for later stages. A tree must not be deeper than the limits
say, which `parse_text` has seen to.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import Any

from modelspec.diagnostics.diagnostic import Report
from modelspec.diagnostics.span import Source, Span
from modelspec.diagnostics.suggest import suggest
from modelspec.policy import Limits
from modelspec.pysubset import refused
from modelspec.pysubset.place import (
    span_of,
    span_of_attribute_name,
    span_of_keyword,
    span_of_word,
)
from modelspec.pysubset.reaching import (
    FORMATTERS,
    INTERNALS,
    LEAVING,
    is_own,
    is_plain_format,
)


class Mode(Enum):
    """Where a text stands, which decides what may be in it."""

    EXPRESSION = "an expression"
    FUNCTION = "`functions`"
    FORWARD = "`forward`"
    INIT = "`init`"


def check_expression(
    node: ast.expr, mode: Mode, source: Source, report: Report, limits: Limits
) -> bool:
    checker = _Checker(mode, source, report, limits)
    checker.expression(node)
    return checker.sound


def check_target(
    node: ast.expr, mode: Mode, source: Source, report: Report, limits: Limits
) -> bool:
    checker = _Checker(mode, source, report, limits)
    checker.target(node)
    return checker.sound


def check_statements(
    nodes: Sequence[ast.stmt],
    mode: Mode,
    source: Source,
    report: Report,
    limits: Limits,
) -> bool:
    checker = _Checker(mode, source, report, limits)
    checker.statements(nodes)
    return checker.sound


def check_definition(
    node: ast.FunctionDef, mode: Mode, source: Source, report: Report, limits: Limits
) -> bool:
    """A `def` line and its body."""
    checker = _Checker(mode, source, report, limits)
    checker.definition(node)
    checker.statements(node.body)
    return checker.sound


_REACHING = INTERNALS | FORMATTERS | LEAVING


class _Checker:
    def __init__(
        self, mode: Mode, source: Source, report: Report, limits: Limits
    ) -> None:
        self.mode = mode
        self.source = source
        self.report = report
        self.limits = limits
        self.sound = True
        self.loops = 0
        self.runs = mode in (Mode.FORWARD, Mode.INIT)

    # Reporting

    def error(self, code: str, message: str, span: Span, help: str = "") -> None:
        self.sound = False
        self.report.error(code, message, span, help=help or ())

    def refuse(self, node: ast.AST, span: Span) -> None:
        kind = type(node).__name__
        what, advice = refused.WHAT.get(kind, (f"this ({kind})", ""))
        message = f"{what} is not in the language"
        self.error("unsupported-syntax", message, span, advice)

    def name(self, name: str, span: Span) -> None:
        """A name that is used or given."""
        if not name.isascii():
            self.error("non-ascii-name", f"`{name[:60]}` is not an ASCII name", span)
        elif name.startswith("__") and name.strip("_"):
            message = f"`{name[:60]}` begins with two underscores"
            advice = "such names are Python's own and not in the language"
            self.error("dunder-name", message, span, advice)

    # Expressions

    def expression(self, node: ast.expr) -> None:
        kind = type(node)
        if kind is ast.Name:
            self._plain_name(node)  # type: ignore[arg-type]  # its type is known here
        elif kind is ast.Constant:
            self._constant(node)  # type: ignore[arg-type]
        elif kind is ast.Starred:
            message = "`*` stands only in calls, lists, tuples and sets"
            self.error("invalid-python", message, span_of(node, self.source))
        elif kind not in refused.ALLOWED_EXPRESSIONS:
            self.refuse(node, span_of(node, self.source))
        else:
            special = _SPECIAL.get(kind)
            if special is not None:
                special(self, node)
            self._children(node)

    def _children(self, node: ast.AST) -> None:
        unpacks = isinstance(node, (ast.Call, ast.Tuple, ast.List, ast.Set))
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Starred) and unpacks:
                self.expression(child.value)
            elif isinstance(child, ast.expr):
                self.expression(child)
            elif isinstance(child, ast.keyword):
                given = child.arg
                if given is not None and (given[:2] == "__" or not given.isascii()):
                    self.name(given, span_of_keyword(child, self.source))
                self.expression(child.value)
            elif isinstance(child, ast.comprehension):
                self._comprehension(child)

    def _plain_name(self, node: ast.Name) -> None:
        name = node.id
        if name[:2] == "__" or not name.isascii():
            self.name(name, span_of(node, self.source))

    def _constant(self, node: ast.Constant) -> None:
        value = node.value
        if type(value) is int and value.bit_length() > self.limits.integer_bits:
            bits = self.limits.integer_bits
            message = f"this integer has more than {bits} bits"
            self.error("limit-exceeded", message, span_of(node, self.source))
        elif isinstance(value, (bytes, complex)):
            what = "a bytes literal" if isinstance(value, bytes) else "a complex number"
            message = f"{what} is not in the language"
            span = span_of(node, self.source)
            self.error("unsupported-syntax", message, span)

    def _attribute(self, node: ast.Attribute) -> None:
        if node.attr[:2] == "__" or not node.attr.isascii():
            self.name(node.attr, span_of_attribute_name(node, self.source))
        elif self.mode is not Mode.EXPRESSION and node.attr in _REACHING:
            self._reaching(node)

    def _reaching(self, node: ast.Attribute) -> None:
        """What leads out of the values; the evaluator of expressions bounds its own."""
        if node.attr in INTERNALS:
            what, advice = f"`.{node.attr}`", ""
        elif node.attr in LEAVING:
            if is_own(node.value):
                return
            what, advice = f"`.{node.attr}`", "stay with functions of tensors"
        elif is_plain_format(node.value):
            return
        else:
            what = f"`.{node.attr}` of anything but a text with plain fields"
            advice = "write an f-string"
        message = f"{what} is not in the language"
        span = span_of_attribute_name(node, self.source)
        self.error("unsupported-syntax", message, span, advice)

    def _f_string(self, node: ast.JoinedStr) -> None:
        """Python folds letters of other scripts into ASCII, in f-strings too."""
        text = span_of(node, self.source).text
        if text.isascii():
            return
        written = set(re.findall(r"\w+", text))
        for child in ast.walk(node):
            name = child.id if isinstance(child, ast.Name) else None
            name = child.attr if isinstance(child, ast.Attribute) else name
            if name is not None and name not in written:
                message = f"`{name}` is not written in ASCII"
                self.error("non-ascii-name", message, span_of(node, self.source))
                return

    def _comprehension(self, node: ast.comprehension) -> None:
        if node.is_async:
            message = "`async for` is not in the language"
            span = span_of(node, self.source)
            self.error("unsupported-syntax", message, span, "write a plain `for`")
        self.target(node.target)
        self.expression(node.iter)
        for test in node.ifs:
            self.expression(test)

    # Assignment targets

    def target(self, node: ast.expr) -> None:
        """Names, tuples and lists of them, subscripts, and `self.name`."""
        if isinstance(node, ast.Name):
            self._plain_name(node)
        elif isinstance(node, (ast.Tuple, ast.List)):
            self._unpacking(node.elts)
        elif isinstance(node, ast.Subscript) and self.mode is not Mode.EXPRESSION:
            self.expression(node)
        elif isinstance(node, ast.Attribute):
            self._attribute_target(node)
        else:
            self._bad_target(node, "names and tuples of names can be assigned to")

    def _unpacking(self, items: Sequence[ast.expr]) -> None:
        starred = [item for item in items if isinstance(item, ast.Starred)]
        for item in items:
            self.target(item.value if isinstance(item, ast.Starred) else item)
        for extra in starred[1:]:
            self._bad_target(extra, "only one of the names takes a `*`")

    def _attribute_target(self, node: ast.Attribute) -> None:
        if not self.runs:
            self._bad_target(node, "assign to a name of its own")
        elif isinstance(node.value, ast.Name) and node.value.id == "self":
            self._attribute(node)
        else:
            advice = "only `self.<buffer or attribute>` can be assigned to"
            self._bad_target(node, advice)

    def _bad_target(self, node: ast.expr, advice: str) -> None:
        span = span_of(node, self.source)
        text = " ".join(span.text.split())[:60]
        message = f"`{text}` cannot be assigned to here"
        self.error("invalid-target", message, span, advice)

    # Statements

    def statements(self, nodes: Iterable[ast.stmt]) -> None:
        for node in nodes:
            self.statement(node)

    def statement(self, node: ast.stmt) -> None:
        kind = type(node)
        if kind not in refused.ALLOWED_STATEMENTS:
            self.refuse(node, span_of_word(node, self.source))
            return
        special = _STATEMENTS.get(kind)
        if special is not None:
            special(self, node)
            return
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.whole(child)
            elif isinstance(child, ast.stmt):
                self.statement(child)

    def whole(self, node: ast.expr) -> None:
        """An expression that is no part of another."""
        span = span_of(node, self.source)
        most = self.limits.expression_characters
        if span.end - span.start > most and not _is_docstring(node):
            size = span.end - span.start
            message = f"an expression has {size} characters, more than {most}"
            self.error("limit-exceeded", message, span, "name a part of it")
            return
        self.expression(node)

    def _assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self.target(target)
        self.whole(node.value)

    def _augmented(self, node: ast.AugAssign) -> None:
        self.target(node.target)
        self.whole(node.value)

    def _annotated(self, node: ast.AnnAssign) -> None:
        self.target(node.target)
        self.annotation(node.annotation)
        if node.value is not None:
            self.whole(node.value)

    def _for(self, node: ast.For) -> None:
        self.target(node.target)
        self.whole(node.iter)
        self._loop(node)

    def _while(self, node: ast.While) -> None:
        self.whole(node.test)
        self._loop(node)

    def _loop(self, node: ast.For | ast.While) -> None:
        self.loops += 1
        self.statements(node.body)
        self.loops -= 1
        self.statements(node.orelse)

    def _leave_loop(self, node: ast.Break | ast.Continue) -> None:
        if not self.loops:
            span = span_of(node, self.source)
            message = f"`{span.text}` stands in no loop"
            self.error("invalid-python", message, span)

    def _with(self, node: ast.With) -> None:
        if not self.runs:
            self.refuse(node, span_of_word(node, self.source))
            return
        for item in node.items:
            called = item.context_expr
            name = ""
            if isinstance(called, ast.Call):
                name = refused.dotted_name(called.func) or ""
            if name in refused.CONTEXTS:
                self.whole(called)
            else:
                known = ", ".join(f"`{one}(...)`" for one in sorted(refused.CONTEXTS))
                span = span_of(called, self.source)
                message = "`with` takes no other context than torch's gradient modes"
                near = suggest(name, sorted(refused.CONTEXTS))
                advice = f"write `{near}(...)`" if near else f"write one of {known}"
                self.error("unsupported-syntax", message, span, advice)
            if item.optional_vars is not None:
                self.target(item.optional_vars)
        self.statements(node.body)

    def _raise(self, node: ast.Raise) -> None:
        allowed = (
            refused.RAISED_IN_FORWARD if self.runs else refused.RAISED_IN_FUNCTIONS
        )
        called = node.exc
        function = called.func if isinstance(called, ast.Call) else called
        known = isinstance(function, ast.Name) and function.id in allowed
        if node.cause is not None:
            span = span_of(node.cause, self.source)
            message = "`raise ... from ...` is not in the language"
            self.error("unsupported-syntax", message, span, "leave out `from`")
        elif known and not (isinstance(called, ast.Call) and called.keywords):
            for argument in called.args if isinstance(called, ast.Call) else ():
                self.whole(argument)
        else:
            where = node if called is None else called
            span = span_of(where, self.source)
            message = f"`raise` takes {' or '.join(allowed)}, with a message"
            advice = 'write `raise ValueError("...")`'
            self.error("unsupported-syntax", message, span, advice)

    # The def line

    def definition(self, node: ast.FunctionDef) -> None:
        self.name(node.name, span_of_word(node, self.source))
        for decorator in node.decorator_list:
            message = "a decorator is not in the language"
            span = span_of(decorator, self.source)
            self.error("unsupported-syntax", message, span, "leave it out")
        if getattr(node, "type_params", None):
            message = "type parameters are not in the language"
            span = span_of(node.type_params[0], self.source)  # type: ignore[attr-defined]
            self.error("unsupported-syntax", message, span, "leave them out")
        self.arguments(node.args)
        if node.returns is not None:
            self.annotation(node.returns)

    def arguments(self, node: ast.arguments) -> None:
        named = [*node.posonlyargs, *node.args, *node.kwonlyargs]
        given: set[str] = set()
        for one in (*named, node.vararg, node.kwarg):
            if one is None:
                continue
            if one.arg in given:
                message = f"the argument `{one.arg}` is there twice"
                self.error("invalid-python", message, span_of(one, self.source))
            given.add(one.arg)
            self.name(one.arg, span_of(one, self.source))
            if one.annotation is not None:
                self.annotation(one.annotation)
        for default in (*node.defaults, *node.kw_defaults):
            if default is not None:
                self._default(default)

    def _default(self, node: ast.expr) -> None:
        if _is_literal(node):
            self.expression(node)
            return
        span = span_of(node, self.source)
        message = "a default is a number, a text, None or a tuple of these"
        advice = "make `None` the default and compute the value inside"
        self.error("default-not-literal", message, span, advice)

    def annotation(self, node: ast.expr) -> None:
        if _is_type(node):
            self.expression(node)
            return
        span = span_of(node, self.source)
        message = "an annotation is a type, and this is not one"
        advice = "write types like `int`, `list[int]`, `torch.Tensor`, `int | None`"
        self.error("annotation-not-type", message, span, advice)


# `Any` as each takes the node type it stands beside.
_SPECIAL: dict[type[ast.AST], Callable[[_Checker, Any], None]] = {
    ast.Attribute: _Checker._attribute,
    ast.JoinedStr: _Checker._f_string,
}

_STATEMENTS: dict[type[ast.AST], Callable[[_Checker, Any], None]] = {
    ast.AnnAssign: _Checker._annotated,
    ast.Assign: _Checker._assign,
    ast.AugAssign: _Checker._augmented,
    ast.Break: _Checker._leave_loop,
    ast.Continue: _Checker._leave_loop,
    ast.For: _Checker._for,
    ast.Raise: _Checker._raise,
    ast.While: _Checker._while,
    ast.With: _Checker._with,
}


def _is_docstring(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_literal(node: ast.expr) -> bool:
    """Whether its value can never change: one list would be shared by all calls."""
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        return isinstance(node.operand, ast.Constant)
    return isinstance(node, ast.Tuple) and all(map(_is_literal, node.elts))


def _is_type(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return node.value is None or node.value is ...
    if isinstance(node, (ast.Name, ast.Attribute)):
        return refused.dotted_name(node) is not None
    if isinstance(node, ast.BinOp):
        whole = isinstance(node.op, ast.BitOr)
        return whole and _is_type(node.left) and _is_type(node.right)
    if isinstance(node, ast.Subscript):
        return _is_type(node.value) and _is_type(node.slice)
    if isinstance(node, (ast.Tuple, ast.List)):
        return all(_is_type(item) for item in node.elts)
    return False
