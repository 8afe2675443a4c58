"""Read the signature texts of the catalogue.

In: `(in_features: int, bias: bool=True)`. Out: a `Signature`. The texts are ours, so a
bad one is a mistake of `scripts/write_catalog.py` and raises.
"""

import ast
import functools
from collections.abc import Iterator

from modelspec.catalog.signature import Parameter, ParameterKind, Signature
from modelspec.trees import module_tree


@functools.cache
def parse_signature(text: str, aliases: tuple[tuple[str, str], ...] = ()) -> Signature:
    """Read a signature text of the catalogue; only aliases that apply are kept."""
    (function,) = module_tree(f"def _{text}: ...").body
    assert isinstance(function, ast.FunctionDef)
    parameters = tuple(_parameters(function.args))
    names = {p.name for p in parameters}
    useful = tuple((a, n) for a, n in aliases if n in names and a not in names)
    return Signature(parameters, useful)


def _parameters(arguments: ast.arguments) -> Iterator[Parameter]:
    positional = [*arguments.posonlyargs, *arguments.args]
    missing = len(positional) - len(arguments.defaults)
    defaults = [*[None] * missing, *arguments.defaults]
    for index, (node, default) in enumerate(zip(positional, defaults, strict=True)):
        only = index < len(arguments.posonlyargs)
        kind = "POSITIONAL_ONLY" if only else "POSITIONAL_OR_KEYWORD"
        yield _parameter(node, ParameterKind[kind], default)
    if arguments.vararg:
        yield _parameter(arguments.vararg, ParameterKind.VAR_POSITIONAL)
    for node, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield _parameter(node, ParameterKind.KEYWORD_ONLY, default)
    if arguments.kwarg:
        yield _parameter(arguments.kwarg, ParameterKind.VAR_KEYWORD)


def _parameter(
    node: ast.arg, kind: ParameterKind, default: ast.expr | None = None
) -> Parameter:
    return Parameter(
        name=node.arg,
        kind=kind,
        default=None if default is None else ast.unparse(default),
        annotation=None if node.annotation is None else ast.unparse(node.annotation),
    )
