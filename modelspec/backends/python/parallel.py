"""`parallel` as code: a function that divides the model of a module among processes.

Comes in: a Program. Goes out: `parallelize(model, mesh)`, which does what `distribute`
does to the structure of a model, and the helpers that it calls. What it needs of
`torch.distributed` is imported inside: who never divides a model does not need it.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator, Mapping
from textwrap import fill

from modelspec.backends.python.classes import FunctionCode, function_code
from modelspec.backends.python.docs import WIDTH
from modelspec.backends.python.imports import STANDARD
from modelspec.backends.python.names import MODULE_NAMES, fresh, snake_case
from modelspec.program import ir
from modelspec.program.walk import walk_statements
from modelspec.trees import module_tree

_MATCHING = '''\
def _matching(model: nn.Module, *patterns: str) -> list[nn.Module]:
    """Modules whose name fits a pattern, but for those inside another that fits it.

    A module comes before those in it.
    """
    names: set[str] = set()
    for pattern in patterns:
        outer = "."
        for name, _ in model.named_modules():
            if fnmatchcase(name, pattern) and name and not name.startswith(outer):
                names.add(name)
                outer = f"{name}."
    return [module for name, module in model.named_modules() if name in names]
'''
_SHARED = '''\
def _shared_names(model: nn.Module) -> list[list[str]]:
    """The names of each parameter that has several."""
    groups: dict[nn.Parameter, list[str]] = {}
    for name, parameter in model.named_parameters(remove_duplicate=False):
        groups.setdefault(parameter, []).append(name)
    return [names for names in groups.values() if len(names) > 1]
'''
_SHARE = '''\
def _share(model: nn.Module, groups: list[list[str]]) -> None:
    """Make one parameter of those of each group, the first."""
    for first, *others in groups:
        parameter = model.get_parameter(first)
        for name in others:
            owner, _, last = name.rpartition(".")
            setattr(model.get_submodule(owner), last, parameter)
'''
_SOURCES: Mapping[str, str] = {
    "fully_shard": "torch.distributed.fsdp",
    "MixedPrecisionPolicy": "torch.distributed.fsdp",
    "Replicate": "torch.distributed.tensor",
    "Shard": "torch.distributed.tensor",
    "ColwiseParallel": "torch.distributed.tensor.parallel",
    "ParallelStyle": "torch.distributed.tensor.parallel",
    "PrepareModuleInput": "torch.distributed.tensor.parallel",
    "PrepareModuleInputOutput": "torch.distributed.tensor.parallel",
    "PrepareModuleOutput": "torch.distributed.tensor.parallel",
    "RowwiseParallel": "torch.distributed.tensor.parallel",
    "SequenceParallel": "torch.distributed.tensor.parallel",
    "parallelize_module": "torch.distributed.tensor.parallel",
    "checkpoint": "torch.utils.checkpoint",
}
"""Where each name is from that `parallelize` may use."""


def parallel_functions(
    program: ir.Program, parallel: ir.Parallel, taken: Iterable[str]
) -> list[FunctionCode]:
    """Helpers, then `parallelize`, under names that none of `taken` is."""
    writer = _Writer(program, parallel, taken)
    return [*writer.helpers(), writer.function()]


class _Writer:
    def __init__(
        self, program: ir.Program, parallel: ir.Parallel, taken: Iterable[str]
    ) -> None:
        self.program, self.parallel = program, parallel
        used = {*taken, *MODULE_NAMES, *STANDARD, *dir(builtins), *_SOURCES}
        self.names: dict[str, str] = {}
        for wanted in ("parallelize", "_matching", "_shared_names", "_share"):
            longer = f"{wanted}_{snake_case(program.root or 'model')}"
            self.names[wanted] = fresh([wanted, longer], used)
            used.add(self.names[wanted])

    @property
    def has_ties(self) -> bool:
        """Whether torch, which divides each layer for itself, would part any."""
        return bool(self.parallel.plan) and any(map(_may_share, self.program.blocks))

    @property
    def thaws(self) -> bool:
        """Whether torch makes anew what requires no gradients as what does."""
        styles = (one.style.func for one in self.parallel.plan)
        return any(
            isinstance(one, ast.Name) and one.id == "SequenceParallel" for one in styles
        )

    def helpers(self) -> Iterator[FunctionCode]:
        yield self._code(_MATCHING, "_matching")
        if self.has_ties:
            yield self._code(_SHARED, "_shared_names")
            yield self._code(_SHARE, "_share")

    def _code(self, text: str, name: str) -> FunctionCode:
        (made,) = module_tree(text).body
        assert isinstance(made, ast.FunctionDef)
        made.name = self.names[name]
        return function_code(
            made.name, made.args, made.body, made.returns, None, (), None
        )

    def function(self) -> FunctionCode:
        body = [*self._plan(), *self._checkpointing(), *self._fsdp()]
        text = "\n".join(["def parallelize(model, mesh):", *self._imports(body), *body])
        root, kind = self.program.root, "torch.distributed.device_mesh.DeviceMesh"
        signature = f'(model: {root}, mesh: "{kind}") -> {root}'
        text = text.replace("(model, mesh)", signature, 1)
        text += "\n    return model\n"
        made = self._code(text, "parallelize")
        return function_code(
            made.definition.name,
            made.definition.args,
            made.definition.body,
            made.definition.returns,
            self._doc(),
            (),
            None,
        )

    def _doc(self) -> str:
        lines = [
            "Divide a model among the processes of a mesh, in place.\n",
            "Every process calls it on a model with the same values, or on one on the",
            "device meta, which gets memory and values afterwards.",
        ]
        if self.parallel.plan:
            lines.append('The dimension "tp" of the mesh divides layers.')
        if self.parallel.fsdp is not None:
            lines.append('Over "dp", where each process has a part of the batch,')
            lines.append("parameters are sharded.")
        return "\n".join([lines[0], fill(" ".join(lines[1:]), WIDTH - 4)])

    def _imports(self, body: list[str]) -> Iterator[str]:
        tree = module_tree("\n".join(["if True:", *body]))
        used = {one.id for one in ast.walk(tree) if isinstance(one, ast.Name)}
        for source in sorted(set(_SOURCES.values())):
            names = sorted(
                (one for one, of in _SOURCES.items() if of == source and one in used),
                key=lambda one: (one[:1].islower(), one),
            )
            if names:
                yield f"    from {source} import {', '.join(names)}"
        yield ""

    def _plan(self) -> Iterator[str]:
        if not self.parallel.plan:
            return
        if self.has_ties:
            yield f"    ties = {self.names['_shared_names']}(model)"
        if self.thaws:
            yield "    frozen = ["
            yield "        name"
            yield "        for name, parameter in model.named_parameters()"
            yield "        if not parameter.requires_grad"
            yield "    ]"
        yield "    plan: list[tuple[str, ParallelStyle]] = ["
        for one in self.parallel.plan:
            pattern = _text(ast.Constant(one.modules.pattern))
            yield f"        ({pattern}, {_text(one.style)}),"
        yield "    ]"
        yield "    for pattern, style in plan:"
        yield f"        for module in {self.names['_matching']}(model, pattern):"
        yield '            parallelize_module(module, mesh["tp"], style)'
        if self.has_ties:
            yield f"    {self.names['_share']}(model, ties)"
        if self.thaws:
            yield "    for name in frozen:"
            yield "        model.get_parameter(name).requires_grad_(False)"

    def _checkpointing(self) -> Iterator[str]:
        globs = self.parallel.checkpointing
        if globs:
            yield f"    for module in {self._found(globs)}:"
            call = "partial(checkpoint, module.forward, use_reentrant=False)"
            yield f"        module.forward = {call}"

    def _fsdp(self) -> Iterator[str]:
        globs, policy = self.parallel.fsdp, ""
        if globs is None:
            return
        yield '    shards = mesh["dp"]'
        if self.parallel.mixed_precision is not None:
            yield f"    policy = {_text(self.parallel.mixed_precision)}"
            policy = ", mp_policy=policy"
        if globs:
            yield f"    for module in reversed({self._found(globs)}):"
            yield f"        fully_shard(module, mesh=shards{policy})"
        yield f"    fully_shard(model, mesh=shards{policy})"

    def _found(self, globs: Iterable[ir.Glob]) -> str:
        patterns = (_text(ast.Constant(one.pattern)) for one in globs)
        return f"{self.names['_matching']}(model, {', '.join(patterns)})"


def _text(node: ast.expr) -> str:
    return ast.unparse(node)


def _is_new(value: ast.expr) -> bool:
    """Whether a function of torch computes it: it is no parameter that is there."""
    called = value.func if isinstance(value, ast.Call) else None
    return isinstance(called, ast.Attribute) and ast.unparse(called).startswith(
        "torch."
    )


def _may_share(block: ir.Block) -> bool:
    """Whether parameters of a block may have several names: tied ones, and those that
    are given as values."""
    for one in walk_statements(block.construct):
        if isinstance(one, ir.Tie):
            return True
        if isinstance(one, ir.OwnParameter) and not _is_new(one.value):
            return True
    return False
