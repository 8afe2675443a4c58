"""Whether a module can be divided as its spec says, found before anything is.

In: `parallel` and a module with all its layers, on whatever device. Out: located
diagnostics, at most one for each line of the spec. How many processes there are is not
known when a module is built: what it takes to know that is told by `distribute`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from modelspec.backends.torch.globs import find_modules
from modelspec.backends.torch.shards import shard_problems
from modelspec.backends.torch.stand_ins import tensors_in
from modelspec.diagnostics.diagnostic import Diagnostic, Label
from modelspec.diagnostics.span import Span
from modelspec.program.ir import Division, Glob, Parallel
from modelspec.records import dataclass

_DIVIDED = {"ColwiseParallel": (0, 1), "RowwiseParallel": (1, 0)}
"""The dimension of the weight that each style divides, of a Linear and an Embedding."""


def division_problems(
    parallel: Parallel, root: nn.Module, processes: int | None = None
) -> Iterator[Diagnostic]:
    """What is wrong with a `parallel`, `processes` being the size of `tp`."""
    taken: dict[str, Span] = {}
    found: dict[str, Division] = {}
    for one in parallel.plan:
        modules = find_modules(root, [one.modules.pattern])
        problem = _nothing(one.modules, modules, root) or _first(
            one, modules, root, taken, processes
        )
        if problem is not None:
            yield problem
        if style_of(one) in (*_DIVIDED, "SequenceParallel"):
            new = modules.keys() - taken.keys()
            taken |= dict.fromkeys(new, one.modules.span)
            found |= dict.fromkeys(new, one)
    yield from _parted(root, found)
    for glob in (*(parallel.fsdp or ()), *parallel.checkpointing):
        modules = find_modules(root, [glob.pattern])
        if problem := _nothing(glob, modules, root):
            yield problem
    yield from shard_problems(parallel, root)
    yield from _unsent(parallel, root, taken)


def style_of(one: Division) -> str:
    """The class of torch that divides, by name."""
    assert isinstance(one.style.func, ast.Name)
    return one.style.func.id


def _nothing(
    glob: Glob, modules: dict[str, nn.Module], root: nn.Module
) -> Diagnostic | None:
    if modules:
        return None
    names = {name for name, _ in root.named_parameters()}
    owner, _, last = glob.pattern.rpartition(".")
    help: tuple[str, ...] = ()
    if glob.pattern in names or (last in ("weight", "bias") and owner):
        help = (f"modules are named here, not their tensors: `{owner}`",)
    message = f"'{glob.pattern}' matches no module of {type(root).__name__}"
    return Diagnostic("rule-matches-nothing", message, glob.span, help=help)


def _first(
    one: Division,
    modules: dict[str, nn.Module],
    root: nn.Module,
    taken: dict[str, Span],
    processes: int | None,
) -> Diagnostic | None:
    """The first of the modules that cannot be divided so."""
    style = style_of(one)
    if style.startswith("Prepare"):
        return None
    for name, module in modules.items():
        if name in taken:
            return Diagnostic(
                "cannot-divide",
                f"'{name}' is divided twice",
                one.modules.span,
                labels=(Label(taken[name], "once here"),),
            )
        if style in _DIVIDED and (problem := _layer_problem(one, name, module, root)):
            return problem
        if processes is not None and (
            problem := _remainder(one, name, module, processes)
        ):
            return problem
    return None


def _layer_problem(
    one: Division, name: str, module: nn.Module, root: nn.Module
) -> Diagnostic | None:
    style, span = style_of(one), one.modules.span
    kind = type(module).__name__
    owner = root.get_submodule(name.rpartition(".")[0])
    if not isinstance(module, nn.Linear | nn.Embedding):
        message = f"{style} divides a Linear or an Embedding, '{name}' is a {kind}"
        return Diagnostic("cannot-divide", message, span)
    if isinstance(owner, nn.MultiheadAttention):
        message = f"'{name}' cannot be divided: MultiheadAttention reads its weight"
        help = "write attention with layers of its own, as `SelfAttention` is"
        return Diagnostic("cannot-divide", message, span, help=(help,))
    if reason := _unlike_its_kind(module):
        message = f"'{name}' cannot be divided: {reason}"
        return Diagnostic("cannot-divide", message, span)
    wants_indices = style == "RowwiseParallel" and isinstance(module, nn.Embedding)
    if wants_indices and not _is_whole(argument_of(one, "input_layouts")):
        message = f"'{name}' is an Embedding: every process has all its indices"
        help = "write `rowwise_rep`: its input is not divided"
        return Diagnostic("cannot-divide", message, span, help=(help,))
    return None


def _unlike_its_kind(module: nn.Linear | nn.Embedding) -> str | None:
    """What torch has no way to divide in a layer of a kind that it divides."""
    own: dict[str, torch.Tensor] = dict(module.named_parameters(recurse=False))
    if "weight" not in own:
        return "its weight is computed from other parameters"
    if is_lazy(own["weight"]):
        return "it has no shape yet"
    if isinstance(module, nn.Embedding) and module.max_norm is not None:
        return "each of its processes would change its weight for `max_norm`"
    if isinstance(module, nn.Embedding) and module.sparse:
        return "its gradients are sparse"
    return None


def argument_of(one: Division, name: str) -> ast.expr | None:
    """An argument of the call that divides, where it is given."""
    return next((it.value for it in one.style.keywords if it.arg == name), None)


def _is_whole(layout: ast.expr | None) -> bool:
    return (
        isinstance(layout, ast.Call)
        and isinstance(layout.func, ast.Name)
        and layout.func.id == "Replicate"
    )


def divided_dimension(one: Division, module: nn.Module) -> int | None:
    """The dimension of a layer's weight that is divided; None where each has all."""
    dimensions = _DIVIDED.get(style_of(one))
    return None if dimensions is None else dimensions[isinstance(module, nn.Embedding)]


def _remainder(
    one: Division, name: str, module: nn.Module, processes: int
) -> Diagnostic | None:
    dimension = divided_dimension(one, module)
    if dimension is None:
        return None
    weight = module.get_parameter("weight")
    size = weight.shape[dimension]
    if size % processes == 0:
        return None
    names = ("num_embeddings", "embedding_dim")
    if isinstance(module, nn.Linear):
        names = ("out_features", "in_features")
    return Diagnostic(
        "indivisible-size",
        f"{processes} processes cannot divide '{name}' evenly: its"
        f" {names[dimension]} is {size}",
        one.modules.span,
        note=f"divides {names[dimension]} by the size of 'tp'",
    )


def _parted(root: nn.Module, found: dict[str, Division]) -> Iterator[Diagnostic]:
    """Tensors of several layers that are not divided alike."""
    groups: dict[int, list[_Use]] = {}
    for name, module in root.named_modules():
        for last, tensor in module.named_parameters(recurse=False):
            groups.setdefault(id(tensor), []).append(_Use(name, last, module))
    told: set[Span] = set()
    for group in groups.values():
        dimensions = [one.dimension(found) for one in group]
        other = next((at for at, it in enumerate(dimensions) if it != dimensions[0]), 0)
        if not other:
            continue
        problem = _parted_problem(group[0], group[other], found)
        if problem.span is not None and problem.span not in told:
            told.add(problem.span)
            yield problem


@dataclass(frozen=True, slots=True, eq=False)
class _Use:
    """A tensor in a module, each by its name."""

    module: str
    tensor: str
    of: nn.Module

    @property
    def name(self) -> str:
        return f"{self.module}.{self.tensor}" if self.module else self.tensor

    def dimension(self, found: dict[str, Division]) -> tuple[int | None] | None:
        """What the plan divides of it: None where it says nothing of the module."""
        if self.module not in found:
            return None
        return (divided_dimension(found[self.module], self.of),)


def _parted_problem(
    first: _Use, second: _Use, found: dict[str, Division]
) -> Diagnostic:
    pair = (first, second)
    named = next(one.module for one in pair if one.module in found)
    left = next((one for one in pair if one.module not in found), None)
    if left is None:
        reason = "which the plan divides in two ways"
        help = "`rowwise_rep` of an Embedding and `colwise` of a Linear go together"
    else:
        reason = f"of which the plan divides '{named}' alone"
        is_layer = isinstance(left.of, nn.Linear | nn.Embedding)
        help = f"divide '{left.module}' too"
        if not is_layer:
            help = f"leave '{named}' whole: what a plan divides are layers"
    return Diagnostic(
        "cannot-divide",
        f"'{first.name}' and '{second.name}' are one tensor, {reason}",
        found[named].modules.span,
        help=(help,),
    )


def _unsent(
    parallel: Parallel, root: nn.Module, taken: dict[str, Span]
) -> Iterator[Diagnostic]:
    """What no process can send the others, wherever it is in the module."""
    for name, module in root.named_modules():
        before = f"{name}." if name else ""
        tensors: dict[str, torch.Tensor] = dict(module.named_parameters(recurse=False))
        lazy = next((last for last, one in tensors.items() if is_lazy(one)), None)
        if lazy is not None and parallel.fsdp is None and name not in taken:
            message = f"'{before}{lazy}' has no shape yet"
            help = "`auto` gives it one"
        elif (last := _holder(module)) is not None:
            message = f"the attribute '{before}{last}' holds parameters, which are"
            message += " others when they are divided"
            help = "read them in `forward` where they are registered"
        else:
            continue
        yield Diagnostic("cannot-divide", message, parallel.span, help=(help,))
        return


def _holder(module: nn.Module) -> str | None:
    """An attribute with parameters in it; an LSTM knows of its own."""
    if isinstance(module, nn.RNNBase):
        return None
    for name, value in vars(module).items():
        if name != "_parameters" and any(
            isinstance(one, nn.Parameter) for one in tensors_in(value)
        ):
            return name
    return None
