"""Names that mean nothing here: what is said of them, and what to write instead.

In: a bare name, the scope, and what the place where it stands takes. Out: one
diagnostic. Where a text is taken, the word most likely lacks its quotes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modelspec.catalog import Parameter, load_catalog
from modelspec.diagnostics.suggest import suggest
from modelspec.program.ir import TypeExpression
from modelspec.program.lowering.scope import Scope
from modelspec.pysubset.builtin import MATH
from modelspec.pysubset.refused import dotted_name
from modelspec.records import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """What a place takes where it takes a text; `choices` if only some."""

    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Advice:
    """What to write instead of a name: what was meant, and help below."""

    meant: str | None = None
    help: tuple[str, ...] = ()


def advice_for(name: str, scope: Scope, text: Text | None) -> Advice:
    """What to write instead of a name that means nothing here."""
    if text is not None:
        return _quoted(name, scope, text)
    from modelspec.catalog.foreign import layer_meant, name_meant

    nearest = name_meant(name) or scope.suggest(name)
    words = ""
    if nearest is None:
        nearest, words = layer_meant(name, frozenset(scope.names()))
    if nearest is not None:
        return Advice(nearest)
    if words:
        return Advice(help=(words,))
    if name in ("OrderedDict", "collections"):
        return Advice(help=("write named children as a mapping, `Sequential:`",))
    return Advice(help=_elsewhere(name))


def _quoted(name: str, scope: Scope, text: Text) -> Advice:
    nearest = suggest(name, scope.locals)
    if nearest is not None:
        return Advice(nearest)
    meant = name if name in text.choices else suggest(name, text.choices)
    return Advice(f'"{meant or name}"', ("a text stands in quotes",))


def _elsewhere(name: str) -> tuple[str, ...]:
    if name == "print":
        return ("nothing is printed in a spec: leave the line out",)
    for prefix in ("F.", "torch.", "math."):
        known = load_catalog().function(prefix + name)
        if known or (prefix == "math." and name in MATH):
            return (f"write `{prefix}{name}`",)
    if load_catalog().init_function(f"{name}_"):
        return (f"initialisation works in place: `{name}_`",)
    return ()


# --- whether a place takes a text -------------------------------------------------


def text_of_type(type_: TypeExpression) -> Text | None:
    """What a param of a type takes, if it takes a text or several."""
    return Text() if _mentions_text(type_) else None


def _mentions_text(type_: TypeExpression) -> bool:
    return type_.name == "str" or any(map(_mentions_text, type_.arguments))


def text_of_argument(function: ast.expr, which: int | str, scope: Scope) -> Text | None:
    """What an argument of a call takes, if it takes a text; `function` is canonical,
    `which` the argument's place or name."""
    if isinstance(function, ast.Name):
        entry = scope.file.entry_of_class(function.id)
        for at, param in enumerate(entry.params if entry is not None else ()):
            if which in (at, param.name):
                words = tuple(one for one in param.choices if isinstance(one, str))
                found = text_of_type(param.type)
                return None if found is None else Text(words)
        return None
    for place, choices in _of_torch(dotted_name(function) or "", which):
        if choices or "str" in (place.annotation or "") or place.name == "device":
            return Text(choices)
    return None


def _of_torch(
    name: str, which: int | str
) -> Iterator[tuple[Parameter, tuple[str, ...]]]:
    """That parameter, in each overload, and the words it is one of."""
    catalog, last = load_catalog(), name.rpartition(".")[2]
    if name == f"nn.{last}" and (layer := catalog.layer(last)) is not None:
        for at, one in enumerate(layer.signature.parameters):
            if which in (at, one.name):
                yield one, tuple(layer.choices.get(one.name, ()))
        return
    is_init = name.startswith("nn.init.")
    found = catalog.init_function(last) if is_init else catalog.function(name)
    choices = {} if is_init else catalog.function_choices(name)
    for signature in found or ():
        for at, one in enumerate(signature.parameters):
            if which in (at, one.name):
                yield one, choices.get(one.name, ())
