"""Makes a model and runs it until all its sizes are known.

Comes in: a Program with `auto`. Goes out: for values of the root's params, a `Trace`.
In most models one run is enough: a layer whose size is read from its input is made anew
on the spot. Where a number is needed before (something is computed of it, a block is
passed it, a class extends the layer), the model is made again with what is known by
then, until nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import nn

from modelspec.backends.torch.failure import fail
from modelspec.backends.torch.instantiate import instantiate
from modelspec.backends.torch.run_failure import describe_failure
from modelspec.backends.torch.shapes.observe import ObservedRun, observe
from modelspec.backends.torch.shapes.sizing.reading import Reading, Remade
from modelspec.backends.torch.shapes.sizing.tracing import Key, Tracer, TracingClasses
from modelspec.diagnostics.diagnostic import Diagnostic, SpecError
from modelspec.inference.instrument import instrument
from modelspec.inference.sites import Site, find_sites
from modelspec.inference.trace import Activation, Execution, Trace
from modelspec.policy import Limits
from modelspec.program import ir

_MOST_RUNS = 64
_PROVISIONAL = (1, 64, 960, 5040)
"""Numbers to begin with: what is computed of one may refuse it, but not all."""

Params = Callable[[TracingClasses], Mapping[str, object]]


class Sizing:
    """Finds the sizes of one program, for any values of its params."""

    def __init__(self, program: ir.Program, limits: Limits) -> None:
        self._program = program
        self._sites: dict[int, Site] = find_sites(program)
        self._tracer = Tracer()
        self.classes = TracingClasses(instrument(program), limits, self._tracer)

    def trace(self, params: Mapping[str, object], variant: str | None = None) -> Trace:
        """The sizes with these params.

        Raises:
            SpecError: a size cannot be found, or the model does not run.
        """
        tracer = self._tracer
        tracer.known = {}
        for _ in range(_MOST_RUNS):
            module = self._make(params)
            activations = tuple(tracer.activations)
            before = dict(tracer.known)
            run, reading = self._run(module, params, {})
            if run.observation is None and reading.problem is None:
                run, reading = self._run_on_numbers(module, params, run, reading)
            if reading.problem is not None:
                raise SpecError([reading.problem])
            tracer.known |= reading.found
            changed = any(before.get(k) != v for k, v in reading.found.items())
            if run.observation is None and not changed:
                self._stopped(run)
            elif run.observation is not None and not (changed and self._matters(reading)):
                return self._traced(variant, activations)
        fail(
            "auto-not-inferred",
            "the sizes of this model do not settle",
            self._program.root_block.span if self._program.root_block else None,
            help="write some of them as numbers",
        )

    def _matters(self, reading: Reading) -> bool:
        """Whether a new number may have changed more than the layers that read it."""
        return self._tracer.is_indirect or reading.is_indirect

    def _make(self, params: Mapping[str, object]) -> nn.Module:
        refusal: SpecError | None = None
        for number in _PROVISIONAL:
            self._tracer.restart()
            self._tracer.provisional = number
            try:
                return instantiate(self.classes, params, device="meta")
            except SpecError as error:
                refusal = refusal or error
                if not self._tracer.met or _is_all_known(self._tracer):
                    break
        assert refusal is not None
        raise refusal

    # --- runs ---------------------------------------------------------------------

    def _run(
        self,
        module: nn.Module,
        params: Mapping[str, object],
        sizes: Mapping[str, int],
    ) -> tuple[ObservedRun, Reading]:
        reading = Reading(self._tracer.known, self._sites, self._tracer.is_indirect)
        run = observe(self.classes, module, params, sizes, prepare=reading.prepare)
        return run, reading

    def _run_on_numbers(
        self,
        module: nn.Module,
        params: Mapping[str, object],
        run: ObservedRun,
        reading: Reading,
    ) -> tuple[ObservedRun, Reading]:
        """Again with a number for each symbol: some code is about numbers only.

        A size that depends on a symbol is another with other numbers.
        """
        if run.failure is None or isinstance(run.failure.error, Remade):
            return run, reading
        block = self.classes.block_of(type(module))
        names = {
            size
            for one in (block.inputs if block is not None else ())
            for size in one.shape or ()
            if isinstance(size, str)
        }
        if not names:
            return run, reading
        sizes = self._default_sizes(module, params)
        plain, first = self._run(module, params, sizes)
        if plain.observation is None and first.found == reading.found:
            return run, reading
        larger = {name: size + 32 for name, size in sizes.items()}
        other, second = self._run(module, params, larger)
        if other.observation is not None:
            for key, value in first.found.items():
                if second.found.get(key, value) != value:
                    first.problem = _symbolic(self._sites[key[0]], "the symbols")
                    break
        return plain, first

    def _default_sizes(
        self, module: nn.Module, params: Mapping[str, object]
    ) -> dict[str, int]:
        from modelspec.backends.torch.inputs import plan_inputs

        block = self.classes.block_of(type(module))
        assert block is not None
        scope = self.classes.bind_params(block.name, params)
        return plan_inputs(
            block, lambda node: self.classes.evaluate(node, block, scope), {}
        )[1]

    def _stopped(self, run: ObservedRun) -> None:
        """The run came to no end, and nothing new is known."""
        block = self._program.root_block
        unknown = [one for one in self._tracer.met if one not in self._tracer.known]
        span = self._sites[unknown[0][0]].span if unknown else None
        if run.failure is None:
            fail(
                "auto-not-inferred",
                f"{self._named(unknown)} is not known: {run.note}",
                span or (block.span if block is not None else None),
                help="write the size",
            )
        assert block is not None
        found = describe_failure(run.failure.error, "", block, self.classes)
        raise SpecError([found])

    def _named(self, unknown: list[Key]) -> str:
        return self._sites[unknown[0][0]].words if unknown else "a size"

    # --- the result -----------------------------------------------------------------

    def _traced(
        self, variant: str | None, activations: tuple[Activation, ...]
    ) -> Trace:
        tracer = self._tracer
        for key in tracer.met:
            if key not in tracer.known:
                site = self._sites[key[0]]
                fail(
                    "auto-not-inferred",
                    f"{site.words} is not known: nothing calls this {site.what}",
                    site.span,
                    help="write the size, or call it in `forward`",
                )
        executions = tuple(
            Execution(
                met.key[0], met.activation, met.key[2], met.names, tracer.known[met.key]
            )
            for met in tracer.met.values()
        )
        return Trace(variant, activations, executions)


def _is_all_known(tracer: Tracer) -> bool:
    return all(key in tracer.known for key in tracer.met)


def _symbolic(site: Site, text: str) -> Diagnostic:
    return Diagnostic(
        "auto-symbolic",
        f"{site.words} depends on {text}",
        site.span,
        help=("give the sizes that it depends on as numbers in `inputs`",),
    )
