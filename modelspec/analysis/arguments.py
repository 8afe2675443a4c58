"""Arguments of stand-in constructors, bound and checked as the real ones do.

In: a layer type and the values of a call. Out: the values by name, or a stand-in
module. What the build would refuse is a fault, which the place of the call locates.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import field

from modelspec.analysis.demands import demands_of, unmet
from modelspec.analysis.places import (
    Place,
    out_of_bounds,
    places_of_torch,
    shown_type,
)
from modelspec.analysis.signatures import signature_of_block
from modelspec.analysis.standins import (
    LayerType,
    Module,
    Opaque,
    describe,
    fits,
    layer_type,
    type_in_words,
)
from modelspec.catalog import (
    Problem,
    ProblemKind,
    Signature,
    load_catalog,
)
from modelspec.diagnostics.suggest import suggest
from modelspec.program.ir import Block, Param, TypeExpression
from modelspec.program.standard import signature_help
from modelspec.pysubset.faults import WorldError
from modelspec.pysubset.hole import is_hole
from modelspec.records import dataclass
from modelspec.syntax.keys import MODULE_CONTAINERS


class ArgumentFault(WorldError):  # noqa: N818  # as `Fault` is
    """A value that its argument does not take: `name`, the `index`-th in order."""

    def __init__(
        self, code: str, message: str, name: str, index: int, help: str
    ) -> None:
        super().__init__(code, message, help)
        self.name = name
        self.index = index


_INT = TypeExpression("int")
_PLAIN = frozenset({int, float, bool, str, type(None)})
_MOST_KEPT = 1024


class BlockCalls:
    """What calls of the blocks of one Program take, each kind of call looked at once.

    It lives as long as an elaboration: a Program must not outlive who asked for it.
    """

    def __init__(self) -> None:
        self._signatures: dict[str, Signature] = {}
        self._problems: dict[tuple[str, int, tuple[str, ...]], Problem | None] = {}

    def signature(self, block: Block) -> Signature:
        if block.name not in self._signatures:
            self._signatures[block.name] = signature_of_block(block)
        return self._signatures[block.name]

    def problem(
        self, block: Block, positional: int, keywords: tuple[str, ...]
    ) -> Problem | None:
        """What is wrong with the number and the names of arguments."""
        key = (block.name, positional, keywords)
        if key not in self._problems:
            found = self.signature(block).bind(positional, keywords)
            self._problems[key] = next(iter(found), None)
        return self._problems[key]


def bind_block(
    block: Block, args: list[object], kwargs: dict[str, object], calls: BlockCalls
) -> dict[str, object]:
    """The given params of a block by name; those with a default may be absent."""
    signature = calls.signature(block)
    problem = calls.problem(block, len(args), tuple(kwargs))
    if problem is not None:
        raise _refusal(block.name, signature, problem, kwargs, len(args))
    names = [one.name for one in signature.positional]
    given = dict(zip(names, args, strict=False)) | kwargs
    for at, param in enumerate(block.params):
        if param.name not in given:
            continue
        if is_hole(param.default) and param.type.name == "any":
            given[param.name] = Opaque()  # what it takes was reported
            continue
        wrong = _param_problem(param, given[param.name])
        if wrong is not None:
            code, words = wrong
            message = f"'{param.name}' of {block.name} {words}"
            help = " ".join(signature_help(block.source))
            raise ArgumentFault(code, message, param.name, at, help)
    return given


def _param_problem(param: Param, value: object) -> tuple[str, str] | None:
    """What is wrong with a value for a param: the code, and in words."""
    if isinstance(value, Opaque):
        return None
    if not fits(param.type, value):
        return "param-type", f"takes {type_in_words(param.type)}, got {describe(value)}"
    if param.choices and not any(
        value == one and isinstance(value, bool) == isinstance(one, bool)
        for one in param.choices
    ):
        listed = ", ".join(repr(one) for one in param.choices)
        return "param-value", f"must be one of {listed}, got {describe(value)}"
    for one in value if isinstance(value, list | tuple) else (value,):
        if isinstance(one, int | float) and not isinstance(one, bool):
            problem = out_of_bounds(one, param.minimum, param.maximum)
            if problem is not None:
                return "param-value", f"must be {problem}, got {one}"
    return None


@dataclass(frozen=True, slots=True)
class _Facts:
    """What binding needs of a layer of torch: its positional names, what is known of
    its arguments, and those integers among them that become attributes."""

    signature: Signature
    names: tuple[str, ...]
    places: Mapping[str, Place]
    kept: frozenset[str]
    is_demanding: bool
    right: set[object] = field(default_factory=set)
    """Arguments that were found right, with their types: `1 == True`."""

    def index(self, name: str) -> int:
        """The place of an argument by position; past all for one by name only."""
        return self.names.index(name) if name in self.names else len(self.names)


@functools.cache
def _facts_of(name: str) -> _Facts:
    layer = load_catalog().layer(name)
    assert layer is not None
    places = places_of_torch(name, "layer").named
    kept = {one.name for one in places.values() if one.type == _INT}
    return _Facts(
        layer.signature,
        tuple(one.name for one in layer.signature.positional),
        places,
        frozenset(kept & set(layer.attributes)),
        bool(demands_of(name)),
    )


def bind_layer(
    type_: LayerType, args: list[object], kwargs: dict[str, object]
) -> Module:
    """A module of torch.nn: its arguments checked, what can be known of it kept."""
    facts = _facts_of(type_.name)
    problem = _layer_problem(type_.name, len(args), tuple(kwargs))
    if problem is not None:
        raise _refusal(type_.name, facts.signature, problem, kwargs, len(args))
    given = dict(zip(facts.names, args, strict=False)) | kwargs
    _check_arguments(type_.name, given, facts)
    children = _children(type_.name, args, kwargs)
    if children is None:
        return Module(type_, {}, _attributes(given, facts))
    return Module(type_, children, _attributes(given, facts), is_open=False)


def settled_module(layer: str, given: Mapping[str, object]) -> Module:
    """What `bind_layer` makes of a call that is settled."""
    return Module(layer_type(layer), {}, _attributes(given, _facts_of(layer)))


def _attributes(given: Mapping[str, object], facts: _Facts) -> dict[str, object]:
    return {n: v for n, v in given.items() if n in facts.kept and type(v) is int}


def _check_arguments(layer: str, given: dict[str, object], facts: _Facts) -> None:
    """A network makes the same layer many times: it is looked into once."""
    kinds = tuple(map(type, given.values()))
    key = (*given.items(), kinds) if _PLAIN.issuperset(kinds) else None
    if key is not None and key in facts.right:
        return
    for name, value in given.items():
        place = facts.places.get(name)
        if place is not None and not (type(value) is int and place.takes_int):
            _check_argument(place, value, facts)
    if facts.is_demanding:
        _check_demands(layer, given, facts)
    if key is not None and len(facts.right) < _MOST_KEPT:
        facts.right.add(key)


def _check_argument(place: Place, value: object, facts: _Facts) -> None:
    """Whether a value is of the type, and among the choices, of its argument."""
    if isinstance(value, Opaque):
        return
    what = f"'{place.name}' of {place.of}"
    at = facts.index(place.name)
    if not fits(place.type, value):
        advice = _whole(value) if isinstance(value, float) else ""
        message = f"{what} takes {shown_type(place.type)}, got {describe(value)}"
        raise ArgumentFault("argument-type", message, place.name, at, advice)
    if place.choices and isinstance(value, str) and value not in place.choices:
        listed = ", ".join(repr(one) for one in place.choices)
        message = f"{what} must be one of {listed}, got {describe(value)}"
        raise ArgumentFault("argument-value", message, place.name, at, "")


def _whole(value: float) -> str:
    if value.is_integer():
        return f"`{int(value)}` is an integer; `//` divides to one"
    return "`//` divides integers"


def _check_demands(layer: str, given: dict[str, object], facts: _Facts) -> None:
    found = unmet(layer, given)
    if found is not None:
        message, at = found.message(layer), facts.index(found.name)
        raise ArgumentFault("argument-value", message, found.name, at, "")


@functools.lru_cache(maxsize=1024)
def _layer_problem(
    name: str, positional: int, keywords: tuple[str, ...]
) -> Problem | None:
    return next(iter(_facts_of(name).signature.bind(positional, keywords)), None)


def _children(
    name: str, args: list[object], kwargs: dict[str, object]
) -> dict[str, object] | None:
    """The children of a container that is called; None where they are not seen."""
    if name not in MODULE_CONTAINERS or kwargs:
        return None
    items: object = args if name == "Sequential" else (args[0] if args else [])
    if name == "Sequential" and len(args) == 1 and isinstance(args[0], dict):
        items = args[0]
    if isinstance(items, dict):
        return {str(key): value for key, value in items.items()}
    if isinstance(items, list | tuple) and name != "ModuleDict":
        return {str(at): value for at, value in enumerate(items)}
    return None


def _refusal(
    name: str,
    signature: Signature,
    problem: Problem,
    given: dict[str, object],
    count: int,
) -> WorldError:
    help = signature.text(name)
    if problem.kind is ProblemKind.UNEXPECTED:
        from modelspec.catalog.foreign import argument_meant

        wrong, free = str(problem.name), [n for n in signature.names if n not in given]
        nearest = suggest(wrong, free) or argument_meant(wrong, free)
        message = f"{name} has no argument '{problem.name}'"
        return WorldError(
            "unexpected-argument", message, help, wrong=wrong, meant=nearest
        )
    if problem.kind is ProblemKind.MISSING:
        message = f"{name} lacks its argument '{problem.name}'"
        return WorldError("missing-argument", message, help)
    if problem.kind is ProblemKind.DUPLICATE:
        message = f"{name} is given '{problem.name}' twice"
        return WorldError("duplicate-argument", message, help)
    most = len(signature.positional)
    message = f"{name} takes at most {most} arguments by position, got {count}"
    return WorldError("too-many-arguments", message, help)
