"""How a layer of a plan is divided, as it is written: `RowwiseParallel(...)`.

In: a text. Out: a call of a class of `torch.distributed.tensor.parallel` with literals
and layouts as arguments, or None and a report.
"""

from __future__ import annotations

import ast

from modelspec.catalog.parallel import (
    LAYOUTS,
    PAIRS,
    REQUIRED,
    SHORT_STYLES,
    STYLES,
    ArgumentKind,
)
from modelspec.diagnostics.diagnostic import Report
from modelspec.diagnostics.suggest import suggest
from modelspec.policy import Limits
from modelspec.pysubset import parse_expression, span_of, span_of_keyword
from modelspec.records import dataclass
from modelspec.syntax.nodes import ScalarNode

_EXPECTED = {
    "layout": "a layout, `Shard(dim)` or `Replicate()`",
    "layouts": "a layout, `Shard(dim)` or `Replicate()`, or a tuple of them",
    "layouts by name": 'layouts by name, `{"x": Shard(1)}`',
    "flag": "True or False",
    "int": "a number",
}


def read_style(node: ScalarNode, limits: Limits, report: Report) -> ast.Call | None:
    """A call that is right, or None and what is wrong with it."""
    parsed = parse_expression(node.fragment, report, limits)
    if parsed is None:
        return None
    return _Style(node, report).read(parsed)


@dataclass(frozen=True, slots=True, eq=False)
class _Style:
    node: ScalarNode
    report: Report

    def read(self, parsed: ast.expr) -> ast.Call | None:
        call = ast.copy_location(ast.Call(parsed, [], []), parsed)
        if isinstance(parsed, ast.Call):
            call = parsed
        named = call.func
        name = named.id if isinstance(named, ast.Name) else ""
        if name in SHORT_STYLES:
            self._tell_called(name, call)
            return None
        if name not in STYLES:
            self._tell_unknown(named, name)
            return None
        problems = [self._keyword(one, name) for one in call.keywords]
        problems.append(self._are_different(call, name))
        for one in call.args:
            self._tell(f"the arguments of {name} are given by name", one)
        whole = not call.args and all(problems) and self._is_whole(call, name)
        return call if whole else None

    def _tell_unknown(self, node: ast.expr, name: str) -> None:
        known = [*SHORT_STYLES, *STYLES]
        meant = suggest(name, known) if name else None
        self.report.error(
            "wrong-style",
            f"'{ast.unparse(node)[:60]}' is no way to divide a layer",
            span_of(node, self.node.source),
            meant=meant,
            help=() if meant else f"known are: {', '.join(known)}",
        )

    def _tell_called(self, name: str, call: ast.Call) -> None:
        meaning = SHORT_STYLES[name]
        advice = f"write `{name}` alone, which is `{meaning}`"
        if call.args or call.keywords:
            advice = f"it is short for `{meaning}`, which takes arguments"
        self.report.error(
            "wrong-style",
            f"'{name}' is a word, no call",
            span_of(call, self.node.source),
            help=advice,
        )

    def _are_different(self, call: ast.Call, name: str) -> bool:
        """Whether no argument is given twice, which Python would refuse later."""
        given: set[str] = set()
        for one in call.keywords:
            if one.arg is not None and one.arg in given:
                self.report.error(
                    "duplicate-argument",
                    f"{name} is given '{one.arg}' twice",
                    span_of_keyword(one, self.node.source),
                )
                return False
            given.add(one.arg or "")
        return True

    def _keyword(self, one: ast.keyword, name: str) -> bool:
        kind = STYLES[name].get(one.arg or "")
        if kind is None:
            meant = suggest(one.arg or "", STYLES[name])
            self.report.error(
                "unexpected-argument",
                f"{name} has no argument '{one.arg or '**'}'",
                span_of_keyword(one, self.node.source),
                meant=meant,
                help=() if meant else f"it has: {', '.join(STYLES[name])}",
            )
            return False
        if not _fits(one.value, kind):
            self._tell(f"'{one.arg}' of {name} is {_EXPECTED[kind]}", one.value)
            return False
        return True

    def _is_whole(self, call: ast.Call, name: str) -> bool:
        given = {one.arg: one.value for one in call.keywords}
        required = sorted(REQUIRED.get(name, frozenset()))
        if missing := [one for one in required if not _count(given.get(one))]:
            place = given.get(missing[0], call)
            self._tell(f"{name} wants '{missing[0]}', a layout or several", place)
            return False
        for one, other in PAIRS:
            if one not in STYLES[name] or other not in STYLES[name]:
                continue
            left, right = _count(given.get(one)), _count(given.get(other))
            if left != right:
                message = f"{name} wants as many '{other}' as '{one}'"
                self._tell(f"{message}, got {right} and {left}", call)
                return False
        return True

    def _tell(self, message: str, node: ast.expr) -> None:
        self.report.error("wrong-style", message, span_of(node, self.node.source))


def _count(node: ast.expr | None) -> int:
    """How many layouts an argument gives."""
    if node is None or _is_none(node):
        return 0
    if isinstance(node, ast.Tuple):
        return len(node.elts)
    return len(node.keys) if isinstance(node, ast.Dict) else 1


def _fits(node: ast.expr, kind: ArgumentKind) -> bool:
    match kind:
        case "flag":
            return isinstance(node, ast.Constant) and isinstance(node.value, bool)
        case "int":
            return _is_int(node)
        case "layout":
            return _is_layout(node)
        case "layouts":
            items = node.elts if isinstance(node, ast.Tuple) else [node]
            return all(_is_layout(one) or _is_none(one) for one in items)
        case "layouts by name":
            return isinstance(node, ast.Dict) and all(
                isinstance(key, ast.Constant)
                and isinstance(key.value, str)
                and key.value.isidentifier()
                and _is_layout(value)
                for key, value in zip(node.keys, node.values, strict=True)
            )


def _is_layout(node: ast.expr) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return False
    arguments = LAYOUTS.get(node.func.id)
    given = [*node.args]
    if arguments and [one.arg for one in node.keywords] == ["dim"]:
        given += [node.keywords[0].value]
    elif node.keywords:
        return False
    return len(given) == arguments and all(map(_is_int, given))


def _is_int(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
    value = node.value if isinstance(node, ast.Constant) else None
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 64


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
