"""ast.expr -> document.

Takes the expressions of the language's subset, with or without positions; raises
`TypeError` for any other.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import TypeAlias

from modelspec.layout import precedence as level
from modelspec.layout.document import (
    SOFT,
    SPACE,
    BestFit,
    Doc,
    Group,
    Key,
)
from modelspec.layout.fences import (
    BARE,
    BRACKETED,
    bracket,
    commas,
    fenced_break,
    fenced_group,
    optional_parentheses,
    parentheses_if_broken,
    space_if_broken,
)
from modelspec.layout.fstrings import f_string_text
from modelspec.layout.literals import (
    QUOTES,
    normalise_number,
    number_text,
    string_text,
)
from modelspec.layout.parentheses import (
    CHAIN,
    Extra,
    Extras,
)
from modelspec.layout.wrapping import (
    Kept,
    Operand,
    Operator,
    Part,
    Wrapping,
)

Spelling: TypeAlias = Callable[[ast.Constant], str | None]
Chain: TypeAlias = ast.Attribute | ast.Call | ast.Subscript
Comprehension: TypeAlias = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp


class Expressions:
    """Lays out expressions; `spelling` knows how their author wrote a number, `kept`
    which operands stood in parentheses."""

    def __init__(
        self,
        spelling: Spelling | None = None,
        kept: Kept | None = None,
        quotes: tuple[str, ...] = QUOTES,
    ) -> None:
        self.spelling = spelling
        self.quotes = quotes
        self.wrapping = Wrapping(kept)
        self.extras = Extras(self.wrapping)
        self._rules: dict[type[ast.AST], Callable[..., Doc]] = {
            ast.Name: self._name,
            ast.Constant: self._constant,
            ast.Attribute: self._chain,
            ast.Call: self._chain,
            ast.Subscript: self._chain,
            ast.BinOp: self._binary,
            ast.Compare: self._binary,
            ast.BoolOp: self._binary,
            ast.UnaryOp: self._unary,
            ast.IfExp: self._conditional,
            ast.Tuple: self._tuple,
            ast.List: self._list,
            ast.Set: self._set,
            ast.Dict: self._dict,
            ast.ListComp: self._comprehension,
            ast.SetComp: self._comprehension,
            ast.DictComp: self._comprehension,
            ast.GeneratorExp: self._comprehension,
            ast.Starred: self._starred,
            ast.Slice: self._slice,
            ast.JoinedStr: self._f_string,
        }

    def layout(self, node: ast.expr, fence: Key = BARE) -> Doc:
        """The document of an expression that stands inside the fence."""
        rule = self._rules.get(type(node))
        if rule is None:
            raise TypeError(f"no layout for {type(node).__name__}")
        return rule(node, fence)

    def standalone(self, node: ast.expr) -> Doc:
        """An expression of a statement, in parentheses if that is how to break it."""
        extra = self.extras.extra(node)
        if extra is Extra.NEVER:
            return self.layout(node)
        if extra is Extra.BEST_FIT:
            key = Key()
            return BestFit(self.layout(node, key), key)
        return self.breakable(node)

    def breakable(self, node: ast.expr) -> Doc:
        """An expression in parentheses if it breaks, unless it may stay bare."""
        if self.extras.may_stay_bare(node):
            key = Key()
            return optional_parentheses(self.layout(node, key), key)
        return parentheses_if_broken(self.layout(node, BRACKETED))

    def operand(self, node: ast.expr, minimum: int, fence: Key) -> Doc:
        """An expression in parentheses if it binds looser than its place allows."""
        if self.wrapping.wraps(node, minimum):
            return self._wrapped(node, fence)
        return self.layout(node, fence)

    def sequence(self, nodes: Sequence[ast.expr]) -> tuple[Doc, ...]:
        """Items between brackets, a comma after the last of several if they break."""
        return commas([self.layout(node, BRACKETED) for node in nodes])

    def unparenthesized(self, node: ast.expr) -> Doc:
        """A tuple without its parentheses unless it breaks; else the expression."""
        if not isinstance(node, ast.Tuple) or len(node.elts) < 2:
            return self.layout(node)
        return parentheses_if_broken(self.sequence(node.elts))

    def arguments(
        self, args: Sequence[ast.expr], keywords: Sequence[ast.keyword], fence: Key
    ) -> Doc:
        """The arguments of a call, in its parentheses."""
        if not args and not keywords:
            return "()"
        if len(args) == 1 and not keywords and isinstance(args[0], ast.GeneratorExp):
            return bracket("(", Group(self._clauses(args[0])), ")", fence)
        items: list[Doc] = [self.layout(arg, BRACKETED) for arg in args]
        items += [self._keyword(keyword) for keyword in keywords]
        return bracket("(", Group(commas(items)), ")", fence)

    def _keyword(self, node: ast.keyword) -> Doc:
        if node.arg is None:
            return ("**", self.operand(node.value, level.BIT_OR, BRACKETED))
        return (node.arg, "=", self.layout(node.value, BRACKETED))

    def _name(self, node: ast.Name, fence: Key) -> Doc:
        return node.id

    def _constant(self, node: ast.Constant, fence: Key) -> Doc:
        value = node.value
        if isinstance(value, str):
            return string_text(value, self.quotes)
        if isinstance(value, (int, float, complex)) and not isinstance(value, bool):
            spelled = self.spelling(node) if self.spelling else None
            return normalise_number(spelled) if spelled else number_text(value)
        if value is ...:
            return "..."
        if value is None or isinstance(value, bool):
            return str(value)
        raise TypeError(f"no layout for a constant {type(value).__name__}")

    def _f_string(self, node: ast.JoinedStr, fence: Key) -> Doc:
        # Before Python 3.12, positions inside are not those of the source: `kept` would
        # be asked about other text.
        return f_string_text(
            node, self.quotes, lambda quotes: Expressions(self.spelling, None, quotes)
        )

    def _wrapped(self, node: ast.expr, fence: Key) -> Doc:
        return bracket("(", self.layout(node, BRACKETED), ")", fence)

    def _chain(self, node: Chain, fence: Key) -> Doc:
        if fence is BARE or not self.extras.is_fluent(node):
            return self._link(node, fence, fluent=False)
        return Group(self._link(node, fence, fluent=True))

    def _link(self, node: Chain, fence: Key, *, fluent: bool) -> Doc:
        """A link of a chain and those before; a fluent one breaks at its dots."""
        if isinstance(node, ast.Attribute):
            owner = node.value
            if self.wrapping.wraps_owner(owner):
                return (
                    self._wrapped(owner, fence),
                    SOFT if fluent else "",
                    "." + node.attr,
                )
            dot = (
                SOFT if fluent and isinstance(owner, (ast.Call, ast.Subscript)) else ""
            )
            return (self._owner(owner, fence, fluent), dot, "." + node.attr)
        if isinstance(node, ast.Call):
            arguments = self.arguments(node.args, node.keywords, fence)
            return (self._owner(node.func, fence, fluent), arguments)
        index = bracket("[", self._index(node.slice), "]", fence)
        return (self._owner(node.value, fence, fluent), index)

    def _owner(self, node: ast.expr, fence: Key, fluent: bool) -> Doc:
        if isinstance(node, CHAIN):
            return self._link(node, fence, fluent=fluent)
        if isinstance(node, ast.Name):
            return node.id  # never in parentheses, see `wraps_owner`
        return self.operand(node, level.ATOM, fence)

    def _index(self, node: ast.expr) -> Doc:
        if not isinstance(node, ast.Tuple) or not node.elts:
            return self.layout(node, BRACKETED)
        if len(node.elts) == 1:
            return (self.layout(node.elts[0], BRACKETED), ",")
        return Group(self.sequence(node.elts))

    def _slice(self, node: ast.Slice, fence: Key) -> Doc:
        parts = (node.lower, node.upper, node.step)
        gap = "" if all(part is None or _is_simple(part) for part in parts) else " "
        lower, upper, step = (
            None if part is None else self.layout(part, BRACKETED) for part in parts
        )
        text: list[Doc] = []
        if lower is not None:
            text += (lower, gap)
        text.append(":")
        if upper is not None:
            text += (gap, upper)
        if step is not None:
            text += (gap if upper is not None else "", ":", gap, step)
        return tuple(text)

    def _binary(self, node: ast.expr, fence: Key) -> Doc:
        return fenced_group(self._ranks(self.wrapping.flatten(node), fence), fence)

    def _ranks(self, parts: list[Part], fence: Key) -> Doc:
        """Operands between the loosest operators; what binds tighter breaks later."""
        loosest = min(part.level for part in parts if isinstance(part, Operator))
        out: list[Doc] = []
        start = 0
        operator: Operator | None = None
        for index in range(len(parts) + 1):
            part = parts[index] if index < len(parts) else None
            if isinstance(part, Operand):
                continue
            if part is not None and part.level != loosest:
                continue
            operands = parts[start:index]
            if operator is not None:
                hugs = operator.symbol == "**" and _is_simple_power(
                    parts[start - 2], operands[0]
                )
                line = fenced_break("" if hugs else " ", fence)
                out += (line, operator.symbol, space_if_broken(fence) if hugs else " ")
            out.append(self._rank(operands, fence))
            operator, start = part, index + 1
        return tuple(out)

    def _rank(self, parts: list[Part], fence: Key) -> Doc:
        first = parts[0]
        if len(parts) > 1 or not isinstance(first, Operand):
            return fenced_group(self._ranks(parts, fence), fence)
        if first.wrapped:
            return self._wrapped(first.node, fence)
        return self.layout(first.node, fence)

    def _unary(self, node: ast.UnaryOp, fence: Key) -> Doc:
        symbol = level.UNARY_SYMBOL[type(node.op)]
        if self.wrapping.wraps_signed(node):
            return (symbol, self._wrapped(node.operand, fence))
        return (symbol, self.layout(node.operand, fence))

    def _conditional(self, node: ast.IfExp, fence: Key) -> Doc:
        return fenced_group(self._branches(node, fence), fence)

    def _branches(self, node: ast.IfExp, fence: Key) -> Doc:
        """`a if b else c`; a further conditional as `c` breaks along with it."""
        line = fenced_break(" ", fence)
        if isinstance(node.orelse, ast.IfExp) and not self.wrapping.wraps(
            node.orelse, 0
        ):
            orelse = self._branches(node.orelse, fence)
        else:
            orelse = self.operand(node.orelse, level.CONDITIONAL, fence)
        body = self.operand(node.body, level.OR, fence)
        test = self.operand(node.test, level.OR, fence)
        return (body, line, "if ", test, line, "else ", orelse)

    def _tuple(self, node: ast.Tuple, fence: Key) -> Doc:
        if len(node.elts) == 1:
            single = (self.layout(node.elts[0], BRACKETED), ",")
            return bracket("(", single, ")", fence)
        return self._display("(", self.sequence(node.elts), ")", fence)

    def _list(self, node: ast.List, fence: Key) -> Doc:
        return self._display("[", self.sequence(node.elts), "]", fence)

    def _set(self, node: ast.Set, fence: Key) -> Doc:
        if not node.elts:
            return "{*()}"
        return self._display("{", self.sequence(node.elts), "}", fence)

    def _dict(self, node: ast.Dict, fence: Key) -> Doc:
        pairs = zip(node.keys, node.values, strict=True)
        return self._display(
            "{", commas([self._item(*pair) for pair in pairs]), "}", fence
        )

    def _item(self, key: ast.expr | None, value: ast.expr) -> Doc:
        if key is None:
            return ("**", self.operand(value, level.BIT_OR, BRACKETED))
        return (self.layout(key, BRACKETED), ": ", self.layout(value, BRACKETED))

    def _display(
        self, left: str, items: tuple[Doc, ...], right: str, fence: Key
    ) -> Doc:
        return bracket(left, items, right, fence) if items else left + right

    def _comprehension(self, node: Comprehension, fence: Key) -> Doc:
        pairs = {ast.ListComp: "[]", ast.GeneratorExp: "()"}
        pair = pairs.get(type(node), "{}")
        return bracket(pair[0], Group(self._clauses(node)), pair[1], fence)

    def _clauses(self, node: Comprehension) -> Doc:
        if isinstance(node, ast.DictComp):
            element = self._item(node.key, node.value)
        else:
            element = self.layout(node.elt, BRACKETED)
        parts: list[Doc] = [Group(element)]
        for clause in node.generators:
            target = self._loop_target(clause.target)
            iterable = self.operand(clause.iter, level.OR, BRACKETED)
            parts += (SPACE, "for ", target, " in ", iterable)
            for test in clause.ifs:
                parts += (SPACE, "if ", self.operand(test, level.OR, BRACKETED))
        return tuple(parts)

    def _loop_target(self, node: ast.expr) -> Doc:
        """What a clause binds; it never gets parentheses to break in."""
        if not isinstance(node, ast.Tuple) or len(node.elts) < 2:
            return self.layout(node, BRACKETED)
        first, *others = (self.layout(target, BRACKETED) for target in node.elts)
        return (first, *((", ", target) for target in others))

    def _starred(self, node: ast.Starred, fence: Key) -> Doc:
        return ("*", self.operand(node.value, level.BIT_OR, fence))


def _is_simple(node: ast.expr) -> bool:
    """Whether a slice's part takes no spaces around the colon."""
    if isinstance(node, ast.UnaryOp):
        return not isinstance(node.op, ast.Not) and _is_simple(node.operand)
    return isinstance(node, (ast.Name, ast.Constant))


def _is_simple_power(left: Part, right: Part) -> bool:
    """Whether `**` stands close between two operands."""
    return all(
        isinstance(part, Operand) and not part.wrapped and _is_simple_operand(part.node)
        for part in (left, right)
    )


def _is_simple_operand(node: ast.expr) -> bool:
    while True:
        if isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.Not):
            node = node.operand
        elif isinstance(node, ast.Attribute):
            node = node.value
        else:
            return isinstance(node, ast.Name) or _is_plain(node)


def _is_plain(node: ast.expr) -> bool:
    """A literal that is neither text nor an ellipsis."""
    if not isinstance(node, ast.Constant):
        return False
    return node.value is not ... and not isinstance(node.value, str)
