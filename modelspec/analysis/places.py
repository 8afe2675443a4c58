"""What each argument may be: its type, its choices, its bounds.

In: a callee or a param. Out: a `Place` for each argument of which something is known,
from the catalogue's annotations and defaults, or from the param's declaration.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Mapping

from modelspec.analysis.signatures import Callee
from modelspec.analysis.standins import type_in_words
from modelspec.catalog import Parameter, load_catalog
from modelspec.diagnostics.span import Span
from modelspec.program.ir import Param, TypeExpression
from modelspec.records import dataclass
from modelspec.trees import expression_tree


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where a value is given: the name of the argument and what it may be."""

    name: str
    of: str
    type: TypeExpression
    choices: tuple[object, ...] = ()
    minimum: float | int | None = None
    maximum: float | int | None = None
    declared: Span | None = None
    is_param: bool = False

    @property
    def takes_int(self) -> bool:
        """Whether an int needs no second look."""
        members = self.type.arguments if self.type.name == "union" else (self.type,)
        return any(one.name in ("int", "float", "any") for one in members)

    def code(self, what: str) -> str:
        return f"{'param' if self.is_param else 'argument'}-{what}"


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """The arguments of a callee: in order, and by name where something is known."""

    order: tuple[tuple[str, bool], ...]
    named: Mapping[str, Place]


def places_of(callee: Callee) -> Places | None:
    if callee.block is not None:
        params = callee.block.params
        named = {one.name: place_of_param(one, callee.block.name) for one in params}
        return Places(tuple((one.name, not one.keyword_only) for one in params), named)
    if callee.sort == "torch":
        return _places_of_function(callee)
    if callee.sort not in ("layer", "init"):
        return None
    return places_of_torch(callee.name, callee.sort)


@functools.cache
def places_of_torch(name: str, sort: str) -> Places:
    """Of a layer or, where `sort` is `init`, of an init function."""
    catalog = load_catalog()
    layer = catalog.layer(name) if sort == "layer" else None
    signature = layer.signature if layer else catalog.init_function(name)[0]
    choices = layer.choices if layer else {}
    named: dict[str, Place] = {}
    for one in signature.parameters:
        place = _of_parameter(one, name, tuple(choices.get(one.name, ())))
        if place is not None:
            named[one.name] = place
    order = tuple((one.name, one.is_positional) for one in signature.parameters)
    return Places(order, named)


def _places_of_function(callee: Callee) -> Places | None:
    """Only of arguments that are one of a few texts: of all others torch says more
    than its annotations do. Which place comes first depends on the overload."""
    choices = load_catalog().function_choices(callee.name)
    if not choices:
        return None
    any_ = TypeExpression("any")
    named = {one: Place(one, callee.name, any_, choices[one]) for one in choices}
    if len(callee.overloads) > 1:
        return Places((), named)
    parameters = callee.overloads[0].parameters
    return Places(tuple((one.name, one.is_positional) for one in parameters), named)


def place_of_param(param: Param, of: str) -> Place:
    return Place(
        param.name,
        of,
        param.type,
        param.choices,
        param.minimum,
        param.maximum,
        declared=param.span,
        is_param=True,
    )


def _of_parameter(
    parameter: Parameter, of: str, choices: tuple[object, ...]
) -> Place | None:
    choices = choices or _literals(parameter.annotation or "")
    type_ = _type_of(parameter, bool(choices))
    if type_ is not None and parameter.name in _spread(of):
        type_ = _union(type_, _ONE_FOR_ALL)
    if type_ is None and not choices:
        return None
    return Place(parameter.name, of, type_ or TypeExpression("any"), choices)


def _spread(layer: str) -> frozenset[str]:
    """Arguments for which a tuple of one number stands for all dimensions."""
    if layer.startswith("Conv"):
        return _SPREAD
    return _SPREAD | {"kernel_size"} if layer.startswith("AvgPool") else frozenset()


def _type_of(parameter: Parameter, has_choices: bool) -> TypeExpression | None:
    if parameter.name == "dtype":
        return DTYPE
    if parameter.annotation is not None:
        found = type_of_annotation(parameter.annotation)
        if found.name == "bool":
            return FLAG  # torch takes None, 0 and 1 for a flag, whatever it says
        return _union(found, _NONE) if parameter.default == "None" else found
    if parameter.default is None or has_choices or parameter.name == "padding":
        return None
    default = ast.literal_eval(parameter.default) if _is_number(parameter) else None
    return NOT_TEXT if default is not None else None


def _literals(annotation: str) -> tuple[object, ...]:
    """The strings of `Literal['fan_in', 'fan_out']`."""
    if not annotation.startswith("Literal["):
        return ()
    listed = expression_tree(annotation).body
    constants = (one for one in ast.walk(listed) if isinstance(one, ast.Constant))
    return tuple(one.value for one in constants)


def _is_number(parameter: Parameter) -> bool:
    text = parameter.default or ""
    return text in ("True", "False") or text.lstrip("-").replace(".", "").isdigit()


_NONE = TypeExpression("None")
_SPREAD = frozenset({"stride", "padding", "dilation", "output_padding"})
_ONE_FOR_ALL = TypeExpression("tuple", (TypeExpression("int"),))
DTYPE = TypeExpression("union", (TypeExpression("dtype"), TypeExpression("None")))
FLAG = TypeExpression("union", tuple(map(TypeExpression, ("bool", "None", "int"))))
NOT_TEXT = TypeExpression(
    "union",
    tuple(map(TypeExpression, ("float", "bool", "None", "list", "layer", "module"))),
)


def shown_type(type_: TypeExpression) -> str:
    """A type in words; what torch merely tolerates is left out."""
    if type_ is NOT_TEXT:
        return "a number or a flag"
    if type_ is DTYPE:
        return "a dtype"
    if type_ is FLAG:
        return "bool"
    members = tuple(one for one in type_.arguments if one != _ONE_FOR_ALL)
    if type_.name == "union" and len(members) > 1:
        type_ = TypeExpression("union", members)
    return type_in_words(type_)


@functools.cache
def type_of_annotation(text: str) -> TypeExpression:
    """The catalogue's annotation as a type of ours; `any` for what we have not."""
    return _read(expression_tree(text).body)


def _read(node: ast.expr) -> TypeExpression:
    match node:
        case ast.Constant(value=None):
            return TypeExpression("None")
        case ast.Name(id="int" | "float" | "bool" | "str"):
            return TypeExpression(node.id)
        case ast.Name(id=name) if load_catalog().layer(name) is not None:
            return TypeExpression("module")
        case ast.BinOp(left=left, right=right):
            return _union(_read(left), _read(right))
        case ast.Subscript(value=ast.Name(id="tuple"), slice=inside):
            parts = list(inside.elts) if isinstance(inside, ast.Tuple) else [inside]
            last = parts[-1]
            variadic = isinstance(last, ast.Constant) and last.value is ...
            types = tuple(map(_read, parts[:-1] if variadic else parts))
            return TypeExpression("tuple", types, variadic)
        case ast.Subscript(value=ast.Name(id="Sequence"), slice=inside):
            return TypeExpression("list", (_read(inside),))
        case ast.Subscript(value=ast.Name(id="Literal")):
            return TypeExpression("str")
    return TypeExpression("any")


def _union(*types: TypeExpression) -> TypeExpression:
    members = [
        m for one in types for m in (one.arguments if one.name == "union" else (one,))
    ]
    if any(one.name == "any" for one in members):
        return TypeExpression("any")
    return TypeExpression("union", tuple(dict.fromkeys(members)))


def is_chosen(value: object, place: Place) -> bool:
    """Whether a value is among the choices of its place, where there are any."""
    if not place.choices:
        return True
    if not place.is_param and not isinstance(value, str):
        return True  # the catalogue's choices are for strings only
    return any(
        value == one and isinstance(value, bool) == isinstance(one, bool)
        for one in place.choices
    )


def out_of_bounds(
    value: int | float, minimum: float | None, maximum: float | None
) -> str | None:
    """Which bound a number breaks; `nan` breaks any."""
    if minimum is not None and not value >= minimum:
        return f"at least {minimum}"
    if maximum is not None and not value <= maximum:
        return f"at most {maximum}"
    return None
