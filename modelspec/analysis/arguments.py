"""Arguments of stand-in constructors, bound and checked as the real ones do.

In: a layer type and the values of a call. Out: the values by name, or a stand-in
module. What the build would refuse is a fault, which the place of the call locates.
"""

from __future__ import annotations

import functools

from modelspec.analysis.places import out_of_bounds, type_of_annotation
from modelspec.analysis.signatures import signature_of_params
from modelspec.analysis.standins import (
    LayerType,
    Module,
    Opaque,
    describe,
    fits,
    type_in_words,
)
from modelspec.catalog import Problem, ProblemKind, Signature, load_catalog
from modelspec.diagnostics.suggest import suggest
from modelspec.program.ir import Block, Param, TypeExpression
from modelspec.program.standard import signature_help
from modelspec.pysubset.faults import WorldError
from modelspec.records import dataclass


class ArgumentFault(WorldError):  # noqa: N818  # as `Fault` is
    """A value that its argument does not take: `name`, the `index`-th in order."""

    def __init__(
        self, code: str, message: str, name: str, index: int, help: str
    ) -> None:
        super().__init__(code, message, help)
        self.name = name
        self.index = index


_CHILDREN = frozenset({"Sequential", "ModuleList", "ModuleDict"})
_INT = TypeExpression("int")


def bind_block(
    block: Block, args: list[object], kwargs: dict[str, object]
) -> dict[str, object]:
    """The given params of a block by name; those with a default may be absent."""
    signature = _signature_of(block)
    problem = _block_problem(block, len(args), tuple(kwargs))
    if problem is not None:
        raise _refusal(block.name, signature, problem, kwargs, len(args))
    names = [one.name for one in signature.positional]
    given = dict(zip(names, args, strict=False)) | kwargs
    for at, param in enumerate(block.params):
        if param.name not in given:
            continue
        wrong = _param_problem(param, given[param.name])
        if wrong is not None:
            code, words = wrong
            message = f"'{param.name}' of {block.name} {words}"
            help = " ".join(signature_help(block.source))
            raise ArgumentFault(code, message, param.name, at, help)
    return given


@functools.lru_cache(maxsize=256)
def _signature_of(block: Block) -> Signature:
    return signature_of_params(block.params)


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
    """What binding needs of a layer of torch: its positional names, the arguments
    that are integers and nothing else, and those of them that become attributes."""

    signature: Signature
    names: tuple[str, ...]
    sizes: frozenset[str]
    kept: frozenset[str]


@functools.cache
def _facts_of(name: str) -> _Facts:
    layer = load_catalog().layer(name)
    assert layer is not None
    sizes = frozenset(
        one.name
        for one in layer.signature.parameters
        if one.annotation is not None and type_of_annotation(one.annotation) == _INT
    )
    names = tuple(one.name for one in layer.signature.positional)
    kept = sizes & frozenset(layer.attributes)
    return _Facts(layer.signature, names, sizes, kept)


def bind_layer(
    type_: LayerType, args: list[object], kwargs: dict[str, object]
) -> Module:
    """A module of torch.nn: its arguments checked, what can be known of it kept."""
    facts = _facts_of(type_.name)
    problem = _layer_problem(type_.name, len(args), tuple(kwargs))
    if problem is not None:
        raise _refusal(type_.name, facts.signature, problem, kwargs, len(args))
    attributes: dict[str, object] = {}
    given = (*zip(facts.names, args, strict=False), *kwargs.items())
    for at, (name, value) in enumerate(given):
        if name not in facts.sizes:
            continue
        if type(value) is not int:
            _check_size(type_.name, name, at, value)
        elif name in facts.kept:
            attributes[name] = value
    children = _children(type_.name, args, kwargs)
    if children is None:
        return Module(type_, {}, attributes)
    return Module(type_, children, attributes, is_open=False)


@functools.lru_cache(maxsize=1024)
def _layer_problem(
    name: str, positional: int, keywords: tuple[str, ...]
) -> Problem | None:
    return next(iter(_facts_of(name).signature.bind(positional, keywords)), None)


def _check_size(layer: str, name: str, index: int, value: object) -> None:
    if not isinstance(value, Opaque) and not fits(_INT, value) and value is not None:
        advice = "`//` divides integers" if isinstance(value, float) else ""
        message = f"'{name}' of {layer} takes int, got {describe(value)}"
        raise ArgumentFault("argument-type", message, name, index, advice)


def _children(
    name: str, args: list[object], kwargs: dict[str, object]
) -> dict[str, object] | None:
    """The children of a container that is called; None where they are not seen."""
    if name not in _CHILDREN or kwargs:
        return None
    items: object = args if name == "Sequential" else (args[0] if args else [])
    if name == "Sequential" and len(args) == 1 and isinstance(args[0], dict):
        items = args[0]
    if isinstance(items, dict):
        return {str(key): value for key, value in items.items()}
    if isinstance(items, list | tuple) and name != "ModuleDict":
        return {str(at): value for at, value in enumerate(items)}
    return None


@functools.lru_cache(maxsize=1024)
def _block_problem(
    block: Block, positional: int, keywords: tuple[str, ...]
) -> Problem | None:
    return next(iter(_signature_of(block).bind(positional, keywords)), None)


def _refusal(
    name: str,
    signature: Signature,
    problem: Problem,
    given: dict[str, object],
    count: int,
) -> WorldError:
    help = signature.text(name)
    if problem.kind is ProblemKind.UNEXPECTED:
        nearest = suggest(
            str(problem.name), [n for n in signature.names if n not in given]
        )
        note = f"did you mean '{nearest}'?" if nearest else ""
        message = f"{name} has no argument '{problem.name}'"
        return WorldError("unexpected-argument", message, help, note)
    if problem.kind is ProblemKind.MISSING:
        message = f"{name} lacks its argument '{problem.name}'"
        return WorldError("missing-argument", message, help)
    if problem.kind is ProblemKind.DUPLICATE:
        message = f"{name} is given '{problem.name}' twice"
        return WorldError("duplicate-argument", message, help)
    most = len(signature.positional)
    message = f"{name} takes at most {most} arguments by position, got {count}"
    return WorldError("too-many-arguments", message, help)
