"""The allow-list of expressions and of what can be assigned to.

See `check`, which tells what comes in and goes out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any

from modelspec.diagnostics.diagnostic import Report
from modelspec.diagnostics.span import Source, Span
from modelspec.policy import Limits
from modelspec.pysubset import refused
from modelspec.pysubset.hole import in_place
from modelspec.pysubset.place import (
    span_of,
    span_of_attribute_name,
    span_of_keyword,
)
from modelspec.pysubset.reaching import (
    FORMATTERS,
    INTERNALS,
    LEAVING,
    is_own,
    is_plain_format,
)
from modelspec.trees import children


class Mode(Enum):
    """Where a text stands, which decides what may be in it."""

    EXPRESSION = "an expression"
    FUNCTION = "`functions`"
    FORWARD = "`forward`"
    INIT = "`init`"


_REACHING = INTERNALS | FORMATTERS | LEAVING


class ExpressionChecker:
    """Reports what is refused, and keeps what can be cut out."""

    def __init__(
        self, mode: Mode, source: Source, report: Report, limits: Limits
    ) -> None:
        self.mode = mode
        self.source = source
        self.report = report
        self.limits = limits
        self.sound = True
        self.is_lost = False
        self.refused: set[int] = set()
        self.loops = 0
        self.runs = mode in (Mode.FORWARD, Mode.INIT)

    # Reporting

    def error(
        self,
        code: str,
        message: str,
        span: Span,
        help: str = "",
        *,
        cut: ast.AST | None = None,
    ) -> None:
        """`cut` is what can be cut out for the rest to be read."""
        self.sound = False
        self.report.error(code, message, span, help=help or ())
        if cut is None or isinstance(getattr(cut, "ctx", None), ast.Store):
            self.is_lost = True
        else:
            self.refused.add(id(cut))

    def cut_out(self, nodes: list[ast.stmt]) -> bool:
        """Puts holes in the place of what was refused; False where that cannot be."""
        if self.refused and not self.is_lost:
            in_place(nodes, self.refused)
        return not self.is_lost

    def refuse(self, node: ast.AST, span: Span) -> None:
        kind = type(node).__name__
        what, advice = refused.WHAT.get(kind, (f"this ({kind})", ""))
        message = f"{what} is not in the language"
        cut = None if refused.may_bind(node) else node
        self.error("unsupported-syntax", message, span, advice, cut=cut)

    def name(self, name: str, span: Span, cut: ast.AST | None = None) -> None:
        """A name that is used or given."""
        if not name.isascii():
            message = f"`{name[:60]}` is not an ASCII name"
            self.error("non-ascii-name", message, span, cut=cut)
        elif name.startswith("__") and name.strip("_"):
            message = f"`{name[:60]}` begins with two underscores"
            advice = "such names are Python's own and not in the language"
            self.error("dunder-name", message, span, advice, cut=cut)

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
        for child in children(node):
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
            self.name(name, span_of(node, self.source), node)

    def _constant(self, node: ast.Constant) -> None:
        value = node.value
        if type(value) is int and value.bit_length() > self.limits.integer_bits:
            bits = self.limits.integer_bits
            message = f"this integer has more than {bits} bits"
            span = span_of(node, self.source)
            self.error("limit-exceeded", message, span, cut=node)
        elif isinstance(value, (bytes, complex)):
            what = "a bytes literal" if isinstance(value, bytes) else "a complex number"
            message = f"{what} is not in the language"
            span = span_of(node, self.source)
            self.error("unsupported-syntax", message, span, cut=node)

    def _attribute(self, node: ast.Attribute) -> None:
        if node.attr[:2] == "__" or not node.attr.isascii():
            self.name(node.attr, span_of_attribute_name(node, self.source), node)
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
        self.error("unsupported-syntax", message, span, advice, cut=node)

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


# `Any` as each takes the node type it stands beside.
_SPECIAL: dict[type[ast.AST], Callable[[ExpressionChecker, Any], None]] = {
    ast.Attribute: ExpressionChecker._attribute,
    ast.JoinedStr: ExpressionChecker._f_string,
}
