"""Makes a model and runs it until all its sizes are known.

Comes in: a Program with `auto`. Goes out: for values of the root's params, a `Trace`.
In most models one run is enough: a layer whose size is read from its input is made anew
on the spot. Where a number is needed before (something is computed of it, a block is
passed it, a class extends the layer), the model is made again with what is known by
then, until nothing changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from torch import nn

from modelspec.backends.torch.failure import fail
from modelspec.backends.torch.instantiate import instantiate
from modelspec.backends.torch.run_failure import depends_on_values, describe_failure
from modelspec.backends.torch.shapes.sizing.reading import Reading
from modelspec.backends.torch.shapes.sizing.tracing import Key, Tracer, TracingClasses
from modelspec.backends.torch.shapes.sizing.trials import (
    Change,
    Run,
    Trials,
    a_bit_larger,
    as_it_is,
    larger,
    one_at_a_time,
    shorter,
)
from modelspec.backends.torch.tracebacks import running_span
from modelspec.diagnostics.diagnostic import Diagnostic, SpecError
from modelspec.inference.instrument import instrument
from modelspec.inference.sites import Site, find_sites
from modelspec.inference.trace import Activation, Execution, Trace
from modelspec.policy import Limits
from modelspec.program import ir

_MOST_RUNS = 64
_PROVISIONAL = (1, 64, 960, 5040)
"""Numbers to begin with: what is computed of one may refuse it, but not all."""


class Sizing:
    """Finds the sizes of one program, for any values of its params."""

    def __init__(self, program: ir.Program, limits: Limits) -> None:
        self._program = program
        self._sites: dict[int, Site] = find_sites(program)
        self._traces: dict[object, Trace] = {}
        self._tracer = Tracer()
        self.classes = TracingClasses(instrument(program), limits, self._tracer)

    def trace(
        self,
        params: Mapping[str, object],
        variant: str | None = None,
        sizes: Mapping[str, int] | None = None,
    ) -> Trace:
        """The sizes with these params; `sizes` are numbers for symbols of the inputs.

        Raises:
            SpecError: a size cannot be found, or the model does not run.
        """
        key = _frozen((variant, dict(sizes or {}), dict(params)))
        found = self._traces.get(key)
        if found is None:
            found = self._find(params, variant, dict(sizes or {}))
            if key is not None:
                self._traces[key] = found
        return found

    def _find(
        self,
        params: Mapping[str, object],
        variant: str | None,
        sizes: Mapping[str, int],
    ) -> Trace:
        tracer = self._tracer
        tracer.known = {}
        for _ in range(_MOST_RUNS):
            module = self._make(params)
            activations = tuple(tracer.activations)
            run = self._run(module, params, sizes)
            if run.reading.problem is not None:
                raise SpecError([run.reading.problem])
            found = run.reading.found
            changed = any(tracer.known.get(k) != v for k, v in found.items())
            tracer.known |= found
            if not run.is_complete and not changed:
                raise SpecError([self._stopped(run, params, sizes)])
            if run.is_complete and not (changed and tracer.is_indirect):
                return self._traced(variant, activations)
        fail(
            "auto-not-inferred",
            "the sizes of this model do not settle",
            self._program.root_block.span if self._program.root_block else None,
            help="write some of them as numbers",
        )

    def _make(
        self, params: Mapping[str, object], numbers: tuple[int, ...] = _PROVISIONAL
    ) -> nn.Module:
        refusal: SpecError | None = None
        for number in numbers:
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
    ) -> Run:
        """A run, with numbers for the symbols of the inputs, and one with others.

        What differs between them follows from a symbol: then a run on symbols says how.
        So it does where there are no two runs to compare.
        """
        trials = Trials(self.classes, module, params, self._reading, sizes)
        first, change = _first_run(trials)
        if first.is_refused and trials.has_symbols:
            named = trials.on_symbols()  # its shapes say N, not 2
            return named if named.is_refused else first
        if not trials.has_symbols:
            return trials.on_symbols() if first.is_beyond else first
        second = _second_run(trials, change) if first.is_complete else first
        differs = _difference(first, second)
        if second.is_complete and differs is None:
            return first
        exact = trials.on_symbols()
        if differs is not None and not exact.is_refused:
            first.reading.problem = _depends(self._sites[differs[0]])
            return first
        if first.is_complete and not exact.is_refused:
            return first
        is_known = exact.is_complete or exact.is_refused
        return exact if is_known or first.is_beyond else first

    def _reading(self) -> Reading:
        classes = self.classes
        return Reading(
            self._tracer.known,
            self._sites,
            self._tracer.is_indirect,
            partial(running_span, classes.sources, classes.unwritten),
        )

    def _stopped(
        self, run: Run, params: Mapping[str, object], sizes: Mapping[str, int]
    ) -> Diagnostic:
        """The run came to no end, and nothing new is known."""
        block = self._program.root_block
        assert block is not None
        unknown = [o for o in self._tracer.met if o not in self._tracer.known]
        told = run.diagnostic
        if run.error is not None and not depends_on_values(run.error):
            told = describe_failure(run.error, run.inputs, block, self.classes)
        if told is not None and (
            not unknown or self._is_told_again(told, params, sizes)
        ):
            return run.diagnostic or self._in_symbols(params, sizes) or told
        site = self._sites[unknown[0][0]] if unknown else None
        why = "the run stopped where it depends on the values of a tensor"
        if told is not None:
            why = "the run fails before it is called"
        return Diagnostic(
            "auto-not-inferred",
            f"{'a size' if site is None else site.words} is not known: {why}",
            block.span if site is None else site.span,
            help=("write the size",),
        )

    def _in_symbols(
        self, params: Mapping[str, object], sizes: Mapping[str, int]
    ) -> Diagnostic | None:
        """A failure of the run with what is known, in the sizes that inputs name."""
        module = self._make(params)
        trials = Trials(self.classes, module, params, self._reading, sizes)
        return trials.on_symbols().diagnostic

    def _is_told_again(
        self,
        told: Diagnostic,
        params: Mapping[str, object],
        sizes: Mapping[str, int],
    ) -> bool:
        """Whether the run fails in the same words with other provisional sizes."""
        module = self._make(params, tuple(reversed(_PROVISIONAL)))
        again = self._run(module, params, sizes)
        if again.diagnostic is not None or again.error is None:
            return again.diagnostic == told
        block = self._program.root_block
        assert block is not None
        other = describe_failure(again.error, again.inputs, block, self.classes)
        return (other.message, other.span) == (told.message, told.span)

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
                    f"{site.words} is not known: no layer that is called has it as the"
                    " size of an input",
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


def _frozen(value: object) -> object:
    """A value as a key; None where it holds what is none. Types count: `1 == True`."""
    if isinstance(value, dict):
        value = tuple(value.items())
    if isinstance(value, (list, tuple)):
        items = tuple(map(_frozen, value))
        return None if None in items else (type(value), items)
    try:
        hash(value)
    except TypeError:
        return None
    return (type(value), value)


def _first_run(trials: Trials) -> tuple[Run, Change]:
    """The first that comes to its end, of some with different sizes."""
    first = trials.on_numbers(as_it_is)
    if first.is_complete or first.is_refused or not trials.has_symbols:
        return first, as_it_is
    for change in (one_at_a_time, shorter):
        run = trials.on_numbers(change)
        if run.is_complete:
            return run, change
    return first, as_it_is


def _second_run(trials: Trials, change: Change) -> Run:
    """A run with larger sizes, of two the one that comes to its end."""
    run = trials.on_numbers(_both(change, larger))
    return run if run.is_complete else trials.on_numbers(_both(change, a_bit_larger))


def _difference(first: Run, second: Run) -> Key | None:
    """What the second run found another number for."""
    found = first.reading.found
    for key, value in second.reading.found.items():
        if found.get(key, value) != value:
            return key
    return None


def _depends(site: Site) -> Diagnostic:
    return Diagnostic(
        "auto-symbolic",
        f"{site.words} is another number for inputs of other sizes",
        site.span,
        help=("give the sizes that it depends on as numbers in `inputs`",),
    )


def _both(one: Change, other: Change) -> Change:
    return lambda size: other(one(size))


def _is_all_known(tracer: Tracer) -> bool:
    return all(key in tracer.known for key in tracer.met)
