"""Names across files: which class and function each name of each file means.

Every block of every file gets one class name in the Program: its own where that is
free, else the name it is imported under, else its own after the file's. Functions
likewise. A class of a Python module has one name in the Program, whichever files import
it: the first that it is imported under, where that is free.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import field
from itertools import chain

from modelspec.diagnostics.diagnostic import Label, Report
from modelspec.diagnostics.span import Span
from modelspec.diagnostics.suggest import suggest
from modelspec.program.ir import External
from modelspec.program.lowering.scope import BlockEntry, FileScope
from modelspec.program.names import check_identifier, identifier_problem
from modelspec.records import dataclass
from modelspec.spec.frame import BODIES, BlockSpec
from modelspec.spec.loader import Import, ImportedName, LoadedFile
from modelspec.spec.validate import read_mapping
from modelspec.syntax.nodes import Entry, MappingNode, describe_node

UNNAMED = "Unnamed"
"""What a root is called that has no name, which was reported."""

_WORD = re.compile(r"[A-Za-z_]\w*", re.ASCII)


@dataclass(slots=True, eq=False)
class Definition:
    """A block as a file defines it. `is_root` for the file's own top level."""

    name: str
    spec: BlockSpec
    node: MappingNode
    span: Span
    is_root: bool
    unread: frozenset[str] = frozenset()
    entry: BlockEntry = field(default_factory=lambda: BlockEntry(""))


@dataclass(slots=True, eq=False)
class FileNames:
    """A file, what it defines, and the scope of its names."""

    file: LoadedFile
    definitions: dict[str, Definition]
    functions: dict[str, Entry]
    scope: FileScope = field(default_factory=FileScope)
    root: Definition | None = None
    imported: dict[str, Span] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Externals:
    """Classes of Python modules, by module and name; `taken` are names of classes and
    functions in the Program."""

    taken: set[str]
    found: dict[tuple[str, str], External] = field(default_factory=dict)

    def entry(self, name: ImportedName, imported: Import) -> BlockEntry:
        """The class as a layer type of which nobody knows what it takes."""
        module = imported.module or ""
        key = (module, name.theirs)
        if key not in self.found:
            words = [one for one in (name.ours, name.theirs) if _may_be_named(one)]
            wanted = chain(words, _prefixed(words[-1], module.rpartition(".")[2]))
            chosen = next(one for one in wanted if one not in self.taken)
            self.taken.add(chosen)
            self.found[key] = External(
                chosen, module, name.theirs, imported.within, name.span
            )
        return BlockEntry(self.found[key].name)


def _may_be_named(name: str) -> bool:
    return identifier_problem(name) is None


def resolve_files(
    files: tuple[LoadedFile, ...], taken: set[str], report: Report
) -> tuple[list[FileNames], tuple[External, ...]]:
    """Definitions and scopes of all files, the root's first, and the classes of Python
    modules that they import; `taken` gets the names of all of them, and of functions,
    in the Program."""
    names = [_definitions(file, report) for file in files]
    by_key = {one.file.key: one for one in names}
    aliases = _aliases(names)
    for one in names:
        _name_classes(one, taken, aliases)
    for one in names:
        _name_functions(one, taken)
    for one in names:
        _own_scope(one)
    externals = Externals(taken)
    for one in names:
        _imported_scope(one, by_key, externals, report)
    return names, tuple(externals.found.values())


def resolve_further(file: LoadedFile, taken: set[str], report: Report) -> FileNames:
    """Definitions and scope of a file that imports nothing, after the others."""
    names = _definitions(file, report)
    _name_classes(names, taken, {})
    _name_functions(names, taken)
    _own_scope(names)
    return names


def _definitions(file: LoadedFile, report: Report) -> FileNames:
    found: dict[str, Definition] = {}
    root = _root(file, report)
    if root is not None:
        found[root.name] = root
    for entry in file.spec.blocks.entries if file.spec.blocks is not None else ():
        definition = _definition(entry, found, report)
        if definition is not None:
            found[definition.name] = definition
    functions = file.spec.functions
    entries = {e.key.text: e for e in functions.entries} if functions else {}
    return FileNames(file, found, entries, root=root)


def _root(file: LoadedFile, report: Report) -> Definition | None:
    spec = file.spec
    has_body = any(getattr(spec, body) is not None for body in BODIES)
    has_body = has_body or spec.forward is not None
    unread = words_of(file.unread)
    if spec.name is None:
        if not has_body:
            return None
        start = file.node.entries[0].key.span
        if not file.unread:
            report.error(
                "missing-name",
                "the spec has a body but no name",
                start,
                help="add `name: MyModel`, the name of the class",
            )
        return Definition(UNNAMED, spec, file.node, start, is_root=True, unread=unread)
    check_identifier(spec.name.text, "a spec", spec.name.span, report)
    is_empty = not has_body and not _owns_anything(spec) and not file.unread
    if is_empty and spec.blocks is not None:
        report.error(
            "missing-body",
            f"'{spec.name.text}' has a name but no body",
            spec.name.span,
            help=f"add one of {', '.join(BODIES)}; leave out `name` in a library",
        )
        # The body that is not there may use any of them.
        unread |= {entry.key.text for entry in spec.blocks.entries}
    name, span = spec.name.text, spec.name.span
    return Definition(name, spec, file.node, span, is_root=True, unread=unread)


def words_of(entries: Iterable[Entry]) -> frozenset[str]:
    """What may be a name in entries that could not be read."""
    spans = (one.key.span.to(one.value.span) for one in entries)
    return frozenset(word for span in spans for word in _WORD.findall(span.text))


def _owns_anything(spec: BlockSpec) -> bool:
    return bool(spec.parameters or spec.buffers or spec.attributes)


def _definition(
    entry: Entry, found: dict[str, Definition], report: Report
) -> Definition | None:
    name, span = entry.key.text, entry.key.span
    check_identifier(name, "a block", span, report)
    if name in found:
        report.error(
            "duplicate-block",
            f"'{name}' is the name of the spec itself",
            span,
            labels=(Label(found[name].span, "named here"),),
        )
    if not isinstance(entry.value, MappingNode):
        got = describe_node(entry.value)
        report.error(
            "wrong-kind",
            f"a block is a mapping of keys, got {got}",
            entry.value.span,
            help="write its body under it: `Sequential:`, `modules:`, ...",
        )
        return None
    reading = read_mapping(BlockSpec, entry.value, "a block", report)
    if reading is None:
        return None
    unread = words_of(reading.unread)
    # A second block of a name is looked into as well, under a name of its own.
    name = f"{name}_" if name in found else name
    return Definition(name, reading.spec, reading.node, span, False, unread)


def _aliases(names: list[FileNames]) -> dict[tuple[str, str], str]:
    """(file, their name) -> the name under which some file imports it."""
    found: dict[tuple[str, str], str] = {}
    for one in names:
        for imported in one.file.imports:
            for name in imported.names:
                found.setdefault((imported.key or "", name.theirs), name.ours)
    return found


def _name_classes(
    one: FileNames, taken: set[str], aliases: dict[tuple[str, str], str]
) -> None:
    for name, definition in one.definitions.items():
        alias = aliases.get((one.file.key, name))
        stem = _stem(one)
        wanted = chain([name], [alias] if alias else [], _prefixed(name, stem))
        chosen = next(candidate for candidate in wanted if candidate not in taken)
        taken.add(chosen)
        definition.entry = BlockEntry(chosen)


def _name_functions(one: FileNames, taken: set[str]) -> None:
    for name in one.functions:
        wanted = chain([name], _prefixed(name, _stem(one)))
        chosen = next(candidate for candidate in wanted if candidate not in taken)
        taken.add(chosen)
        one.scope.functions[name] = chosen


def _stem(one: FileNames) -> str:
    source = one.file.source
    return "standard" if source.is_standard else source.stem


def _prefixed(name: str, stem: str) -> Iterator[str]:
    """The name after that of its file: `ResnetBlock`, `resnet_make_divisible`."""
    words = re.findall(r"[A-Za-z0-9]+", stem)
    words = [word for word in words if word[:1].isalpha()] or ["spec"]
    if name[:1].isupper():
        prefix = "".join(word[:1].upper() + word[1:] for word in words)
    else:
        prefix = "_".join(word.lower() for word in words) + "_"
    while True:
        name = prefix + name
        yield name


def _own_scope(one: FileNames) -> None:
    blocks = one.file.spec.blocks
    written = {entry.key.text for entry in blocks.entries} if blocks else set()
    one.scope.reported.update(written - one.definitions.keys())
    one.scope.reported.update(words_of(one.file.unread))
    for name, definition in one.definitions.items():
        if name in written and definition.is_root:
            one.scope.set_reported(name)  # which of the two is meant, nobody knows
        else:
            one.scope.add_block(name, definition.entry)
        if definition.is_root:
            one.scope.root = name


def _imported_scope(
    one: FileNames,
    by_key: dict[str, FileNames],
    externals: Externals,
    report: Report,
) -> None:
    for imported in one.file.imports:
        theirs = by_key.get(imported.key or "")
        for name in imported.names:
            if imported.module is not None:
                _import_external(name, one, imported, externals, report)
            elif theirs is None:
                one.scope.set_reported(name.ours)
            else:
                _import(name, one, theirs, report)


def _import_external(
    name: ImportedName,
    ours: FileNames,
    imported: Import,
    externals: Externals,
    report: Report,
) -> None:
    is_named = check_identifier(name.ours, "a layer", name.ours_span, report)
    if not is_named or not _is_free(name, ours, report):
        ours.scope.set_reported(name.ours)
        return
    ours.imported[name.ours] = name.span
    ours.scope.add_block(name.ours, externals.entry(name, imported))


def _import(
    name: ImportedName, ours: FileNames, theirs: FileNames, report: Report
) -> None:
    check_identifier(name.ours, "a block", name.span, report)
    if not _is_free(name, ours, report):
        ours.scope.set_reported(name.ours)
        return
    ours.imported[name.ours] = name.span
    if name.theirs in theirs.definitions:
        ours.scope.add_block(name.ours, theirs.definitions[name.theirs].entry)
    elif name.theirs in theirs.functions:
        ours.scope.functions[name.ours] = theirs.scope.functions[name.theirs]
    else:
        ours.scope.set_reported(name.ours)
        ours.scope.reported.add(name.theirs)
        if name.theirs in theirs.scope.reported:
            return
        known = [*theirs.definitions, *theirs.functions]
        nearest = suggest(name.theirs, known)
        ours.scope.reported.update([nearest] if nearest else [])
        swapped = name.ours != name.theirs and name.ours in known
        report.error(
            "unknown-import",
            f"{theirs.file.source.name} has no block '{name.theirs}'",
            name.span,
            meant=nearest,
            help=f"their name stands first: `{{{name.ours}: {name.theirs}}}`"
            if swapped
            else f"it has: {', '.join(known)}"
            if known
            else (),
        )


def _is_free(name: ImportedName, ours: FileNames, report: Report) -> bool:
    """Whether an imported name means nothing else in this file; reports if it does."""
    defined, function = ours.definitions.get(name.ours), ours.functions.get(name.ours)
    if defined is not None:
        other = Label(defined.span, "defined here")
    elif function is not None:
        other = Label(function.key.span, "defined here")
    elif name.ours in ours.imported:
        other = Label(ours.imported[name.ours], "imported here")
    else:
        return True
    twice = " twice" if name.ours in ours.imported else ", and defined in this file too"
    report.error(
        "duplicate-block",
        f"'{name.ours}' is imported{twice}",
        name.span,
        help="import it under another name: `{Theirs: Ours}`",
        labels=(other,),
    )
    return False
