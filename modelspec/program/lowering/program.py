"""Loaded files to one Program.

In: the files of a spec, the root first. Out: a Program with the blocks that the root
uses, in the order in which they can be defined, and diagnostics in the report. All
blocks are lowered, so that a mistake in one that nothing uses is found too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from modelspec.diagnostics.diagnostic import Report
from modelspec.policy import Limits
from modelspec.program.ir import (
    Block,
    Budget,
    Function,
    Parallel,
    Program,
    Variant,
)
from modelspec.program.lowering.bases import check_bases
from modelspec.program.lowering.blocks import BlockSource, lower_block
from modelspec.program.lowering.context import Context
from modelspec.program.lowering.files import (
    Definition,
    FileNames,
    resolve_files,
)
from modelspec.program.lowering.keep import keep_read_values
from modelspec.program.lowering.methods import lower_function
from modelspec.program.lowering.param_values import lower_variants
from modelspec.program.lowering.params import lower_params
from modelspec.program.lowering.scope import Scope
from modelspec.program.lowering.standard import StandardBlocks
from modelspec.program.told import may_be_meant, told_words
from modelspec.program.walk import function_nodes, names_read, reads_of
from modelspec.spec.loader import LoadedFile
from modelspec.trees import all_nodes


def lower_program(
    files: tuple[LoadedFile, ...], limits: Limits, report: Report
) -> Program:
    """The meaning of a spec; complete only if the report holds no error."""
    taken: set[str] = set()
    names, externals = resolve_files(files, taken, report)
    standard = StandardBlocks(
        taken, lambda one: _lower_signatures(one, Limits(), report)
    )
    for one in names:
        one.scope.standard = standard.entry
    for one in names:
        _lower_signatures(one, limits, report)
    functions = [f for one in names for f in _functions(one, limits, report)]
    blocks = [b for one in names for b in _blocks(one, limits, report)]
    variants = _variants(names[0], limits, report)
    budget = _budget(names[0], report)
    parallel = _parallel(names[0], limits, report)
    # The list grows while it is gone through: standard blocks may use others.
    for at, one in enumerate(standard.files):
        functions[at:at] = _functions(one, Limits(), report)
        blocks[at:at] = _blocks(one, Limits(), report)
    check_bases(blocks, report)
    root = names[0].root
    start = [root.entry.class_name] if root else _class_names(names[0])
    start += [
        name for variant in variants for _, v in variant.values for name in _read(v)
    ]
    reads = {block.name: reads_of(block) for block in blocks}
    used = _reachable(start, blocks, lambda block: reads[block.name].names)
    called = _used_functions(functions, [reads[one.name].names for one in used])
    named = {*start}.union(*(reads[one.name].names for one in used))
    named |= {name for one in called for name in names_read(function_nodes(one))}
    taken_in = [one for one in externals if one.name in named]
    classes = {one.name for one in used} | {one.name for one in taken_in}
    layers = {one.name for one in externals}
    _warn_unused(names[0], classes, blocks, layers, report)
    if report.failed:
        # What was reported may have used any: none is left out of the checks.
        start += [block.name for block in blocks]
        used = _reachable(start, blocks, lambda block: reads[block.name].names)
        called = _used_functions(functions, [reads[one.name].names for one in used])
        taken_in = list(externals)
    taking_part = {one.name for one in used} | {one.name for one in called}
    return Program(
        root=root.entry.class_name if root else None,
        blocks=keep_read_values(_root_last(used, root), reads),
        functions=called,
        variants=variants,
        sources=tuple(file.source for file in files),
        budget=budget,
        parallel=parallel,
        externals=tuple(taken_in),
        unused_blocks=tuple(one for one in blocks if one.name not in taking_part),
        unused_functions=tuple(one for one in functions if one.name not in taking_part),
    )


def _context(one: FileNames, limits: Limits, report: Report) -> Context:
    return Context(Scope(one.scope), one.file.source, report, limits)


def _lower_signatures(one: FileNames, limits: Limits, report: Report) -> None:
    """Params of all blocks of a file, before any body is read."""
    for definition in one.definitions.values():
        context = _context(one, limits, report)
        context.scope.unread = definition.unread
        definition.entry.is_open = bool(definition.unread)
        definition.entry.params = lower_params(definition.spec.params, context)


def _functions(one: FileNames, limits: Limits, report: Report) -> Iterable[Function]:
    for name, entry in one.functions.items():
        context = _context(one, limits, report)
        yield lower_function(entry, one.scope.functions[name], context)


def _blocks(one: FileNames, limits: Limits, report: Report) -> Iterable[Block]:
    # A root that another file imports comes after the blocks that its params may be.
    for definition in sorted(one.definitions.values(), key=lambda it: it.is_root):
        source = BlockSource(
            definition.spec,
            definition.node,
            definition.entry,
            definition.span,
            definition.unread,
        )
        yield lower_block(source, _context(one, limits, report))


def _variants(one: FileNames, limits: Limits, report: Report) -> tuple[Variant, ...]:
    node = one.file.spec.variants
    if node is not None and one.root is None:
        report.error("missing-body", "variants need a root block", node.span)
        return ()
    params = one.root.entry.params if one.root is not None else ()
    context = _context(one, limits, report)
    context.scope.unread = one.root.unread if one.root is not None else frozenset()
    return lower_variants(node, params, context)


def _budget(one: FileNames, report: Report) -> tuple[Budget, ...]:
    node = one.file.spec.budget
    if node is not None and one.root is None:
        report.error("missing-body", "a budget needs a root block", node.span)
        return ()
    if node is None:
        return ()
    from modelspec.program.lowering.budget import lower_budget

    return lower_budget(node, report)


def _parallel(one: FileNames, limits: Limits, report: Report) -> Parallel | None:
    node = one.file.spec.parallel
    if node is not None and one.root is None:
        report.error("missing-body", "'parallel' needs a root block", node.span)
        return None
    if node is None:
        return None
    from modelspec.program.lowering.parallel import lower_parallel

    return lower_parallel(node, limits, report)


def _class_names(one: FileNames) -> list[str]:
    return [definition.entry.class_name for definition in one.definitions.values()]


def _read(value: object) -> set[str]:
    return names_read(all_nodes([value]))  # type: ignore[list-item]


def _reachable(
    start: Sequence[str],
    blocks: Sequence[Block],
    reads: Callable[[Block], set[str]],
) -> list[Block]:
    """Blocks reached from some, each after those that it names."""
    by_name = {block.name: block for block in blocks}
    place = {name: at for at, name in enumerate(by_name)}
    wanted = sorted(set(start) & by_name.keys(), key=place.__getitem__, reverse=True)
    wanted.sort(key=lambda name: name == start[0])  # what the root names comes first
    # A stack of its own: a chain of blocks may be longer than Python's.
    stack = [(name, False) for name in wanted]
    done: dict[str, Block] = {}
    seen: set[str] = set()
    while stack:
        name, is_ready = stack.pop()
        if is_ready:
            done[name] = by_name[name]
        elif name not in seen:
            seen.add(name)
            stack.append((name, True))
            needed = reads(by_name[name]) & by_name.keys()
            later = sorted(needed, key=place.__getitem__, reverse=True)
            stack.extend((other, False) for other in later)
    return list(done.values())


def _root_last(used: list[Block], root: Definition | None) -> tuple[Block, ...]:
    if root is None:
        return tuple(used)
    others = [block for block in used if block.name != root.entry.class_name]
    last = [block for block in used if block.name == root.entry.class_name]
    return (*others, *last)


def _used_functions(
    functions: list[Function], read: list[set[str]]
) -> tuple[Function, ...]:
    """Functions that blocks or other used functions call, in the order of the file."""
    wanted = {name for names in read for name in names}
    grown = True
    while grown:
        inside = [one for one in functions if one.name in wanted]
        more = {name for one in inside for name in names_read(function_nodes(one))}
        grown = not more <= wanted
        wanted |= more
    return tuple(one for one in functions if one.name in wanted)


def _warn_unused(
    one: FileNames,
    used: set[str],
    blocks: Sequence[Block],
    layers: set[str],
    report: Report,
) -> None:
    if one.root is None:
        return
    words = told_words(report.found) | {w for block in blocks for w in block.unread}
    for definition in one.definitions.values():
        name = definition.entry.class_name
        if name not in used and not may_be_meant(definition.name, words):
            report.warning(
                "unused-block",
                f"nothing uses the block '{definition.name}'",
                definition.span,
            )
    for name, span in one.imported.items():
        entry = one.scope.blocks.get(name)
        if entry is not None and entry.class_name not in used:
            kind = "layer" if entry.class_name in layers else "block"
            message = f"nothing uses the imported {kind} '{name}'"
            report.warning("unused-block", message, span)
