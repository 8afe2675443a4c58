"""ast.stmt -> the document of its first line.

That is all of a simple statement, and a compound one up to its colon.

Raises `TypeError` for statements outside the language's subset.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from modelspec.layout.document import (
    SOFT,
    BestFit,
    Choice,
    Doc,
    Group,
    IfBroken,
    Indent,
    Key,
)
from modelspec.layout.expressions import Expressions
from modelspec.layout.fences import (
    BRACKETED,
    commas,
    optional_parentheses,
    parentheses_if_broken,
)
from modelspec.layout.parentheses import (
    CHAIN,
    Extra,
    has_brackets,
)
from modelspec.layout.precedence import BINARY


class Headers:
    """Lays out statements; a comment at the end of the line is their suffix."""

    def __init__(self, expressions: Expressions) -> None:
        self.expressions = expressions
        self.extras = expressions.extras
        self._rules: dict[type[ast.AST], Callable[..., Doc]] = {
            ast.Expr: self._expression,
            ast.Assign: self._assign,
            ast.AugAssign: self._augmented,
            ast.AnnAssign: self._annotated,
            ast.Return: self._return,
            ast.If: self._if,
            ast.While: self._while,
            ast.For: self._for,
            ast.With: self._with,
            ast.Assert: self._assert,
            ast.Raise: self._raise,
            ast.Import: self._import,
            ast.ImportFrom: self._import_from,
            ast.FunctionDef: self._function,
            ast.ClassDef: self._class,
            ast.Pass: lambda node, suffix: ("pass", suffix),
            ast.Break: lambda node, suffix: ("break", suffix),
            ast.Continue: lambda node, suffix: ("continue", suffix),
        }

    def layout(self, node: ast.stmt, suffix: Doc = "") -> Doc:
        """The document of a statement's first line, its comment included."""
        rule = self._rules.get(type(node))
        if rule is None:
            raise TypeError(f"no layout for {type(node).__name__}")
        return rule(node, suffix)

    def _standalone(self, node: ast.expr) -> Doc:
        return self.expressions.standalone(node)

    def _expression(self, node: ast.Expr, suffix: Doc) -> Doc:
        value = node.value
        if isinstance(value, ast.Tuple) and value.elts:
            return (self.expressions.layout(value), suffix)
        if self.extras.extra(value) is Extra.MULTILINE:
            return (self._standalone(value), suffix)
        return (self.expressions.layout(value), suffix)

    def _assign(self, node: ast.Assign, suffix: Doc) -> Doc:
        *others, last = node.targets
        value = self._as_source(node.value, last)
        if not others and not has_brackets(last):
            return self._first_target(last), " = ", self._value(value, suffix)
        parts: list[Doc] = []
        for index, target in enumerate(others):
            rule = self._later_target if index else self._first_target
            parts += (rule(target), " = ")
        rule = self._later_target if others else self._first_target
        return (*parts, self._before_value(rule(last), " = ", value, suffix))

    def _as_source(self, value: ast.expr, target: ast.expr) -> ast.expr:
        """Unpacking takes a tuple without parentheses, any other target one with."""
        unpacks = isinstance(target, ast.Tuple)
        if unpacks and isinstance(value, ast.Tuple) and len(value.elts) > 1:
            return _Bare(elts=value.elts, ctx=value.ctx)
        return value

    def _first_target(self, node: ast.expr) -> Doc:
        return self.expressions.unparenthesized(node)

    def _later_target(self, node: ast.expr) -> Doc:
        if has_brackets(node):
            return self.expressions.unparenthesized(node)
        return parentheses_if_broken(self.expressions.layout(node, BRACKETED))

    def _value(self, value: ast.expr, suffix: Doc) -> Doc:
        """A value at the end of a statement. A lone name or literal takes its comment
        along into the parentheses that it may need."""
        if isinstance(value, _Bare):
            return (self.expressions.unparenthesized(value), suffix)
        if not suffix or not _is_atom(value):
            return (self._standalone(value), suffix)
        key = Key()
        content = (self.expressions.layout(value), IfBroken(suffix, "", key))
        return (BestFit(content, key), IfBroken("", suffix, key))

    def _before_value(
        self, target: Doc, operator: str, value: ast.expr, suffix: Doc
    ) -> Doc:
        """A target that can break, and its value."""
        moves = _is_atom(value) or isinstance(value, CHAIN)
        if not moves or self.extras.extra(value) is not Extra.BEST_FIT:
            return (target, operator, self._value(value, suffix))
        layout = self.expressions.layout(value)
        flat: Doc = (target, operator, layout, suffix)
        if _is_atom(value):
            inner: Doc = (Indent((SOFT, layout, suffix)), SOFT, ")")
            wrapped: Doc = (target, operator, Group(("(", inner), expand=True))
            return Choice((flat, wrapped, flat))
        opened = (target, operator, Group(layout, expand=True), suffix)
        inner = (Indent((SOFT, layout)), SOFT, ")")
        wrapped = (target, operator, Group(("(", inner), expand=True), suffix)
        return Choice((flat, opened, wrapped, flat))

    def _augmented(self, node: ast.AugAssign, suffix: Doc) -> Doc:
        operator = f" {BINARY[type(node.op)][0]}= "
        target = self.expressions.layout(node.target)
        if has_brackets(node.target):
            return self._before_value(target, operator, node.value, suffix)
        return (target, operator, self._value(node.value, suffix))

    def _annotated(self, node: ast.AnnAssign, suffix: Doc) -> Doc:
        target = self.expressions.layout(node.target)
        if isinstance(node.target, ast.Name) and not node.simple:
            target = ("(", target, ")")
        if node.value is None:
            return (target, ": ", self._value(node.annotation, suffix))
        annotation = self.expressions.layout(node.annotation)
        if not isinstance(node.annotation, (ast.Name, ast.Attribute, ast.Constant)):
            if self.extras.extra(node.annotation) is Extra.MULTILINE:
                annotation = self.expressions.breakable(node.annotation)
            rest = self._before_value(annotation, " = ", node.value, suffix)
            return (target, ": ", rest)
        return (target, ": ", annotation, " = ", self._value(node.value, suffix))

    def _return(self, node: ast.Return, suffix: Doc) -> Doc:
        if node.value is None:
            return ("return", suffix)
        if isinstance(node.value, ast.Tuple):
            return ("return ", self.expressions.unparenthesized(node.value), suffix)
        return ("return ", self._value(node.value, suffix))

    def _if(self, node: ast.If, suffix: Doc) -> Doc:
        return ("if ", self._standalone(node.test), ":", suffix)

    def _while(self, node: ast.While, suffix: Doc) -> Doc:
        return ("while ", self._standalone(node.test), ":", suffix)

    def _for(self, node: ast.For, suffix: Doc) -> Doc:
        target = self._for_target(node.target)
        return ("for ", target, " in ", self._standalone(node.iter), ":", suffix)

    def _for_target(self, node: ast.expr) -> Doc:
        if isinstance(node, ast.Tuple):
            return self.expressions.unparenthesized(node)
        return self._standalone(node)

    def _with(self, node: ast.With, suffix: Doc) -> Doc:
        if len(node.items) > 1:
            items = commas([self._item(item, BRACKETED) for item in node.items])
            return ("with ", parentheses_if_broken(items), ":", suffix)
        (item,) = node.items
        if item.optional_vars is None:
            return ("with ", self._standalone(item.context_expr), ":", suffix)
        return ("with ", self._named_item(item), ":", suffix)

    def _named_item(self, item: ast.withitem) -> Doc:
        context = item.context_expr
        if self.extras.extra(context) is Extra.NEVER or self.extras.may_stay_bare(
            context
        ):
            key = Key()
            return optional_parentheses(self._item(item, key), key)
        return parentheses_if_broken(self._item(item, BRACKETED))

    def _item(self, item: ast.withitem, fence: Key) -> Doc:
        context = self.expressions.layout(item.context_expr, fence)
        if item.optional_vars is None:
            return context
        return (context, " as ", self.expressions.layout(item.optional_vars, fence))

    def _assert(self, node: ast.Assert, suffix: Doc) -> Doc:
        test = self._standalone(node.test)
        if node.msg is None:
            return ("assert ", test, suffix)
        if self.extras.extra(node.msg) is Extra.NEVER:
            message = self.expressions.layout(node.msg)
        else:
            message = self.expressions.breakable(node.msg)
        return ("assert ", test, ", ", message, suffix)

    def _raise(self, node: ast.Raise, suffix: Doc) -> Doc:
        if node.exc is None:
            return ("raise", suffix)
        if node.cause is None:
            return ("raise ", self._optional(node.exc), suffix)
        causes = (self._optional(node.exc), " from ", self._optional(node.cause))
        return ("raise ", *causes, suffix)

    def _optional(self, node: ast.expr) -> Doc:
        if self.extras.extra(node) is Extra.MULTILINE:
            return self._standalone(node)
        return self.expressions.layout(node)

    def _import(self, node: ast.Import, suffix: Doc) -> Doc:
        return ("import ", ", ".join(map(_alias, node.names)), suffix)

    def _import_from(self, node: ast.ImportFrom, suffix: Doc) -> Doc:
        source = "." * node.level + (node.module or "")
        names = [_alias(name) for name in node.names]
        what = (
            "*" if names == ["*"] else parentheses_if_broken(commas(names, alone=True))
        )
        return (f"from {source} import ", what, suffix)

    def _class(self, node: ast.ClassDef, suffix: Doc) -> Doc:
        if not node.bases and not node.keywords:
            return (f"class {node.name}:", suffix)
        key = BRACKETED
        bases = self.expressions.arguments(node.bases, node.keywords, key)
        return (f"class {node.name}", bases, ":", suffix)

    def _function(self, node: ast.FunctionDef, suffix: Doc) -> Doc:
        name = f"def {node.name}"
        items = self._parameters(node.args)
        if not items:
            return (f"{name}()", self._result(node.returns), ":", suffix)
        # A lone parameter gets its comma as soon as it stands on a line of its own.
        inner = commas(items, alone=True) if len(items) == 1 else Group(commas(items))
        returns: Doc = ""
        if node.returns is not None:
            returns = (" -> ", self._annotation(node.returns))
        header = (name, "(", Indent((SOFT, inner)), SOFT, ")", returns, ":", suffix)
        return Group(header)

    def _result(self, node: ast.expr | None) -> Doc:
        """The return annotation of a function without parameters."""
        if node is None:
            return ""
        if has_brackets(node):
            return (" -> ", self.expressions.layout(node))
        layout = self.expressions.layout(node, BRACKETED)
        return (" -> ", parentheses_if_broken(layout))

    def _annotation(self, node: ast.expr) -> Doc:
        if has_brackets(node):
            return self.expressions.layout(node)
        return self._standalone(node)

    def _parameters(self, node: ast.arguments) -> list[Doc]:
        positional = [*node.posonlyargs, *node.args]
        missing = len(positional) - len(node.defaults)
        defaults: list[ast.expr | None] = [None] * missing + list(node.defaults)
        items = self._with_defaults(positional, defaults)
        if node.posonlyargs:
            items.insert(len(node.posonlyargs), "/")
        if node.vararg is not None:
            items.append(("*", self._parameter(node.vararg)))
        elif node.kwonlyargs:
            items.append("*")
        items += self._with_defaults(node.kwonlyargs, node.kw_defaults)
        if node.kwarg is not None:
            items.append(("**", self._parameter(node.kwarg)))
        return items

    def _with_defaults(
        self, parameters: Sequence[ast.arg], defaults: Sequence[ast.expr | None]
    ) -> list[Doc]:
        return [
            self._parameter(parameter, default)
            for parameter, default in zip(parameters, defaults, strict=True)
        ]

    def _parameter(self, node: ast.arg, default: ast.expr | None = None) -> Doc:
        name: Doc = node.arg
        if node.annotation is not None:
            name = (name, ": ", self.expressions.layout(node.annotation, BRACKETED))
        if default is None:
            return name
        equals = "=" if node.annotation is None else " = "
        return (name, equals, self.expressions.layout(default, BRACKETED))


class _Bare(ast.Tuple):
    """A tuple that is written without parentheses as long as it fits."""


def _is_atom(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return node.value is not ...
    return isinstance(node, (ast.Name, ast.JoinedStr))


def _alias(node: ast.alias) -> str:
    return f"{node.name} as {node.asname}" if node.asname else node.name
