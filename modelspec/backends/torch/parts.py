"""Whether a plan lets gradients get lost: what is whole is used on a part of a tensor.

In: `parallel` and a run of a module on meta, undivided. Out: located diagnostics, at
most one for each line of the plan. A layer that is divided makes a part, which stays
one until a layer puts it together. Each process has another part: of what is whole and
used with it, as the weight of a norm of heads, each would have another gradient.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial

import torch
from torch import nn
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_flatten, tree_map_only
from torch.utils.weak import WeakIdKeyDictionary

from modelspec.backends.torch.divisions import argument_of, style_of
from modelspec.backends.torch.globs import find_modules
from modelspec.diagnostics.diagnostic import Diagnostic
from modelspec.program.ir import Division, Parallel

_OUTPUTS = {"ColwiseParallel": "Shard", "SequenceParallel": "Shard"}
"""What each style makes where it is not said; the others put together."""
_DISTRIBUTED = frozenset(("SequenceParallel", "PrepareModuleInput"))
"""Styles whose tensors know that they are parts, where it is not said: torch sums."""
_OF_SHAPE = frozenset(("view_as", "reshape_as", "expand_as", "type_as", "to"))
"""Methods that take of another tensor what has no gradient."""


def part_problems(
    parallel: Parallel, module: nn.Module, run: Callable[[], object]
) -> Iterator[Diagnostic]:
    """What a run of a module on meta shows; it gets hooks, and is of no use after."""
    parts = _Parts(module)
    for one in parallel.plan:
        for layer in find_modules(module, [one.modules.pattern]).values():
            parts.watch(layer, one)
    # Whether it runs at all is told elsewhere.
    with suppress(Exception), torch.enable_grad(), torch.device("meta"), parts:
        run()
    yield from parts.found.values()


class _Parts(TorchFunctionMode):
    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.found: dict[int, Diagnostic] = {}
        self._names = {id(it): name for name, it in module.named_parameters()}
        self._made = WeakIdKeyDictionary()
        self._inside = 0

    def watch(self, layer: nn.Module, one: Division) -> None:
        """Note what a layer makes, and what it is given."""
        style = style_of(one)
        if style.startswith("PrepareModuleInput"):
            is_part = _is_part(one, "desired_input_layouts", "use_local_input")
            layer.register_forward_pre_hook(partial(self._given, one, is_part))
        if style == "PrepareModuleInput":
            return
        name = "output_layouts"
        if style.startswith("Prepare"):
            name = "desired_output_layouts"
        else:
            layer.register_forward_pre_hook(self._enter)
        is_part = _is_part(one, name, "use_local_output")
        layer.register_forward_hook(partial(self._returned, one, is_part))

    def _enter(self, layer: nn.Module, given: object) -> None:
        self._inside += 1

    def _given(
        self, one: Division, is_part: bool, layer: nn.Module, given: object
    ) -> object:
        return self._marked(one, is_part, given)

    def _returned(
        self,
        one: Division,
        is_part: bool,
        layer: nn.Module,
        given: object,
        made: object,
    ) -> object:
        self._inside -= not style_of(one).startswith("Prepare")
        return self._marked(one, is_part, made)

    def _marked(self, one: Division, is_part: bool, value: object) -> object:
        """Other tensors, which are parts of this layer's or whole."""

        def mark(tensor: torch.Tensor) -> torch.Tensor:
            with torch._C.DisableTorchFunction():
                other = tensor.view(tensor.shape)
            if is_part:
                self._made[other] = one
            return other

        return tree_map_only(torch.Tensor, mark, value)

    def __torch_function__(
        self,
        func: Callable[..., object],
        types: object,
        args: tuple[object, ...] = (),
        kwargs: Mapping[str, object] | None = None,
    ) -> object:
        made = func(*args, **(kwargs or {}))
        given = [
            one
            for one in tree_flatten((args, kwargs))[0]
            if isinstance(one, torch.Tensor)
        ]
        division = next((self._made[it] for it in given if it in self._made), None)
        if division is None or self._inside:
            return made
        if getattr(func, "__name__", "") not in _OF_SHAPE:
            self._check(division, [one for one in given if one not in self._made])
        for one in tree_flatten(made)[0]:
            if isinstance(one, torch.Tensor):
                self._made[one] = division
        return made

    def _check(self, division: Division, whole: list[torch.Tensor]) -> None:
        tensor = next((one for one in whole if one.requires_grad), None)
        if tensor is None:
            return
        named = self._names.get(id(tensor))
        what = f"'{named}'" if named else "a tensor that every process has whole"
        self.found.setdefault(
            id(division),
            Diagnostic(
                "cannot-divide",
                f"{what} is used on a part of what '{division.modules.pattern}'"
                " divides: each process would have another gradient of it",
                division.modules.span,
                help=("put the tensor together before that, as `colwise_rep` does",),
            ),
        )


def _is_part(one: Division, layouts: str, local: str) -> bool:
    """Whether plain tensors with a part each come of it."""
    style = style_of(one)
    is_plain = argument_of(one, local)
    default = style not in _DISTRIBUTED
    if not (default if is_plain is None else ast.literal_eval(is_plain)):
        return False
    given = argument_of(one, layouts)
    if given is None:
        return _OUTPUTS.get(style) == "Shard"
    return any(
        isinstance(part, ast.Name) and part.id == "Shard" for part in ast.walk(given)
    )
