"""A spec that was read and found right, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from modelspec.api.builder import BuildRequest, Built, build_module, find_class
from modelspec.api.views import ParamView, param_views, variant_views
from modelspec.api.weights import Files, PathLike, Renames, request_weights
from modelspec.diagnostics.diagnostic import Diagnostic, SpecError
from modelspec.driver import Compilation
from modelspec.policy import Policy
from modelspec.program.given import find_variant
from modelspec.program.ir import Program
from modelspec.records import dataclass

if TYPE_CHECKING:
    import torch
    from torch import nn
    from torch.distributed.device_mesh import DeviceMesh

    from modelspec.report.graph.drawing import Drawing
    from modelspec.report.summary import Summary


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Spec:
    """A spec without errors; `diagnostics` are its warnings.

    `name` is None for a library of blocks. `variant` is the one that the path named.
    """

    name: str | None
    doc: str | None
    params: Mapping[str, ParamView]
    variants: Mapping[str, Mapping[str, str]]
    blocks: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]
    variant: str | None
    program: Program
    policy: Policy

    def build(
        self,
        variant: str | None = None,
        *,
        device: str | torch.device | None = None,
        dtype: str | torch.dtype | None = None,
        seed: int | None = None,
        weights: Files | None = None,
        rename: Renames | None = None,
        weights_key: str | None = None,
        params: Mapping[str, object] | None = None,
        **more: object,
    ) -> nn.Module:
        """A new module, in train mode; see `modelspec.build`."""
        request = BuildRequest(
            variant=variant if variant is not None else self.variant,
            params=merged(params, more),
            device=device,
            dtype=dtype,
            seed=seed,
            weights=request_weights(weights, rename, weights_key),
        )
        return self.make(request).module

    def make(self, request: BuildRequest) -> Built:
        """A new module and all that is known of it."""
        warnings: tuple[Diagnostic, ...] = ()
        if self.program.budget:
            from modelspec.api.budget import require_budget

            warnings = require_budget(self, request)
        from modelspec.api.origins import note_origin

        built = build_module(self.program, self.policy.limits, request)
        note_origin(built.module, self, request)
        return replace(built, warnings=(*built.warnings, *warnings))

    def save(
        self,
        module: nn.Module,
        folder: PathLike,
        variant: str | None = None,
        *,
        force: bool = False,
        params: Mapping[str, object] | None = None,
        **more: object,
    ) -> None:
        """Save a module of this spec, made with these params; see `save_model`."""
        from pathlib import Path

        from modelspec.api.saving import save_model_of

        request = BuildRequest(
            variant=variant if variant is not None else self.variant,
            params=merged(params, more),
        )
        save_model_of(self, module, request, Path(folder), force=force)

    def distribute(
        self,
        module: nn.Module,
        mesh: DeviceMesh,
        variant: str | None = None,
        *,
        weights: Files | None = None,
        rename: Renames | None = None,
        weights_key: str | None = None,
        seed: int | None = None,
        params: Mapping[str, object] | None = None,
        **more: object,
    ) -> nn.Module:
        """Divide a module of this spec, made with these params; see `distribute`."""
        from modelspec.api.distributing import distribute_module_of

        request = BuildRequest(
            variant=variant if variant is not None else self.variant,
            params=merged(params, more),
        )
        files = request_weights(weights, rename, weights_key)
        distribute_module_of(self, module, request, mesh, files, seed)
        return module

    def summary(
        self,
        variant: str | None = None,
        *,
        input: Mapping[str, tuple[int, ...]] | None = None,
        dtype: str | torch.dtype | None = None,
        optimizer: str | None = None,
        params: Mapping[str, object] | None = None,
        **more: object,
    ) -> Summary:
        """Sizes, parameters, multiply-adds and memory, in a table; nothing is built.

        `input` gives shapes, `{"x": (1, 3, 224, 224)}`; what it leaves open stays
        symbolic. `optimizer` adds the memory of training with it (`"adamw"`). Params
        are given by name, as to `build`.

        Raises:
            SpecError: the spec is wrong, or what it is given.
            ValueError: no such optimizer is known.
        """
        from modelspec.api.summary import summarise

        request = BuildRequest(
            variant=variant if variant is not None else self.variant,
            params=merged(params, more),
            dtype=dtype,
        )
        return summarise(self, request, input, optimizer=optimizer)

    def graph(
        self,
        variant: str | None = None,
        *,
        input: Mapping[str, tuple[int, ...]] | None = None,
        depth: int | None = None,
        params: Mapping[str, object] | None = None,
        **more: object,
    ) -> Drawing:
        """What flows through the network, to be drawn; nothing is built.

        `input` gives shapes, `{"x": (1, 3, 224, 224)}`; what it leaves open stays
        symbolic. `depth` levels of blocks are open, None opens each kind of block
        once. Params are given by name, as to `build`. A notebook shows the picture;
        `save("net.svg")` and its like write it.

        Raises:
            SpecError: the spec is wrong, or what it is given.
        """
        from modelspec.api.drawing import draw_spec

        request = BuildRequest(
            variant=variant if variant is not None else self.variant,
            params=merged(params, more),
        )
        return draw_spec(self, request, input, depth)

    def module_class(self) -> type[nn.Module]:
        """The class itself, to be called with params as arguments."""
        return find_class(self.program, self.policy.limits)

    def source(self, style: str = "parametric") -> str:
        """The source of a Python module with the same classes."""
        from modelspec.api.generation import Generation

        return Generation([self], style).text()

    def ir(self) -> str:
        """The Program as stable text, for those who work on the compiler."""
        from modelspec.program.dump import dump_program
        from modelspec.program.verify import verify_program

        verify_program(self.program)
        return dump_program(self.program)

    def __repr__(self) -> str:
        from modelspec.report.spec import render_line

        return render_line(self.name, self.params, self.variants, self.blocks)

    def _repr_markdown_(self) -> str:
        from modelspec.report.spec import render_markdown

        return render_markdown(
            self.name, self.doc, self.params, self.variants, self.blocks
        )


def merged(
    params: Mapping[str, object] | None, more: Mapping[str, object]
) -> dict[str, object]:
    """Params given in a mapping and by keyword, together."""
    given = dict(params or {})
    for name in more:
        if name in given:
            raise TypeError(f"the param '{name}' is given twice")
    return {**given, **more}


def make_spec(found: Compilation, policy: Policy, variant: str | None) -> Spec:
    """A compiled spec, with the variant that its name chose."""
    program = found.require()
    diagnostics = check_compiled(found, variant)
    if any(one.is_error for one in diagnostics):
        raise SpecError(diagnostics)
    root = program.root_block
    return Spec(
        name=program.root,
        doc=root.doc if root is not None else None,
        params=param_views(root),
        variants=variant_views(program),
        blocks=tuple(b.name for b in program.blocks if not b.source.is_standard),
        diagnostics=found.diagnostics,
        variant=variant,
        program=program,
        policy=policy,
    )


def checked(
    found: Compilation, policy: Policy, variant: str | None, *, shapes: bool
) -> list[Diagnostic]:
    """What is wrong with a compiled spec; its shapes too, if that is asked for."""
    diagnostics = check_compiled(found, variant)
    if shapes and not any(one.is_error for one in diagnostics):
        from modelspec.api.observing import check_shapes

        diagnostics += check_shapes(make_spec(found, policy, variant))
    return diagnostics


def check_compiled(found: Compilation, variant: str | None) -> list[Diagnostic]:
    """What was found, and whether there is a variant of that name."""
    diagnostics = list(found.diagnostics)
    if variant is not None and found.program is not None:
        chosen = find_variant(found.program, variant)
        diagnostics += [chosen] if isinstance(chosen, Diagnostic) else []
    return diagnostics
