"""Classes from checked trees: the only place that compiles and runs code objects.

Comes in: a block's methods as ast nodes with the file's own positions, and the names
they may use. Goes out: a class whose methods are ordinary Python functions, as fast as
handwritten ones, whose tracebacks show the spec's own file, line and columns.
Never sees text of a spec: the tree was parsed and checked, and is checked once more
here for names, so that a gap elsewhere does not become code that runs.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
import linecache
import types
from collections.abc import Iterable

from modelspec.backends.torch.guarding import guarded
from modelspec.diagnostics.diagnostic import InternalError
from modelspec.diagnostics.span import Source
from modelspec.program.ir import Block, Function, Method
from modelspec.trees import clone

OFFERED_BUILTINS = frozenset(
    """
    abs all any bool dict enumerate float int isinstance len list max min pow range
    reversed round set sorted str sum tuple zip super
    AssertionError IndexError KeyError NotImplementedError RuntimeError TypeError
    ValueError
    """.split()
)

_WITHHELD = frozenset(
    """
    breakpoint compile copyright credits eval exec exit globals help input
    license locals open quit vars
    """.split()
)
# Torch's C code imports through the built-ins of the frame that called it, and dynamo
# looks up there whatever the torch code behind a call uses (`iter`, `getattr`, ...), so
# they cannot be cut down to what a spec may name. `_check_names` holds the line: a
# spec's code cannot name the rest.
_BUILTINS = {k: v for k, v in vars(builtins).items() if k not in _WITHHELD}

_MODULE_NAME = "modelspec.built"


def build_namespace(**names: object) -> dict[str, object]:
    """The globals that all functions and methods of one program share."""
    return {"__builtins__": dict(_BUILTINS), **names}


def build_class(
    block: Block,
    bases: tuple[type, ...],
    metaclass: type,
    namespace: dict[str, object],
    is_guarded: bool = False,
) -> type:
    """The class of a block with its methods; an own class statement, executed.

    A class statement, and not a call of the metaclass, since only it gives methods
    the cell behind `super()` and code objects their qualified names.
    """
    names = {f"base{index}": base for index, base in enumerate(bases)}
    methods = [_definition(method) for method in block.methods]
    filler: list[ast.stmt] = [ast.Pass()]
    definition = ast.ClassDef(
        name=block.name,
        bases=[ast.Name(id=name, ctx=ast.Load()) for name in names],
        keywords=[ast.keyword("metaclass", ast.Name(id="metaclass", ctx=ast.Load()))],
        body=[*methods] or filler,
        decorator_list=[],
    )
    line = methods[0].lineno if methods else block.span.first.line
    _place(definition, line)
    for method in methods:
        _check_names(method, namespace)
    if is_guarded:
        definition.body = [*map(guarded, methods)] or filler
    local: dict[str, object] = {**names, "metaclass": metaclass}
    _execute(definition, block.source, namespace, local)
    made = local[block.name]
    assert isinstance(made, type)
    return made


def build_function(
    function: Function, namespace: dict[str, object], is_guarded: bool = False
) -> types.FunctionType:
    """A helper of the spec as a plain function."""
    definition = _without_annotations(function.definition)
    _check_names(definition, namespace)
    if is_guarded:
        definition = guarded(definition)
    local: dict[str, object] = {}
    _execute(definition, function.source, namespace, local)
    made = local[definition.name]
    assert isinstance(made, types.FunctionType)
    made.__module__ = _MODULE_NAME
    return made


def file_name(source: Source) -> str:
    """The file that tracebacks name: the real path, or what stands for a text.

    Texts get names that differ as they do, so that each shows its own lines.
    """
    if source.path is not None:
        return source.path
    digest = hashlib.sha256(source.text.encode(errors="replace")).hexdigest()
    return f"<{source.name.strip('<>')} {digest[:12]}>"


def _definition(method: Method) -> ast.FunctionDef:
    body = list(method.statements)
    line = method.span.first.line
    if method.synthesized:
        body = [clone(one) for one in body]  # they get the positions they lack
    elif body:
        line = min(line, body[0].lineno)
    definition = ast.FunctionDef(
        name=method.name,
        args=_plain_arguments(method.arguments),
        body=body or [ast.Pass()],
        decorator_list=[],
        returns=None,
    )
    _place(definition, line)
    return definition


def _place(node: ast.stmt, line: int) -> None:
    """Give positions to what stands nowhere in the file."""
    node.lineno = node.end_lineno = line
    node.col_offset = node.end_col_offset = 0
    ast.fix_missing_locations(node)


def _execute(
    statement: ast.stmt,
    source: Source,
    namespace: dict[str, object],
    local: dict[str, object],
) -> None:
    name = file_name(source)
    _show_lines(source, name)
    module = ast.Module(body=[statement], type_ignores=[])
    code = compile(module, name, "exec", dont_inherit=True)
    # `__module__` of a class is read from here; it must not stay, since dynamo would
    # look for the globals in a module of this name.
    namespace["__name__"] = _MODULE_NAME
    try:
        exec(code, namespace, local)
    finally:
        del namespace["__name__"]


def _without_annotations(node: ast.FunctionDef) -> ast.FunctionDef:
    """Annotations are for readers; Python would evaluate them."""
    plain = ast.FunctionDef(
        name=node.name,
        args=_plain_arguments(node.args),
        body=node.body,
        decorator_list=[],
        returns=None,
    )
    return ast.copy_location(plain, node)


def _plain_arguments(arguments: ast.arguments) -> ast.arguments:
    """The same arguments and defaults, annotations left out."""

    def plain(argument: ast.arg) -> ast.arg:
        return ast.copy_location(ast.arg(arg=argument.arg), argument)

    return ast.arguments(
        posonlyargs=[plain(one) for one in arguments.posonlyargs],
        args=[plain(one) for one in arguments.args],
        vararg=plain(arguments.vararg) if arguments.vararg else None,
        kwonlyargs=[plain(one) for one in arguments.kwonlyargs],
        kw_defaults=arguments.kw_defaults,
        kwarg=plain(arguments.kwarg) if arguments.kwarg else None,
        defaults=arguments.defaults,
    )


def _show_lines(source: Source, name: str) -> None:
    """Let tracebacks show the lines of a text that is no file."""
    if source.path is None and name not in linecache.cache:
        lines = source.text.splitlines(keepends=True)
        linecache.cache[name] = (len(source.text), None, lines, name)


def _check_names(definition: ast.FunctionDef, namespace: dict[str, object]) -> None:
    """Refuse what no checked tree holds: foreign built-ins, dunders, definitions."""
    bound = set(_bound_names(definition))
    for node in ast.walk(definition):
        if isinstance(node, ast.Name):
            name = node.id
            foreign = name in vars(builtins) and name not in OFFERED_BUILTINS
            if (foreign and name not in bound | namespace.keys()) or _is_dunder(name):
                raise InternalError(f"the name '{name}' reached compilation")
        elif isinstance(node, ast.Attribute) and _is_dunder(node.attr):
            raise InternalError(f"the attribute '{node.attr}' reached compilation")
        elif node is not definition and isinstance(node, _NEVER):
            raise InternalError(f"{type(node).__name__} reached compilation")


def _bound_names(definition: ast.FunctionDef) -> Iterable[str]:
    for node in ast.walk(definition):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg


def _is_dunder(name: str) -> bool:
    return name.startswith("__")


_NEVER = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Lambda,
    ast.Import,
    ast.ImportFrom,
    ast.Global,
    ast.Nonlocal,
    ast.Try,
    ast.Delete,
    ast.Await,
    ast.Yield,
    ast.YieldFrom,
    ast.NamedExpr,
)
