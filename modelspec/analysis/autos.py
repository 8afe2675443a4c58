"""Whether `auto` stands only where the input of a layer can tell what it is.

As an argument of a layer that its input determines, or of a block, which hands it on.
What it is nobody knows here: values of it are opaque to all other passes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modelspec.analysis.facts import Facts
from modelspec.analysis.standins import fits
from modelspec.catalog.determined import determined, determined_of
from modelspec.diagnostics.diagnostic import Diagnostic, Label
from modelspec.diagnostics.span import Source
from modelspec.inference.rewriting import AUTO, Visitor, Where, walk_program
from modelspec.inference.sites import argument_name
from modelspec.program.ir import Block, Program
from modelspec.program.walk import block_nodes
from modelspec.pysubset import span_of
from modelspec.trees import all_nodes

_HELP = "it can be a size that a layer's input determines, as in `Linear(auto, 10)`"


def check_autos(facts: Facts) -> Iterator[Diagnostic]:
    """What is wrong with the places of a Program that has some."""
    program = facts.program
    finder = _Finder(program)
    walk_program(program, finder)
    yield from finder.found
    yield from _elsewhere(program, finder.seen)
    if finder.first is not None:
        yield from _without_shapes(program, finder.first, facts)


class _Finder(Visitor):
    """Looks at every `auto` in what blocks construct."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.seen: set[int] = set()
        self.found: list[Diagnostic] = []
        self.first: tuple[ast.Name, Source] | None = None

    def auto(self, number: int, node: ast.Name, where: Where) -> ast.expr:
        self.seen.add(id(node))
        source = where.block.source
        self.first = self.first or (node, source)
        problem = _problem(where, self._program)
        if problem is not None:
            message, help = problem
            span = span_of(node, source)
            self.found.append(Diagnostic("misplaced-auto", message, span, help=help))
        return node


def _problem(where: Where, program: Program) -> tuple[str, tuple[str, ...]] | None:
    """What is wrong with an `auto`, and what to do."""
    call = where.call
    if call is None or where.argument is None:
        return "`auto` is no value by itself", (_HELP,)
    name = argument_name(where, program)
    match call.func:
        case ast.Attribute(value=ast.Name(id="nn"), attr=layer):
            return _problem_of_layer(layer, name, where)
        case ast.Attribute():
            return f"`{ast.unparse(call.func)}` is given no `auto`", (_HELP,)
        case ast.Name(id=function):
            block = program.block(function)
            if block is not None and function not in where.names:
                return _problem_of_block(block, name, where)
            if function not in where.names:
                return f"`{function}` is given no `auto`", (_HELP,)
    return None


def _problem_of_layer(
    layer: str, name: str | None, where: Where
) -> tuple[str, tuple[str, ...]] | None:
    found = None if name is None else determined(layer, name)
    if found is not None and (where.item is None or found.is_shape):
        return None
    known = [f"'{one.argument}'" for one in determined_of(layer)]
    listed = " and ".join(known)
    advice = f"{listed} of {layer} can be `auto`" if known else _HELP
    what = f"'{name}' of {layer}" if name is not None else f"this argument of {layer}"
    return f"the input does not determine {what}", (advice,)


def _problem_of_block(
    block: Block, name: str | None, where: Where
) -> tuple[str, tuple[str, ...]] | None:
    param = next((one for one in block.params if one.name == name), None)
    if param is None or (where.item is None and fits(param.type, 1)):
        return None  # an argument that is not there is another's to tell
    message = f"'{name}' of {block.name} takes {param.type}, which is no size"
    return message, (_HELP,)


def _elsewhere(program: Program, seen: set[int]) -> Iterator[Diagnostic]:
    """In defaults, `forward`, functions, variants: nothing tells there what it is."""
    for block in program.blocks:
        yield from _misplaced(block_nodes(block), block.source, seen)
    for function in program.functions:
        yield from _misplaced(all_nodes([function.definition]), function.source, seen)
    for variant in program.variants:
        values = all_nodes([value for _, value in variant.values])
        yield from _misplaced(values, variant.span.source, seen)


def _misplaced(
    nodes: list[ast.AST], source: Source, seen: set[int]
) -> Iterator[Diagnostic]:
    for node in nodes:
        if isinstance(node, ast.Name) and node.id == AUTO and id(node) not in seen:
            span = span_of(node, source)
            message = "`auto` can only be given where a module is made"
            yield Diagnostic("misplaced-auto", message, span, help=(_HELP,))


def _without_shapes(
    program: Program, first: tuple[ast.Name, Source], facts: Facts
) -> Iterator[Diagnostic]:
    root = program.root_block
    if root is None:
        return
    bare = [one for one in root.inputs if one.shape is None and not one.optional]
    if not bare and root.inputs:
        return
    node, source = first
    names = " and ".join(f"'{one.name}'" for one in bare) or "the input"
    declared = [one for one in bare if one.span != root.span]
    yield Diagnostic(
        "auto-without-inputs",
        f"sizes follow from the shapes in `inputs`, and {names} has none",
        span_of(node, source),
        help=(f"declare it in {root.name}: `inputs: {{x: [N, 3, 32, 32]}}`",),
        labels=tuple(Label(one.span, "declared here") for one in declared),
    )
