"""A module divided among processes, as its spec says under `parallel`.

In: a module of a spec, a mesh of processes, maybe files of weights. Out: the same
module, divided; or `SpecError`, and an untouched module, with what is wrong. Every
process of the mesh calls it. A module on the device meta gets its memory here, the part
of its process alone.
"""

from __future__ import annotations

from collections.abc import Iterable
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
        is_divided,
        load_shards,
        make_alike,
        mesh_problems,
        shared_names,
    )
    from modelspec.backends.torch.divisions import division_problems

    if is_divided(module):
        message = f"this {type(module).__name__} is divided already"
        raise SpecError([Diagnostic("cannot-divide", message, None)])
    _require(mesh_problems(parallel, mesh))
    processes = mesh["tp"].size() if parallel.plan else None
    _require(division_problems(parallel, module, processes))
    is_empty = any(one.is_meta for one in module.parameters())
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
    if weights is not None:
        load_shards(module, *weights.paths, rules=weights.rules, key=weights.key)


def _parallel(spec: Spec) -> Parallel:
    parallel = spec.program.parallel
    if parallel is None:
        message = f"the spec of {spec.name} does not say how to divide it"
        help = "a section `parallel` does, with a `plan`, `fsdp`, or both"
        raise SpecError([Diagnostic("wrong-parallel", message, None, help=(help,))])
    return parallel


def _require(problems: Iterable[Diagnostic]) -> None:
    found = list(problems)
    if found:
        raise SpecError(found)


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
