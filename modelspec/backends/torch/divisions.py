"""Whether a module can be divided as its spec says, found before anything is.

In: `parallel` and a module with all its layers, on whatever device. Out: located
diagnostics, at most one for each line of the spec. How many processes there are is not
known when a module is built: what it takes to know that is told by `distribute`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torch import nn
from torch.nn.parameter import is_lazy

from modelspec.backends.torch.globs import find_modules
from modelspec.diagnostics.diagnostic import Diagnostic, Label
from modelspec.diagnostics.span import Span
from modelspec.program.ir import Division, Glob, Parallel

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
    if parallel.fsdp is not None and (problem := _unsharded(parallel, root)):
        yield problem
    for glob in (*(parallel.fsdp or ()), *parallel.checkpointing):
        modules = find_modules(root, [glob.pattern])
        if problem := _nothing(glob, modules, root) or _uncallable(glob, modules):
            yield problem


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
    wants_indices = style == "RowwiseParallel" and isinstance(module, nn.Embedding)
    if wants_indices and not _is_whole(_argument(one, "input_layouts")):
        message = f"'{name}' is an Embedding: every process has all its indices"
        help = "write `rowwise_rep`: its input is not divided"
        return Diagnostic("cannot-divide", message, span, help=(help,))
    return None


def _argument(one: Division, name: str) -> ast.expr | None:
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
    groups: dict[int, list[tuple[str, nn.Module]]] = {}
    for name, module in root.named_modules():
        for tensor in module.parameters(recurse=False):
            groups.setdefault(id(tensor), []).append((name, module))
    told: set[int] = set()
    for group in groups.values():
        dimensions = [
            (divided_dimension(found[name], module),) if name in found else None
            for name, module in group
        ]
        if len(set(dimensions)) < 2:
            continue
        first, other = group[0], group[_other(dimensions)]
        named = next(one for one, _ in (first, other) if one in found)
        if id(found[named]) not in told:
            told.add(id(found[named]))
            yield _parted_problem(first[0], other[0], found, named)


def _other(dimensions: list[tuple[int | None] | None]) -> int:
    return next(at for at, one in enumerate(dimensions) if one != dimensions[0])


def _parted_problem(
    first: str, second: str, found: dict[str, Division], named: str
) -> Diagnostic:
    left = next((one for one in (first, second) if one not in found), None)
    if left is None:
        reason = "which the plan divides in two ways"
        help = "`rowwise_rep` of an Embedding and `colwise` of a Linear go together"
    else:
        reason = f"of which the plan divides '{named}' alone"
        help = f"divide '{left}' too"
    return Diagnostic(
        "cannot-divide",
        f"'{first}' and '{second}' have one weight, {reason}",
        found[named].modules.span,
        help=(help,),
    )


def _unsharded(parallel: Parallel, root: nn.Module) -> Diagnostic | None:
    """A parameter that FSDP cannot shard: it takes parts of the first dimension."""
    for name, tensor in root.named_parameters():
        is_shaped = not is_lazy(tensor)
        if is_shaped and tensor.ndim > 0:
            continue
        reason = "has no dimension" if is_shaped else "has no shape yet"
        help = "`torch.ones(1)` has one" if is_shaped else "`auto` gives it one"
        message = f"'fsdp' cannot shard '{name}', which {reason}"
        return Diagnostic("cannot-divide", message, parallel.span, help=(help,))
    return None


def _uncallable(glob: Glob, modules: dict[str, nn.Module]) -> Diagnostic | None:
    for name, module in modules.items():
        if type(module).forward in (nn.ModuleList.forward, nn.ModuleDict.forward):
            kind = type(module).__name__
            return Diagnostic(
                "cannot-divide",
                f"'{name}' is a {kind}, which is never called",
                glob.span,
                help=(f"write `{name}.*`, the modules in it",),
            )
    return None
