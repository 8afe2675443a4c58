"""`init`, `tie` and `freeze` as closures over the finished children of a block.

A rule that touches nothing is an error, told at the rule: it says less than its author
believes. A rule by type whose modules were all taken by rules before it is a warning,
since what it says may still be meant for other params.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NoReturn

import torch
from torch import nn

from modelspec.backends.torch.arguments import describe_value
from modelspec.backends.torch.expressions import Expressions
from modelspec.backends.torch.failure import fail
from modelspec.diagnostics.diagnostic import InternalError
from modelspec.diagnostics.span import Span
from modelspec.diagnostics.suggest import did_you_mean, suggest
from modelspec.program import ir
from modelspec.pysubset.values import Scope

if TYPE_CHECKING:
    from modelspec.backends.torch.construct import Construction, Step

Apply = Callable[[Scope, torch.Tensor], None]

_MISSING = object()


def compile_rule(one: ir.Statement, expressions: Expressions) -> Step:
    match one:
        case ir.InitByType():
            return _by_type(one, expressions)
        case ir.InitByName():
            return _by_name(one, expressions)
        case ir.Tie():
            return _tie(one, expressions)
        case ir.Freeze():
            return _freeze(one, expressions)
    raise InternalError(f"no way to build {type(one).__name__}")


# --- one tensor ----------------------------------------------------------------------


def _initializer(one: ir.Initializer, expressions: Expressions) -> Apply:
    fill = expressions.init_call(one.expression) if one.in_place else None
    if fill is not None:
        return lambda scope, tensor: fill(tensor)
    read = expressions.read(one.expression)
    span = one.span

    def in_place(scope: Scope, tensor: torch.Tensor) -> None:
        scope.locals["w"] = tensor
        read(scope)

    def copied(scope: Scope, tensor: torch.Tensor) -> None:
        scope.locals["w"] = tensor
        value = read(scope)
        if not isinstance(value, torch.Tensor):
            fail(
                "not-a-tensor",
                f"a rule gives a tensor, got {describe_value(value)}",
                span,
                help="`torch.full_like(w, ...)` makes one of a number",
            )
        with torch.no_grad():
            try:
                tensor.copy_(value)
            except RuntimeError:
                fail(
                    "shape-mismatch",
                    f"the rule gives {list(value.shape)} for a tensor of "
                    f"{list(tensor.shape)}",
                    span,
                )

    apply = in_place if one.in_place else copied

    def applied(scope: Scope, tensor: torch.Tensor) -> None:
        """`w` is the rule's own name: it hides a local only meanwhile."""
        hidden = scope.locals.get("w", _MISSING)
        try:
            apply(scope, tensor)
        finally:
            if hidden is _MISSING:
                scope.locals.pop("w", None)
            else:
                scope.locals["w"] = hidden

    return applied


def _leaves(
    leaves: Iterable[tuple[str, ir.Initializer]], expressions: Expressions
) -> Callable[[Scope, nn.Module], None]:
    rows = [
        (leaf, one.key or one.span, _initializer(one, expressions))
        for leaf, one in leaves
    ]

    def apply(scope: Scope, module: nn.Module) -> None:
        for leaf, span, initialize in rows:
            tensor = getattr(module, leaf, _MISSING)
            if tensor is None:
                continue
            if not isinstance(tensor, torch.Tensor):
                _refuse_leaf(module, leaf, span)
            initialize(scope, tensor)

    return apply


def _refuse_leaf(module: nn.Module, leaf: str, span: Span) -> NoReturn:
    known = [name for name, _ in module.named_parameters(recurse=False)]
    known += [name for name, _ in module.named_buffers(recurse=False)]
    near = suggest(leaf, known)
    help = did_you_mean(near) if near else ""
    name = type(module).__name__
    fail("unknown-parameter", f"{name} has no parameter '{leaf}'", span, help=help)


# --- by type --------------------------------------------------------------------------


def _by_type(one: ir.InitByType, expressions: Expressions) -> Step:
    rules = [
        (
            rule,
            [(expressions.read(kind), expressions.span(kind)) for kind in rule.types],
            None if rule.condition is None else expressions.test(rule.condition),
            _leaves(rule.leaves, expressions),
        )
        for rule in one.rules
    ]

    def step(at: Construction, sink: Any) -> None:
        """A rule whose condition is false is as if it were not written."""
        standing = [row for row in rules if row[2] is None or row[2](at.scope)]
        kinds = [
            tuple(_layer_type(read(at.scope), span) for read, span in types)
            for _, types, _, _ in standing
        ]
        used, fitting = [False] * len(standing), [False] * len(standing)
        known: dict[type, Callable[[Scope, nn.Module], None] | None] = {}
        for module in at.module.modules():
            kind = type(module)
            if kind not in known:
                # All modules of a type fare alike: the first rule that fits takes them.
                fits = [i for i, one in enumerate(kinds) if issubclass(kind, one)]
                for index in fits:
                    fitting[index] = True
                if fits:
                    used[fits[0]] = True
                known[kind] = standing[fits[0]][3] if fits else None
            apply = known[kind]
            if apply is not None:
                apply(at.scope, module)
        for index, (rule, _, condition, _) in enumerate(standing):
            if not fitting[index]:
                _no_module_of(kinds[index], rule, at)
            if not used[index] and condition is None:
                message = "rules before it take all its modules"
                at.warn("rule-never-applies", message, rule.span)

    return step


def _no_module_of(
    kinds: Sequence[type], rule: ir.TypeRule, at: Construction
) -> NoReturn:
    names = " or ".join(kind.__name__ for kind in kinds)
    owner = type(at.module).__name__
    _matches_nothing(f"no module in {owner} is of the type {names}", rule.span)


def _layer_type(value: object, span: Span) -> type:
    if isinstance(value, functools.partial):
        value = value.func
    if isinstance(value, type) and issubclass(value, nn.Module):
        return value
    fail("not-a-layer", f"expected a layer type, got {describe_value(value)}", span)


# --- by name --------------------------------------------------------------------------


def _by_name(one: ir.InitByName, expressions: Expressions) -> Step:
    read = expressions.read(one.pattern)
    rule = one.parameter
    to_tensor = None if rule is None else _initializer(rule, expressions)
    to_module = _leaves(one.leaves, expressions)

    def step(at: Construction, sink: Any) -> None:
        pattern = str(read(at.scope))
        if to_tensor is not None:
            for tensor in _parameters(at.module, pattern, one.span):
                to_tensor(at.scope, tensor)
            return
        found = _modules(at.module, pattern)
        if not found:
            _no_match(at.module, pattern, one.span)
        for module in found:
            to_module(at.scope, module)

    return step


def _parameters(module: nn.Module, pattern: str, span: Span) -> list[nn.Parameter]:
    if not _is_glob(pattern):
        return [_parameter(module, pattern, span)]
    found = [p for n, p in module.named_parameters() if fnmatchcase(n, pattern)]
    if not found:
        _no_match(module, pattern, span)
    return found


def _modules(module: nn.Module, pattern: str) -> list[nn.Module]:
    if not _is_glob(pattern):
        try:
            return [module.get_submodule(pattern)]
        except AttributeError:
            return []
    return [m for n, m in module.named_modules() if fnmatchcase(n, pattern)]


def _parameter(module: nn.Module, path: str, span: Span) -> nn.Parameter:
    try:
        return module.get_parameter(path)
    except AttributeError:
        _no_match(module, path, span)


def _is_glob(pattern: str) -> bool:
    return any(one in pattern for one in "*?[")


# --- tie and freeze -------------------------------------------------------------------


def _tie(one: ir.Tie, expressions: Expressions) -> Step:
    read_target, read_source = (
        expressions.read(one.target),
        expressions.read(one.source),
    )
    target_span = expressions.span(one.target)
    source_span = expressions.span(one.source)

    def step(at: Construction, sink: Any) -> None:
        target, source = str(read_target(at.scope)), str(read_source(at.scope))
        parameter = _parameter(at.module, source, source_span)
        replaced = _parameter(at.module, target, target_span)
        if replaced.shape != parameter.shape:
            fail(
                "shape-mismatch",
                f"'{target}' is {list(replaced.shape)}, "
                f"'{source}' is {list(parameter.shape)}",
                one.span,
            )
        owner, _, leaf = target.rpartition(".")
        setattr(at.module.get_submodule(owner), leaf, parameter)

    return step


def _freeze(one: ir.Freeze, expressions: Expressions) -> Step:
    read = expressions.read(one.pattern)

    def step(at: Construction, sink: Any) -> None:
        pattern = str(read(at.scope))
        modules = _frozen_modules(at.module, pattern)
        tensors = _frozen_parameters(at.module, pattern)
        if not modules and not tensors:
            _no_match(at.module, pattern, one.span)
        for module in modules:
            module.requires_grad_(False)
        for tensor in tensors:
            tensor.requires_grad_(False)

    return step


def _frozen_modules(module: nn.Module, pattern: str) -> list[nn.Module]:
    """All of which any name fits: one that is shared has several."""
    if not _is_glob(pattern):
        return _modules(module, pattern)
    named = module.named_modules(remove_duplicate=False)
    return [m for n, m in named if fnmatchcase(n, pattern)]


def _frozen_parameters(module: nn.Module, pattern: str) -> list[nn.Parameter]:
    if _is_glob(pattern):
        named = module.named_parameters(remove_duplicate=False)
        return [p for n, p in named if fnmatchcase(n, pattern)]
    try:
        return [module.get_parameter(pattern)]
    except AttributeError:
        return []


# --- what matches nothing -------------------------------------------------------------


def _no_match(module: nn.Module, pattern: str, span: Span) -> NoReturn:
    names = [name for name, _ in module.named_parameters()]
    names += [name for name, _ in module.named_modules() if name]
    near = None if _is_glob(pattern) else suggest(pattern, names)
    help = did_you_mean(near) if near else ""
    _matches_nothing(f"'{pattern}' matches nothing in this block", span, help)


def _matches_nothing(message: str, span: Span, help: str = "") -> NoReturn:
    fail("rule-matches-nothing", message, span, help=help)
