"""A module divided among processes, as its spec says under `parallel`.

In: a module of a spec, a mesh of processes, maybe files of weights. Out: the same
module, divided; or `SpecError`, and an untouched module, with what is wrong. Every
process of the mesh calls it. A module on the device meta gets its memory here, the part
of its process alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from modelspec.api.builder import BuildRequest, build_module
from modelspec.api.origins import origin_of
from modelspec.api.weights import WeightsRequest
from modelspec.diagnostics.diagnostic import Diagnostic, SpecError
from modelspec.program.ir import Parallel
from modelspec.pysubset.clock import Clock

if TYPE_CHECKING:
    from torch import nn
    from torch.distributed.device_mesh import DeviceMesh

    from modelspec.api.spec import Spec
    from modelspec.backends.torch.weights.reading import Held


def distribute_built(
    module: nn.Module,
    mesh: DeviceMesh,
    weights: WeightsRequest | None = None,
    seed: int | None = None,
) -> None:
    """Divide what `build` or `load_model` returned."""
    origin = origin_of(module)
    if origin is None:
        raise SpecError([_unknown(module)])
    distribute_module_of(origin.spec, module, origin.request, mesh, weights, seed)


def distribute_module_of(
    spec: Spec,
    module: nn.Module,
    request: BuildRequest,
    mesh: DeviceMesh,
    weights: WeightsRequest | None = None,
    seed: int | None = None,
) -> None:
    """Divide a module that was made of a spec, as the request says."""
    parallel = _parallel(spec)
    from modelspec.backends.torch.distributed import (
        divide,
        fill,
        load_shards,
        make_alike,
        require_agreement,
        shared_names,
    )

    is_empty = any(one.is_meta for one in module.parameters())
    held: dict[str, Held] = {}
    problems = [*_problems(parallel, module, mesh)]
    if not problems and parallel.plan:
        problems = [*_lost_gradients(spec, parallel, request)]
    if not problems and weights is not None:
        try:
            held = _held(module, weights)
        except SpecError as error:
            problems = list(error.diagnostics)
    require_agreement(problems, mesh, is_empty=is_empty)
    if not is_empty:
        make_alike(module, mesh)
    ties = shared_names(module)
    divide(parallel, module, mesh)
    if is_empty:
        request = replace(
            request,
            seed=request.seed if seed is None else seed,
            device="cpu",
            weights=None,
            clock=Clock(),
        )

        def make() -> nn.Module:
            return build_module(spec.program, spec.policy.limits, request).module

        fill(module, make, mesh, ties, is_drawn=weights is None)
    if held:
        load_shards(module, held)


def _problems(
    parallel: Parallel, module: nn.Module, mesh: DeviceMesh
) -> Iterator[Diagnostic]:
    """Why this cannot be; what is wrong with the mesh hides the rest."""
    from modelspec.backends.torch.distributed import is_divided, mesh_problems
    from modelspec.backends.torch.divisions import division_problems

    if is_divided(module):
        message = f"this {type(module).__name__} is divided already"
        yield Diagnostic("cannot-divide", message, None)
        return
    found = list(mesh_problems(parallel, mesh))
    yield from found
    if not found:
        processes = mesh["tp"].size() if parallel.plan else None
        yield from division_problems(parallel, module, processes)


def _lost_gradients(
    spec: Spec, parallel: Parallel, request: BuildRequest
) -> list[Diagnostic]:
    """What a run without memory shows, where inputs have shapes."""
    from modelspec.backends.torch import plan_run
    from modelspec.backends.torch.parts import part_problems

    request = replace(
        request, device="meta", seed=None, weights=None, trial=True, clock=Clock()
    )
    try:
        made = build_module(spec.program, spec.policy.limits, request)
        run = plan_run(
            made.classes, made.module, made.params, request.sizes, made.dtype
        )
    except SpecError:
        return []  # a module with values may be divided without its params
    module, tensors = made.module.eval(), run.tensors("meta")
    if not run.inputs:
        return []
    return [*part_problems(parallel, module, lambda: run.call(module, tensors))]


def _held(module: nn.Module, weights: WeightsRequest) -> dict[str, Held]:
    from modelspec.backends.torch.weights.loading import match_weights

    return match_weights(module, weights.paths, weights.rules, weights.key)[0]


def _parallel(spec: Spec) -> Parallel:
    parallel = spec.program.parallel
    if parallel is None:
        message = f"the spec of {spec.name} does not say how to divide it"
        help = "a section `parallel` does, with a `plan`, `fsdp`, or both"
        raise SpecError([Diagnostic("wrong-parallel", message, None, help=(help,))])
    return parallel


def _unknown(module: nn.Module) -> Diagnostic:
    return Diagnostic(
        "unknown-model",
        f"it is not known of which spec this {type(module).__name__} was built",
        None,
        help=(
            "`distribute` takes what `build` or `load_model` returned, no copy of it;"
            " `load(spec).distribute(module, mesh)` takes any module of the spec",
        ),
    )
