"""What an argument of a layer may be, from the catalogue's annotation and default.

In: a `Parameter` and the strings it may be. Out: a schema. An expression, `${...}`, may
stand for any value. Of what is not annotated, or of types that YAML has no values of,
nothing is said.
"""

from __future__ import annotations

import ast

from modelspec.catalog import Parameter
from modelspec.spec.schema.parts import EXPRESSION, Schema
from modelspec.trees import expression_tree

_TYPES = {
    "int": ["integer"],
    "float": ["number"],
    "bool": ["boolean", "integer", "null"],  # torch takes all of them for a flag
}
_ORDER = ("integer", "number", "boolean", "array", "object", "string", "null")
_ANY_BUT_TEXT = {"number", "boolean", "array", "object", "null"}


def argument_schema(parameter: Parameter, choices: tuple[str, ...]) -> Schema:
    """The values of an argument in the mapping form, with its default."""
    choices = choices or _literals(parameter.annotation)
    schema = _values(parameter, choices)
    default = _plain_default(parameter)
    if default is not None:
        schema["default"] = default
    return schema


def _values(parameter: Parameter, choices: tuple[str, ...]) -> Schema:
    if parameter.annotation is None:
        return _unannotated(parameter, choices)
    members = _members(expression_tree(parameter.annotation).body)
    types: set[str] = {"null"} if parameter.default == "None" else set()
    schema: Schema = {}
    text = False
    for member in members:
        match member:
            case ast.Constant(value=None):
                types.add("null")
            case ast.Name(id="int" | "float" | "bool" as name):
                types.update(_TYPES[name])
            case ast.Name(id="str"):
                text = not choices
            case ast.Subscript(value=ast.Name(id="Literal")):
                pass
            case ast.Subscript(value=ast.Name(id="tuple" | "Sequence"), slice=inside):
                types.add("array")
                schema |= _items(inside)
            case _:
                return _of_choices(choices) if choices else {}
    return {**_typed(types, choices, text=text), **schema}


def _unannotated(parameter: Parameter, choices: tuple[str, ...]) -> Schema:
    """Of what has a number for default it is known that it is no text."""
    if choices:
        return _of_choices(choices)
    default = _plain_default(parameter)
    is_number = isinstance(default, bool | int | float)
    if not is_number or parameter.name == "padding":
        return {}
    return _typed(_ANY_BUT_TEXT, (), text=False)


def _of_choices(choices: tuple[str, ...]) -> Schema:
    return _typed(_ANY_BUT_TEXT, choices, text=False)


def _typed(types: set[str], choices: tuple[str, ...], *, text: bool) -> Schema:
    """Values of some types, or a text: any, one of the choices, or an expression."""
    known = types | {"string"}
    if "number" in known:
        known.discard("integer")
    schema: Schema = {"type": [one for one in _ORDER if one in known]}
    if choices:
        listed = "|".join(choices)
        schema["pattern"] = rf"^(?:{listed}|\$\{{[\s\S]*\}})$"
        schema["patternErrorMessage"] = f"One of {', '.join(choices)}, or ${{...}}."
        schema["examples"] = [*choices]
    elif not text:
        schema["pattern"] = EXPRESSION
        schema["patternErrorMessage"] = "A value, or an expression: ${...}."
    return schema


def _items(inside: ast.expr) -> Schema:
    """Items of `tuple[int, int]`, `tuple[int, ...]` or `Sequence[int]`."""
    parts = list(inside.elts) if isinstance(inside, ast.Tuple) else [inside]
    is_tuple = isinstance(inside, ast.Tuple)
    last = parts[-1]
    if isinstance(last, ast.Constant) and last.value is ...:
        parts.pop()
        is_tuple = False
    types: set[str] = set()
    for member in _members(parts[0]):
        if isinstance(member, ast.Name) and member.id in _TYPES:
            types.update(_TYPES[member.id])
        elif isinstance(member, ast.Constant) and member.value is None:
            types.add("null")
        else:
            return {}
    items: Schema = {"items": _typed(types, (), text=False)}
    if is_tuple:
        items |= {"minItems": len(parts), "maxItems": len(parts)}
    return items


def _members(node: ast.expr) -> list[ast.expr]:
    """The members of a union, `A | B`."""
    if isinstance(node, ast.BinOp):
        return [*_members(node.left), *_members(node.right)]
    return [node]


def _literals(annotation: str | None) -> tuple[str, ...]:
    """The strings of `Literal['zeros', 'reflect']`."""
    if annotation is None or not annotation.startswith("Literal["):
        return ()
    nodes = ast.walk(expression_tree(annotation).body)
    constants = (one.value for one in nodes if isinstance(one, ast.Constant))
    return tuple(one for one in constants if isinstance(one, str))


def _plain_default(parameter: Parameter) -> bool | int | float | str | None:
    """A default that YAML can write; None also where there is no other."""
    if parameter.default is None:
        return None
    try:
        value = ast.literal_eval(parameter.default)
    except ValueError:
        return None
    return value if isinstance(value, bool | int | float | str) else None
