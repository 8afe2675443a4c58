"""Checks our own output: the text says what was intended, nothing else.

Comes in: the text and the trees it was printed from. Raises `InternalError` if the
parsed text differs: a doc, a string or a name that changed structure, a layout that
changed meaning. With templates of the user's own, everything intended must still be
there, in order.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from modelspec.backends.python.classes import ClassCode, FunctionCode
from modelspec.backends.python.docs import docstring
from modelspec.diagnostics.diagnostic import InternalError
from modelspec.trees import module_tree


@dataclass(frozen=True, slots=True, eq=False)
class Intended:
    """What a module is to hold besides imports."""

    functions: tuple[FunctionCode, ...]
    classes: tuple[ClassCode, ...]
    factories: tuple[FunctionCode, ...]

    def module(self) -> ast.Module:
        body: list[ast.stmt] = [_definition(one, 4) for one in self.functions]
        body += [_class(one) for one in self.classes]
        body += [_definition(one, 4) for one in self.factories]
        return ast.Module(body, [])


def verify_text(
    text: str, intended: Intended, header: Sequence[str], *, exact: bool
) -> None:
    lines = text.split("\n", len(header))
    if tuple(lines[: len(header)]) != tuple(header) and exact:
        raise InternalError("generated code does not begin with its header")
    try:
        parsed = module_tree(text)
    except (SyntaxError, ValueError) as error:
        raise InternalError(f"generated code does not parse: {error}") from error
    found = [one for one in parsed.body if not isinstance(one, _IMPORTS)]
    wanted = [ast.dump(one) for one in _normal(intended.module()).body]
    if exact:
        _verify_equal([ast.dump(one) for one in _normal_body(found)], wanted)
    else:
        _verify_among((ast.dump(one) for one in _normal_body(found)), wanted)


_IMPORTS = (ast.Import, ast.ImportFrom)


def _verify_equal(found: list[str], wanted: list[str]) -> None:
    for one, other in zip(found, wanted, strict=False):
        if one != other:
            raise InternalError(
                f"generated code differs from what was meant: {other[:60]}"
            )
    if len(found) != len(wanted):
        raise InternalError("generated code has more or fewer definitions than meant")


def _verify_among(found: Iterable[str], wanted: list[str]) -> None:
    left = iter(found)
    for one in wanted:
        if one not in left:
            raise InternalError(f"a template left out or changed: {one[:60]}")


def _normal(module: ast.Module) -> ast.Module:
    """The tree as it is once printed and parsed: `Constant(-1)` is `-1`."""
    return module_tree(ast.unparse(ast.fix_missing_locations(module)))


def _normal_body(body: list[ast.stmt]) -> list[ast.stmt]:
    return _normal(ast.Module(body, [])).body


def _definition(code: FunctionCode, indent: int) -> ast.FunctionDef:
    made = code.definition
    body = [*_docstring(docstring(code.doc, indent)), *made.body]
    return ast.FunctionDef(made.name, made.args, body, [], made.returns)


def _class(code: ClassCode) -> ast.ClassDef:
    body: list[ast.stmt] = [*_docstring(docstring(code.doc, 4, code.arguments))]
    body += code.fields
    body += [_definition(one, 8) for one in code.methods]
    return ast.ClassDef(code.name, [code.base], [], body or [ast.Pass()], [])


def _docstring(text: str) -> list[ast.stmt]:
    """The docstring as one literal, or our escaping is broken."""
    if not text:
        return []
    try:
        value = ast.literal_eval(text.strip())
    except (SyntaxError, ValueError) as error:
        raise InternalError(f"a docstring is no literal: {error}") from error
    if not isinstance(value, str):
        raise InternalError("a docstring is no string")
    return [ast.Expr(ast.Constant(value))]
