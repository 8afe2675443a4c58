"""Whether a module can be sharded and checkpointed as its spec says, before it is.

In: `parallel` and a module, on whatever device. Out: located diagnostics, at most one
for each line of the spec. FSDP shards as one each module that `fsdp` names, without
those in it that are sharded before, and the root with all that is left.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import nn
from torch.nn.parameter import is_lazy
from torch.nn.utils.parametrizations import _SpectralNorm

from modelspec.backends.torch.globs import find_modules
from modelspec.diagnostics.diagnostic import Diagnostic
from modelspec.diagnostics.span import Span
from modelspec.program.ir import Glob, Parallel
from modelspec.records import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class _Shard:
    """What is sharded as one. The root has no name; `span` is the line that says so."""

    name: str
    span: Span
    tensors: dict[str, nn.Parameter]

    @property
    def told(self) -> str:
        return f"with '{self.name}'" if self.name else "with the rest of the network"


def shard_problems(parallel: Parallel, root: nn.Module) -> Iterator[Diagnostic]:
    """What is wrong with `fsdp` and `activation_checkpointing`; globs match."""
    for glob in (*(parallel.fsdp or ()), *parallel.checkpointing):
        if problem := _uncalled(glob, root):
            yield problem
    for glob in parallel.checkpointing:
        if problem := _twice(glob, root):
            yield problem
    if parallel.fsdp is None:
        return
    if not _is_called(root):
        kind = type(root).__name__
        message = f"'fsdp' cannot shard {kind}, which has no `forward`"
        help = ("tensors are gathered when it is called",)
        yield Diagnostic("cannot-divide", message, parallel.span, help=help)
        return
    shards = _shards(parallel, parallel.fsdp, root)
    told: set[Span] = set()
    for problem in _all_problems(shards):
        if problem.span is not None and problem.span not in told:
            told.add(problem.span)
            yield problem


def _all_problems(shards: list[_Shard]) -> Iterator[Diagnostic]:
    owners: dict[int, tuple[str, _Shard]] = {}
    parted: set[int] = set()
    for shard in shards:
        for name, tensor in shard.tensors.items():
            if problem := _shape_problem(name, tensor, shard):
                yield problem
        if problem := _mixed_problem(shard):
            yield problem
        for name, tensor in shard.tensors.items():
            first, owner = owners.setdefault(id(tensor), (name, shard))
            if owner is not shard and id(tensor) not in parted:
                parted.add(id(tensor))
                yield _parted_problem(first, owner, name, shard)


def _uncalled(glob: Glob, root: nn.Module) -> Diagnostic | None:
    """What is never called is neither gathered nor computed again."""
    for name, module in find_modules(root, [glob.pattern]).items():
        kind = type(module).__name__
        owner = root.get_submodule(name.rpartition(".")[0])
        if isinstance(owner, nn.MultiheadAttention):
            message = f"'{name}' is never called: MultiheadAttention reads its weight"
            help = f"write `{name.rpartition('.')[0]}`, all of the attention"
        elif not _is_called(module):
            message = f"'{name}' is a {kind}, which is never called"
            help = f"write `{name}.*`, the modules in it"
        else:
            continue
        return Diagnostic("cannot-divide", message, glob.span, help=(help,))
    return None


def _twice(glob: Glob, root: nn.Module) -> Diagnostic | None:
    """What changes when it is computed would change once more in the backward pass."""
    for name, module in find_modules(root, [glob.pattern]).items():
        for inner, one in module.named_modules(prefix=name):
            if isinstance(one, _SpectralNorm):
                kept = "the estimate of spectral_norm"
            elif getattr(one, "running_mean", None) is not None:
                kept = f"the statistics of '{inner}', a {type(one).__name__},"
            else:
                continue
            return Diagnostic(
                "cannot-divide",
                f"{kept} would change twice when '{name}' is computed again",
                glob.span,
                help=("name modules without it",),
            )
    return None


_UNCALLED = frozenset(
    one.forward for one in (nn.Module, nn.ModuleList, nn.ModuleDict, nn.ParameterList)
)


def _is_called(module: nn.Module) -> bool:
    return type(module).forward not in _UNCALLED


def _shards(
    parallel: Parallel, globs: tuple[Glob, ...], root: nn.Module
) -> list[_Shard]:
    """In the order in which they are made: a module before the one it is in."""
    found = find_modules(root, [one.pattern for one in globs])
    lines = {
        name: one.span for one in globs for name in find_modules(root, [one.pattern])
    }
    made: set[nn.Module] = set()
    shards: list[_Shard] = []
    for name, module in (*reversed(found.items()), ("", root)):
        span = lines[name] if name else parallel.span
        shards.append(_Shard(name, span, dict(_tensors(module, name, made))))
        made.add(module)
    return shards


def _tensors(
    module: nn.Module, name: str, made: set[nn.Module]
) -> Iterator[tuple[str, nn.Parameter]]:
    """Of a module and those in it, but for what is sharded already."""
    before = f"{name}." if name else ""
    for last, tensor in module.named_parameters(recurse=False):
        yield before + last, tensor
    for last, inner in module.named_children():
        if inner not in made:
            yield from _tensors(inner, before + last, made)


def _shape_problem(name: str, tensor: torch.Tensor, shard: _Shard) -> Diagnostic | None:
    """FSDP takes parts of the first dimension, as they lie in memory."""
    if is_lazy(tensor):
        reason, help = "has no shape yet", "`auto` gives it one"
    elif tensor.ndim == 0:
        reason, help = "has no dimension", "`torch.ones(1)` has one"
    elif not tensor.is_contiguous():
        reason, help = "is not contiguous", "`.contiguous()` of its value is"
    else:
        return None
    message = f"'fsdp' cannot shard '{name}', which {reason}"
    return Diagnostic("cannot-divide", message, shard.span, help=(help,))


def _mixed_problem(shard: _Shard) -> Diagnostic | None:
    """Gradients of what is sharded as one are summed as one."""
    first: dict[torch.dtype, str] = {}
    for name, tensor in shard.tensors.items():
        if tensor.requires_grad:
            first.setdefault(tensor.dtype, name)
    if len(first) < 2:
        return None
    (one, left), (other, right) = [*first.items()][:2]
    message = (
        f"'{left}' and '{right}' are sharded as one, but are {_short(one)} and"
        f" {_short(other)}"
    )
    help = (f"name '{right.rpartition('.')[0] or right}' under `fsdp` by itself",)
    return Diagnostic("cannot-divide", message, shard.span, help=help)


def _short(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _parted_problem(first: str, owner: _Shard, name: str, shard: _Shard) -> Diagnostic:
    """One tensor in two parts; the one that is made first has a line of its own."""
    what = f"'{name}' and '{first}' are" if first != name else f"'{name}' is"
    return Diagnostic(
        "cannot-divide",
        f"{what} one tensor, which 'fsdp' shards {shard.told} and {owner.told}",
        owner.span,
        help=("name a module that has both, or leave it to the rest of the network",),
    )
