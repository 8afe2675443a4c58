"""Pass: whether literal values are of the type, and among the choices, of their place.

Arguments of layers and init functions against the catalogue's annotations, arguments
of blocks, defaults and variants against the params. Anything that is computed is left
to the elaboration.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from modelspec.analysis.calls import is_partial_call
from modelspec.analysis.demands import Unmet, demands_of, unmet
from modelspec.analysis.facts import Facts, Text
from modelspec.analysis.places import (
    Place,
    is_chosen,
    out_of_bounds,
    place_of_param,
    places_of,
    shown_type,
)
from modelspec.analysis.signatures import Callee
from modelspec.analysis.standins import (
    LayerType,
    Module,
    Opaque,
    describe,
    fits,
    static_value,
)
from modelspec.catalog import load_catalog
from modelspec.diagnostics.diagnostic import Diagnostic, Label, Report
from modelspec.diagnostics.span import Source
from modelspec.diagnostics.suggest import suggest
from modelspec.program.ir import Block, TypeExpression
from modelspec.program.standard import signature_help
from modelspec.pysubset import span_of

Types = Mapping[str, LayerType]


def check_literals(facts: Facts) -> Iterator[Diagnostic]:
    report = Report()
    types = {one.name: LayerType(one.name, one) for one in facts.program.blocks}
    externals = (one.name for one in facts.program.externals)
    types |= {one: LayerType(one, is_external=True) for one in externals}
    for block in facts.program.blocks:
        _check_defaults(block, types, report)
    _check_variants(facts, types, report)
    _check_arguments(facts, types, report)
    yield from report.found


def _check_defaults(block: Block, types: Types, report: Report) -> None:
    for param in block.params:
        default = param.default
        # `size: int = None` says "may be left out", as it does in Python.
        if default is None or _is_none(default):
            continue
        place = replace(place_of_param(param, block.name), declared=None)
        _check_value(default, place, block.source, types, report)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _check_variants(facts: Facts, types: Types, report: Report) -> None:
    root = facts.program.root_block
    for variant in facts.program.variants if root is not None else ():
        assert root is not None
        params = {one.name: one for one in root.params}
        for name, value in variant.values:
            place = place_of_param(params[name], root.name)
            _check_value(value, place, facts.program.sources[0], types, report)


def _check_arguments(facts: Facts, types: Types, report: Report) -> None:
    for text in facts.texts:
        known = {name: one for name, one in types.items() if name not in text.locals}
        for node in text.calls:
            given = list(_given(node, text, facts))
            fitting = [
                _check_value(value, place, text.source, known, report)
                for value, place in given
            ]
            if all(fitting):
                _check_demands(node, text, facts, known, report)


# --- which place an argument fills ------------------------------------------------


def _given(
    node: ast.Call, text: Text, facts: Facts
) -> Iterator[tuple[ast.expr, Place]]:
    function, arguments = node.func, node.args
    if is_partial_call(node, text):
        function, arguments = node.args[0], node.args[1:]
    callee = facts.callee(function, text)
    places = places_of(callee) if callee is not None else None
    if places is None:
        return
    if places.order and len(arguments) > sum(
        positional for _, positional in places.order
    ):
        return  # told as too many; which of them are meant is not known
    for value, (name, positional) in zip(arguments, places.order, strict=False):
        if isinstance(value, ast.Starred) or not positional:
            break
        if name in places.named:
            yield value, places.named[name]
    for keyword in node.keywords:
        place = places.named.get(keyword.arg or "")
        if place is not None:
            yield keyword.value, place


# --- what a layer demands of all its arguments ------------------------------------


def _check_demands(
    node: ast.Call, text: Text, facts: Facts, types: Types, report: Report
) -> None:
    callee = facts.callee(node.func, text)
    if callee is None or callee.sort != "layer" or not demands_of(callee.name):
        return
    arguments = _by_name(node, callee)
    if arguments is None:
        return
    values = {name: static_value(one, types) for name, one in arguments.items()}
    found = unmet(callee.name, values)
    if found is not None:
        blamed = arguments.get(found.name, node)
        report.error(
            "argument-value",
            found.message(callee.name),
            span_of(blamed, text.source),
            labels=tuple(_others(found, arguments, text)),
        )


def _others(
    found: Unmet, arguments: Mapping[str, ast.expr], text: Text
) -> Iterator[Label]:
    """The arguments that the blamed one does not go with."""
    for name in _QUOTED.findall(found.words):
        if name in arguments and name != found.name:
            yield Label(span_of(arguments[name], text.source), f"'{name}' is set here")


_QUOTED = re.compile(r"'(\w+)'")


def _by_name(node: ast.Call, callee: Callee) -> dict[str, ast.expr] | None:
    """The arguments of a call; None where something is unpacked into it."""
    names = [one.name for one in callee.overloads[0].positional]
    keywords = {one.arg: one.value for one in node.keywords}
    if None in keywords or any(isinstance(one, ast.Starred) for one in node.args):
        return None
    given = dict(zip(names, node.args, strict=False))
    return given | {str(name): value for name, value in keywords.items()}


# --- what is wrong ----------------------------------------------------------------


def _check_value(
    node: ast.expr, place: Place, source: Source, types: Types, report: Report
) -> bool:
    """Whether a value is right, as far as it is known; reported where not."""
    value, before = static_value(node, types), len(report.found)
    if isinstance(value, Opaque):
        return True
    if not fits(place.type, value):
        _report_type(node, value, place, source, types, report)
    else:
        _check_choice(node, value, place, source, report)
        _check_bounds(node, value, place, source, types, report)
    return len(report.found) == before


def _report_type(
    node: ast.expr,
    value: object,
    place: Place,
    source: Source,
    types: Types,
    report: Report,
) -> None:
    wrong, shown = _innermost(node, value, place.type, types)
    expected = shown_type(place.type)
    report.error(
        place.code("type"),
        f"'{place.name}' of {place.of} takes {expected}, got {describe(shown)}",
        span_of(wrong, source),
        help=(*_advice(wrong, shown, place, source), *_signature(place)),
        labels=_declared(place),
    )


def _innermost(
    node: ast.expr, value: object, type_: TypeExpression, types: Types
) -> tuple[ast.expr, object]:
    """The item that is wrong, where one item of a list is."""
    items = node.elts if isinstance(node, ast.List | ast.Tuple) else []
    members = type_.arguments if type_.name == "union" else (type_,)
    inner = [m.arguments for m in members if m.name in ("list", "tuple")]
    if len(inner) != 1 or len(inner[0]) != 1:
        return node, value
    for item in items:
        held = static_value(item, types)
        if not fits(inner[0][0], held):
            return _innermost(item, held, inner[0][0], types)
    return node, value


def _advice(
    node: ast.expr, value: object, place: Place, source: Source
) -> tuple[str, ...]:
    if isinstance(value, LayerType) and _mentions(place.type, "module"):
        return (f"make one: `{value.name}(...)`",)
    if isinstance(value, Module) and _mentions(place.type, "layer"):
        return (f"give the type, `{value.type.name}`; the block calls it itself",)
    if isinstance(value, float) and value.is_integer() and _mentions(place.type, "int"):
        return (f"write `{int(value)}`",)
    if not isinstance(value, str):
        return ()
    text = span_of(node, source).text
    if _mentions(place.type, "dtype") and _is_dtype(value):
        return (f"write `torch.{value}`",)
    if _mentions(place.type, "layer"):
        layer = suggest(value.lower(), load_catalog().layer_names)
        return (f"write the type: `{layer}`",) if layer else ()
    if text != value and _is_plain(value):
        return ("leave out the quotes",)
    if text == value and not _is_plain(value):
        return (f"for the value of an expression write `${{{value.lstrip('$')}}}`",)
    return ()


def _mentions(type_: TypeExpression, name: str) -> bool:
    return type_.name == name or any(_mentions(one, name) for one in type_.arguments)


def _is_dtype(name: str) -> bool:
    return f"torch.{name}" in load_catalog().dtype_names


def _is_plain(text: str) -> bool:
    """Whether a text is a number or a truth value in quotes."""
    return text in ("True", "False") or bool(_NUMBER.fullmatch(text))


_NUMBER = re.compile(r"-?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


def _check_choice(
    node: ast.expr, value: object, place: Place, source: Source, report: Report
) -> None:
    # A text with `${...}` in it is known to be a text, but not which.
    is_known = not isinstance(node, ast.JoinedStr)
    if not is_known or is_chosen(value, place):
        return
    words = [one for one in place.choices if isinstance(one, str)]
    nearest = suggest(value, words) if isinstance(value, str) else None
    listed = ", ".join(repr(one) for one in place.choices)
    report.error(
        place.code("value"),
        f"'{place.name}' of {place.of} must be one of {listed}, got {describe(value)}",
        span_of(node, source),
        meant=nearest,
        help=_signature(place),
        labels=_declared(place),
    )


def _check_bounds(
    node: ast.expr,
    value: object,
    place: Place,
    source: Source,
    types: Types,
    report: Report,
) -> None:
    if place.minimum is None and place.maximum is None:
        return
    for item, one in _numbers(node, value, types):
        problem = out_of_bounds(one, place.minimum, place.maximum)
        if problem is not None:
            report.error(
                place.code("value"),
                f"'{place.name}' of {place.of} must be {problem}, got {one}",
                span_of(item, source),
                help=_signature(place),
                labels=_declared(place),
            )


def _numbers(
    node: ast.expr, value: object, types: Types
) -> Iterator[tuple[ast.expr, int | float]]:
    items: Sequence[ast.expr] = (node,)
    if isinstance(node, ast.List | ast.Tuple):
        items = node.elts
    for item in items:
        held = static_value(item, types)
        if isinstance(held, int | float) and not isinstance(held, bool):
            yield item, held


def _declared(place: Place) -> tuple[Label, ...]:
    if place.declared is None or place.declared.source.is_standard:
        return ()
    return (Label(place.declared, "declared here"),)


def _signature(place: Place) -> tuple[str, ...]:
    """How a standard block is called: its declaration is none of the user's files."""
    return () if place.declared is None else signature_help(place.declared.source)
