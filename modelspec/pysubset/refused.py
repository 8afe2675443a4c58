"""The syntax that is not in the language, and what to write instead.

Data only: `ALLOWED_*` name what is in the language; whatever else Python has, now or
later, is refused, with the words below where there are any.
"""

from __future__ import annotations

import ast

ALLOWED_EXPRESSIONS: frozenset[type[ast.AST]] = frozenset(
    {
        ast.Attribute,
        ast.BinOp,
        ast.BoolOp,
        ast.Call,
        ast.Compare,
        ast.Constant,
        ast.Dict,
        ast.DictComp,
        ast.FormattedValue,
        ast.GeneratorExp,
        ast.IfExp,
        ast.JoinedStr,
        ast.List,
        ast.ListComp,
        ast.Name,
        ast.Set,
        ast.SetComp,
        ast.Slice,
        ast.Subscript,
        ast.Tuple,
        ast.UnaryOp,
    }
)

ALLOWED_STATEMENTS: frozenset[type[ast.AST]] = frozenset(
    {
        ast.AnnAssign,
        ast.Assert,
        ast.Assign,
        ast.AugAssign,
        ast.Break,
        ast.Continue,
        ast.Expr,
        ast.For,
        ast.If,
        ast.Pass,
        ast.Raise,
        ast.Return,
        ast.While,
        ast.With,
    }
)

WHAT: dict[str, tuple[str, str]] = {
    # node type: (what it is, what to write instead)
    "AsyncFor": ("`async for`", "write a plain `for`"),
    "AsyncFunctionDef": ("`async def`", "write a plain `def`"),
    "AsyncWith": ("`async with`", "write a plain `with`"),
    "Await": ("`await`", "call it without `await`"),
    "ClassDef": ("a class", "make it a block under `blocks`"),
    "Delete": ("`del`", "leave it out: names end with the function"),
    "FunctionDef": ("a `def` inside", "make it a method or an entry of `functions`"),
    "Global": ("`global`", "return the value, or keep it under `attributes`"),
    "Import": ("`import`", "`torch`, `F` and `math` are in scope already"),
    "ImportFrom": ("`import`", "`torch`, `F` and `math` are in scope already"),
    "Lambda": ("`lambda`", "make it an entry of `functions`"),
    "Match": ("`match`", "write `if` and `elif`"),
    "NamedExpr": ("`:=`", "assign on a line of its own before"),
    "Nonlocal": ("`nonlocal`", "return the value"),
    "TemplateStr": ("a template string", "write an f-string"),
    "Try": ("`try`", "test for the case with `if`"),
    "TryStar": ("`try`", "test for the case with `if`"),
    "TypeAlias": ("`type`", "write the type where it is used"),
    "With": ("`with`", "it stands only in `forward`, `methods` and `init`"),
    "Yield": ("`yield`", "collect the values in a list and return it"),
    "YieldFrom": ("`yield`", "collect the values in a list and return it"),
}

RAISED_IN_FUNCTIONS = ("ValueError",)
RAISED_IN_FORWARD = (
    "ValueError",
    "NotImplementedError",
    "RuntimeError",
    "TypeError",
    "AssertionError",
)

CONTEXTS = frozenset(
    {
        "torch.autocast",
        "torch.enable_grad",
        "torch.inference_mode",
        "torch.no_grad",
    }
)
"""What may stand after `with`, called."""


_BINDS_NOTHING = (ast.Delete, ast.Global, ast.Nonlocal)
_IN_SCOPE = frozenset({"torch", "nn", "F", "math"})


def may_bind(node: ast.AST) -> bool:
    """Whether names that are read elsewhere may come from something refused."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        bound = {one.asname or one.name.partition(".")[0] for one in node.names}
        return not bound <= _IN_SCOPE
    if isinstance(node, ast.stmt):
        return not isinstance(node, _BINDS_NOTHING)
    return any(isinstance(one, ast.NamedExpr) for one in ast.walk(node))


def dotted_name(node: ast.expr) -> str | None:
    """`a.b.c` as text, where a node is that."""
    if isinstance(node, ast.Name):
        return node.id
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    names.append(node.id)
    return ".".join(reversed(names))
