"""Layers whose sizes are not known yet: made with what they accept, made anew later.

Comes in: a layer type and arguments with `Provisional` numbers among them. Goes out: a
module that looks like any other but for one attribute, its `Pending`. A copy of the
module shares it, so that copies agree about sizes.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from torch import nn

from modelspec.backends.torch.pickling import BlockType
from modelspec.catalog import load_catalog
from modelspec.catalog.determined import Determined, determined
from modelspec.pysubset.faults import WorldError
from modelspec.pysubset.values import Provisional

_PENDING = "_pending_sizes"
_MADE = "_made_with"
_MOST_TRIES = 64

Arguments = tuple[tuple[object, ...], dict[str, object]]
Make = Callable[[type[nn.Module], tuple[object, ...], Mapping[str, object]], nn.Module]
Resolve = Callable[[Provisional], int]


@dataclass(frozen=True, slots=True)
class Place:
    """An argument that is provisional; `source` tells how its input determines it,
    None if it does not."""

    name: str
    size: Provisional
    source: Determined | None
    dimension: int = 0


@dataclass(eq=False)
class Pending:
    """How a layer was made. `wraps` are what parametrized it afterwards."""

    layer: type[nn.Module]
    args: tuple[object, ...]
    kwargs: Mapping[str, object]
    places: tuple[Place, ...]
    wraps: list[Callable[[nn.Module], object]] = field(default_factory=list)

    def __deepcopy__(self, memo: object) -> Pending:
        return self

    def arguments(self, resolve: Resolve) -> Arguments:
        """The arguments with a number for each provisional one."""
        args = tuple(_resolved(one, resolve) for one in self.args)
        kwargs = {name: _resolved(one, resolve) for name, one in self.kwargs.items()}
        return args, kwargs

    def remake(self, arguments: Arguments) -> nn.Module:
        """The layer with these arguments, parametrized as it was."""
        args, kwargs = arguments
        made = self.layer(*args, **kwargs)
        for wrap in self.wraps:
            wrap(made)
        return made


def pending_of(module: nn.Module) -> Pending | None:
    found = vars(module).get(_PENDING)
    return found if isinstance(found, Pending) else None


def has_provisional(args: tuple[object, ...], kwargs: Mapping[str, object]) -> bool:
    return next(_provisionals((*args, *kwargs.values())), None) is not None


def note_pending(
    module: nn.Module,
    layer: type[nn.Module],
    args: tuple[object, ...],
    kwargs: Mapping[str, object],
    made: Arguments,
) -> Pending:
    """Remember how a layer was made."""
    pending = Pending(layer, args, kwargs, tuple(places_of(layer, args, kwargs)))
    vars(module)[_PENDING] = pending
    vars(module)[_MADE] = made
    return pending


def make_provisionally(
    layer: type[nn.Module],
    args: tuple[object, ...],
    kwargs: Mapping[str, object],
    make: Make,
) -> tuple[nn.Module, Arguments]:
    """A layer with numbers that it accepts: where it refuses the provisional ones,
    others that stand among its arguments, or products of them, may divide."""
    refusal: WorldError | None = None
    for numbers in itertools.islice(_attempts(args, kwargs), _MOST_TRIES):
        resolve = _numbered(numbers)
        given = tuple(_resolved(one, resolve) for one in args)
        named = {name: _resolved(one, resolve) for name, one in kwargs.items()}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return make(layer, given, named), (given, named)
        except WorldError as error:
            refusal = refusal or error
    assert refusal is not None
    raise refusal


def _attempts(
    args: tuple[object, ...], kwargs: Mapping[str, object]
) -> Iterator[dict[object, int]]:
    values = (*args, *kwargs.values())
    sizes = {one.key: one for one in _provisionals(values)}
    yield {key: int(one) for key, one in sizes.items()}
    others = [o for o in _whole_numbers(values) if not isinstance(o, Provisional)]
    products = [one * other for one, other in itertools.combinations(others, 2)]
    candidates = list(dict.fromkeys((*others, *products)))
    for chosen in itertools.product(candidates, repeat=len(sizes)):
        yield dict(zip(sizes, chosen, strict=True))


def _numbered(numbers: Mapping[object, int]) -> Resolve:
    return lambda one: numbers[one.key]


def _whole_numbers(values: object) -> Iterator[int]:
    if isinstance(values, (list, tuple)):
        for one in values:
            yield from _whole_numbers(one)
    elif isinstance(values, int) and not isinstance(values, bool) and values > 0:
        yield values


def _provisionals(values: object) -> Iterator[Provisional]:
    if isinstance(values, Provisional):
        yield values
    elif isinstance(values, (list, tuple)):
        for one in values:
            yield from _provisionals(one)


def _resolved(value: object, resolve: Resolve) -> object:
    if isinstance(value, Provisional):
        return resolve(value)
    if isinstance(value, list):
        return [_resolved(one, resolve) for one in value]
    if isinstance(value, tuple):
        return tuple(_resolved(one, resolve) for one in value)
    return value


# --- which arguments ----------------------------------------------------------------


def places_of(
    layer: type[nn.Module], args: tuple[object, ...], kwargs: Mapping[str, object]
) -> Iterator[Place]:
    """The provisional arguments of a call of a layer of torch."""
    name, positional = layer.__name__, _positional_names(layer)
    given = [*zip(positional, args, strict=False), *kwargs.items()]
    for argument, value in given:
        source = determined(name, argument)
        if isinstance(value, Provisional):
            dimension = 0 if source is None else source.dimension
            yield Place(argument, value, source, dimension)
        elif isinstance(value, (list, tuple)):
            known = source if source is not None and source.is_shape else None
            for at, one in enumerate(value):
                if isinstance(one, Provisional):
                    yield Place(argument, one, known, at - len(value))


def _positional_names(layer: type[nn.Module]) -> tuple[str, ...]:
    known = load_catalog().layer(layer.__name__)
    return () if known is None else tuple(o.name for o in known.signature.positional)


# --- while it runs ------------------------------------------------------------------


def made_with(module: nn.Module) -> object:
    """The arguments of a pending layer as it is now."""
    return vars(module).get(_MADE)


def become(module: nn.Module, other: nn.Module, arguments: Arguments) -> None:
    """Make a module what another is; its hooks stay, and what a block that extends the
    layer has added to it."""
    other.train(module.training)
    if not isinstance(type(module), BlockType):
        module.__class__ = type(other)
    own = vars(module)
    for name, value in vars(other).items():
        if name in _TABLES:
            own[name] = {**own[name], **value}
        elif "hooks" not in name:
            own[name] = value
    own[_MADE] = arguments


_TABLES = ("_parameters", "_buffers", "_modules")
