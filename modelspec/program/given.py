"""What a caller gives to a Program, held against what it takes: variants and params.

In: a Program and names. Out: diagnostics about what the caller wrote; the spec is not
at fault. Values are held against their types by who has them, the torch back end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from modelspec.diagnostics.diagnostic import Diagnostic, Label
from modelspec.diagnostics.suggest import did_you_mean, suggest
from modelspec.program.ir import Block, Program, Variant


def find_variant(program: Program, name: str) -> Variant | Diagnostic:
    """The variant of a name."""
    names = [variant.name for variant in program.variants]
    for variant in program.variants:
        if variant.name == name:
            return variant
    help = f"variants: {', '.join(names)}" if names else "the spec has no variants"
    message = f"{_spec(program)} has no variant '{name}'"
    return Diagnostic("unknown-variant", message, None, help=_advice(name, names, help))


def find_root(program: Program) -> Block | Diagnostic:
    """The block that is built."""
    if program.root_block is not None:
        return program.root_block
    own = (block for block in program.blocks if not block.source.is_standard)
    names = ", ".join(block.name for block in own)
    return Diagnostic(
        "no-root",
        f"{program.sources[0].name} is a library of blocks: there is nothing to build",
        None,
        help=(f"import its blocks into a spec with a name and a body: {names}",),
        path=program.sources[0].name,
    )


def check_names(block: Block, given: Iterable[str]) -> Iterator[Diagnostic]:
    """Names that are no params of the block."""
    known = [param.name for param in block.params]
    listed = f"params: {', '.join(known)}" if known else f"{block.name} has no params"
    for name in given:
        if name not in known:
            message = f"{block.name} has no param '{name}'"
            advice = _advice(name, known, listed)
            yield Diagnostic("unknown-param", message, None, help=advice)


def check_complete(
    block: Block, given: Collection[str], variants: Iterable[str] = ()
) -> Iterator[Diagnostic]:
    """Required params that nothing gives a value."""
    missing = [p for p in block.params if p.default is None and p.name not in given]
    if not missing:
        return
    names = " and ".join(f"'{param.name}'" for param in missing)
    help = [f"give a value: {missing[0].name}=<{missing[0].type}>"]
    if listed := ", ".join(variants):
        help.append(f"or choose a variant: {listed}")
    yield Diagnostic(
        "missing-param",
        f"{block.name} needs a value for {names}",
        missing[0].span,
        help=tuple(help),
        labels=tuple(Label(param.span, "this too") for param in missing[1:]),
    )


def _advice(name: str, names: Iterable[str], listed: str) -> tuple[str, ...]:
    nearest = suggest(name, names)
    return (did_you_mean(nearest), listed) if nearest else (listed,)


def _spec(program: Program) -> str:
    return program.sources[0].name
