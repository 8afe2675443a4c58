"""Small builders: Programs by hand, from Python text that is canonical already."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Mapping, Sequence

from modelspec.diagnostics.span import Source, Span
from modelspec.program import ir
from modelspec.pysubset.body import Comment

SOURCE = Source("test.yaml", "")
SPAN = Span(SOURCE, 0, 0)


def expr(text: str) -> ast.expr:
    """An expression that stands nowhere in a file."""
    return _unplaced(ast.parse(text.strip(), mode="eval").body)


def _unplaced(node: ast.expr) -> ast.expr:
    for one in ast.walk(node):
        for attribute in ("lineno", "col_offset", "end_lineno", "end_col_offset"):
            if hasattr(one, attribute):
                delattr(one, attribute)
    return node


def target(text: str) -> ast.expr:
    made = ast.parse(f"{text} = 0").body[0]
    assert isinstance(made, ast.Assign)
    return _unplaced(made.targets[0])


def key(text: str | None) -> ast.Constant | ast.JoinedStr | None:
    """A name; one that holds `{` is computed."""
    if text is None:
        return None
    made = expr(f"f{text!r}" if "{" in text else repr(text))
    assert isinstance(made, ast.Constant | ast.JoinedStr)
    return made


def required(text: str) -> ast.Constant | ast.JoinedStr:
    made = key(text)
    assert made is not None
    return made


def value(made: str | ir.Container) -> ir.ModuleValue:
    return made if isinstance(made, ir.Container) else ir.Value(expr(made), SPAN)


Children = (
    "Sequence[str | ir.Container | ir.Statement]"
    " | Mapping[str, str | ir.Container | ir.Statement]"
)


def children(given: Children) -> tuple[ir.Statement, ...]:
    if isinstance(given, Mapping):
        pairs = [(name, one) for name, one in given.items()]
    else:
        pairs = [(None, one) for one in given]  # type: ignore[misc]
    return tuple(
        child(name, one) if isinstance(one, str | ir.Container) else one
        for name, one in pairs
    )


def container(
    callee: str, given: Children, *, named: bool | None = None, into: str | None = None
) -> ir.Container:
    is_named = isinstance(given, Mapping) if named is None else named
    return ir.Container(expr(callee), is_named, children(given), SPAN, into)


def sequential(*given: str | ir.Container | ir.Statement) -> ir.Container:
    return container("nn.Sequential", given)


def child(name: str | None, made: str | ir.Container) -> ir.Child:
    return ir.Child(key(name), value(made), SPAN)


def let(name: str, made: str | ir.Container) -> ir.Let:
    return ir.Let(target(name), value(made), SPAN)


def loop(name: str, over: str, *body: ir.Statement | str | ir.Container) -> ir.For:
    return ir.For(target(name), expr(over), children(body), SPAN)


def when(test: str, body: Children, orelse: Children = ()) -> ir.If:
    return ir.If(expr(test), children(body), children(orelse), SPAN)


def splice(text: str) -> ir.Splice:
    return ir.Splice(expr(text), SPAN)


def parameter(
    name: str, text: str, requires_grad: str | None = None
) -> ir.OwnParameter:
    wants = None if requires_grad is None else expr(requires_grad)
    return ir.OwnParameter(required(name), expr(text), wants, SPAN)


def buffer(name: str, text: str, persistent: str | None = None) -> ir.OwnBuffer:
    lasts = None if persistent is None else expr(persistent)
    return ir.OwnBuffer(required(name), expr(text), lasts, SPAN)


def attribute(name: str, text: str) -> ir.OwnAttribute:
    return ir.OwnAttribute(required(name), expr(text), SPAN)


def keep(name: str) -> ir.Keep:
    return ir.Keep(name, SPAN)


def initializer(text: str) -> ir.Initializer:
    return ir.Initializer(expr(text), text.startswith("nn.init."), SPAN)


def by_type(*rules: tuple[str, Mapping[str, str]]) -> ir.InitByType:
    made = [
        ir.TypeRule(
            tuple(expr(one) for one in types.split("|")),
            None,
            tuple((leaf, initializer(text)) for leaf, text in leaves.items()),
            SPAN,
        )
        for types, leaves in rules
    ]
    return ir.InitByType(tuple(made), SPAN)


def by_name(pattern: str, what: str | Mapping[str, str]) -> ir.InitByName:
    if isinstance(what, str):
        return ir.InitByName(required(pattern), SPAN, initializer(what))
    leaves = tuple((leaf, initializer(text)) for leaf, text in what.items())
    return ir.InitByName(required(pattern), SPAN, None, leaves)


def tie(left: str, right: str) -> ir.Tie:
    return ir.Tie(required(left), required(right), SPAN)


def freeze(pattern: str) -> ir.Freeze:
    return ir.Freeze(required(pattern), SPAN)


def type_of(text: str) -> ir.TypeExpression:
    return _type(ast.parse(text, mode="eval").body)


def _type(node: ast.expr) -> ir.TypeExpression:
    match node:
        case ast.BinOp():
            left, right = _type(node.left), _type(node.right)
            parts = left.arguments if left.name == "union" else (left,)
            return ir.TypeExpression("union", (*parts, right))
        case ast.Constant():
            return ir.TypeExpression("None")
        case ast.Subscript():
            assert isinstance(node.value, ast.Name)
            inside = node.slice
            items = inside.elts if isinstance(inside, ast.Tuple) else [inside]
            variadic = isinstance(items[-1], ast.Constant) and items[-1].value is ...
            items = items[:-1] if variadic else items
            items = items[1:] if node.value.id == "dict" else items
            return ir.TypeExpression(node.value.id, tuple(map(_type, items)), variadic)
    assert isinstance(node, ast.Name)
    return ir.TypeExpression(node.id)


def param(
    declared: str,
    *,
    doc: str | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[object, ...] = (),
    keyword_only: bool = False,
) -> ir.Param:
    """`"stages: list[int] = [3, 4]"`"""
    name, _, rest = declared.partition(":")
    kind, _, default = rest.partition("=")
    return ir.Param(
        name.strip(),
        type_of(kind.strip()),
        expr(default) if default else None,
        SPAN,
        doc,
        minimum,
        maximum,
        choices,
        keyword_only,
    )


def inputs(*names: str, shaped: bool = True) -> tuple[ir.Input, ...]:
    return tuple(ir.Input(one, SPAN, ("N",) if shaped else None) for one in names)


def block(
    name: str,
    *construct: ir.Statement,
    params: Sequence[str | ir.Param] = (),
    constants: Mapping[str, str] | None = None,
    base: str = "Module",
    methods: str = "",
    doc: str | None = None,
    given: tuple[ir.Input, ...] | None = None,
) -> ir.Block:
    """`methods` is Python text of `def`s; `base` a kind, or a call that it extends."""
    source = Source("test.yaml", methods)
    kind: ir.BaseKind = "extends"
    call = None
    if base in ("Module", "Sequential", "ModuleList", "ModuleDict"):
        kind = base  # type: ignore[assignment]
    else:
        made = expr(base)
        assert isinstance(made, ast.Call)
        call = made
    return ir.Block(
        name=name,
        source=source,
        span=SPAN,
        doc=doc,
        params=tuple(
            one if isinstance(one, ir.Param) else param(one) for one in params
        ),
        constants=tuple(
            ir.Constant(one, expr(text), SPAN)
            for one, text in (constants or {}).items()
        ),
        base=ir.Base(kind, SPAN, call),
        construct=construct,
        inputs=inputs("x") if given is None else given,
        methods=tuple(_methods(methods)),
    )


def _methods(text: str) -> list[ir.Method]:
    comments = _comments(text)
    return [
        ir.Method(
            one.name,
            one.args,
            tuple(one.body),
            tuple(c for c in comments if one.lineno < c.line <= (one.end_lineno or 0)),
            SPAN,
            one.returns,
        )
        for one in ast.parse(text).body
        if isinstance(one, ast.FunctionDef)
    ]


def _comments(text: str) -> list[Comment]:
    found = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            line, column = token.start
            alone = not token.line[:column].strip()
            found.append(Comment(line, column, token.string, alone))
    return found


def function(text: str) -> ir.Function:
    (made,) = ast.parse(text).body
    assert isinstance(made, ast.FunctionDef)
    source = Source("test.yaml", text)
    return ir.Function(made.name, source, made, tuple(_comments(text)), SPAN)


def variant(name: str, doc: str | None = None, **values: str) -> ir.Variant:
    return ir.Variant(
        name, tuple((one, expr(text)) for one, text in values.items()), SPAN, doc
    )


def program(
    *blocks: ir.Block,
    functions: Sequence[ir.Function] = (),
    variants: Sequence[ir.Variant] = (),
) -> ir.Program:
    return ir.Program(
        blocks[-1].name, blocks, tuple(functions), tuple(variants), (SOURCE,)
    )
